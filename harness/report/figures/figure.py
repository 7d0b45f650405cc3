"""Figures: one frame each, from which figure, data table, alt text and the rows of a CSV all come."""

from dataclasses import dataclass

import pandas as pd

from harness.metrics import RATE
from harness.report.drawings.charts import Chart
from harness.report.words.captions import CAPTIONS
from harness.report.words.formats import PLAIN, Column, cell, row_name

ALT_ROWS = 6  # an alt text is heard in one go; the data table has every row

VARIANT = Column(key="name", head="variant", unit=None)
RATIO = Column(key="ratio", head="vs baseline", unit="ratio", interval=True)
IMAGES = Column(key=RATE.key, head="images/s", unit=RATE.unit, interval=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFigure:
    """One figure with all that belongs to it.

    Attributes:
        name: of the files, safe in a path.
        kind: which drawing it is, and the name of its section.
        workload: None if it is of the whole run.
        frame: what is drawn, and nothing else.
        table: what the data table shows: rows of the frame, or points of its curves side by side.
        csv: the file in which the rows of the frame stand.
    """

    kind: str
    title: str
    frame: pd.DataFrame
    table: pd.DataFrame
    columns: tuple[Column, ...]
    csv: str
    draw: Chart
    name: str = ""
    workload: str | None = None

    @property
    def caption(self) -> str:
        """How to read it."""
        return CAPTIONS[self.kind]

    @property
    def alt(self) -> str:
        """What the figure shows, in words and figures."""
        rows = self.table.to_dict("records")
        told = "; ".join(
            ", ".join(
                f"{column.head} {cell(PLAIN, row, column)}" if column.unit else cell(PLAIN, row, column)
                for column in self.columns
            )
            for row in rows[:ALT_ROWS]
        )
        more = f"; {len(rows) - ALT_ROWS} more in the data table" if len(rows) > ALT_ROWS else ""
        return f"{self.title}. {told}{more}."


def named(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with the name of each variant and side."""
    return rows.assign(name=[row_name(row) for row in rows[["variant", "side"]].to_dict("records")])


def wide(rows: pd.DataFrame, across: str, value: str) -> pd.DataFrame:
    """One row per variant and side, in the order of the rows; what is missing is NaN."""
    keys = [key for key in ("name", "variant", "side", "concurrency", "client", "loop") if key in rows]
    found: dict[tuple[str, ...], dict[str, object]] = {}
    for row in rows.to_dict("records"):
        key = tuple(row[name] for name in keys)
        found.setdefault(key, dict(zip(keys, key, strict=True)))[row[across]] = row[value]
    columns = [*keys, *dict.fromkeys(rows[across])]
    return pd.DataFrame(list(found.values()), columns=columns)
