"""Rows of the page's tables: cells as markup, and what filters, folds and comparisons need of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from markupsafe import Markup

from harness.ledger import Ledger
from harness.metrics import RATE
from harness.model import Contender
from harness.report.frames import cells
from harness.report.frames.sources import files_of
from harness.report.page.program import program
from harness.report.words import ranked
from harness.report.words.formats import HTML, Column, cell, row_name
from harness.text import printable


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Text of a table's cell; ``bar`` is the length of the bar behind it, 0 to 1, None for none."""

    html: str
    is_number: bool
    bar: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A table's row and what filters and folds need of it; only rows of a ranking have more than their cells."""

    cells: Sequence[Cell]
    variant: str
    is_baseline: bool
    name: str = ""
    state: str = ""
    band: str = ""
    reason: str = ""
    notes: str = ""
    program: str | None = None
    source: Sequence[Contender] = ()
    source_at: str = ""


class RankedRows:
    """Makes the rows of the rankings; the code of a variant is printed in the first, and linked to from the others.

    Args:
        ledger: of the run.
        concurrency: that the printed programs ask for.
    """

    def __init__(self, ledger: Ledger, concurrency: int) -> None:
        self._ledger = ledger
        self._axes = cells.axes_of(ledger)
        self._concurrency = concurrency
        self._printed: dict[str, str] = {}

    def of(self, slug: str, rows: Sequence[Mapping[Any, Any]], columns: Sequence[Column]) -> list[Row]:
        """The rows of one ranking."""
        fastest = max((row[RATE.key] for row in rows if not pd.isna(row[RATE.key])), default=1.0)
        return [self._row(row, f"{slug}-{place}", columns, fastest) for place, row in enumerate(rows)]

    def _row(self, row: Mapping[Any, Any], place: str, columns: Sequence[Column], fastest: float) -> Row:
        is_new = self._printed.setdefault(row["variant"], place) == place
        files = files_of(self._ledger, self._axes[row["variant"]]) if is_new else []
        whole = program(files, self._concurrency) if files else None
        return Row(
            cells=[_ranked_cell(row, column, fastest) for column in columns],
            name=row_name(row),
            variant=row["variant"],
            is_baseline=bool(row["is_baseline"]),
            state=row["state"],
            band="" if pd.isna(row["band"]) else "even" if row["band"] % 2 == 0 else "odd",
            reason=_text(row["reason"]),
            notes=_text(row["notes"]),
            program=whole,
            source=() if whole else files,
            source_at=self._printed[row["variant"]],
        )


def breakable(name: str) -> Markup:
    """The name, which may be broken after its slashes."""
    return Markup("/<wbr>").join(printable(part) for part in name.split("/"))


def plain_rows(frame: pd.DataFrame, columns: Sequence[Column]) -> list[Row]:
    """Rows of a data table; those of variants can be filtered too."""
    return [
        Row(
            cells=[_cell(cell(HTML, row, column), column) for column in columns],
            variant=str(row.get("variant", "")),
            is_baseline=row.get("is_baseline") is True,
        )
        for row in frame.to_dict("records")
    ]


def _ranked_cell(row: Mapping[Any, Any], column: Column, fastest: float) -> Cell:
    rate = row[RATE.key]
    has_bar = column.key == RATE.key and not pd.isna(rate)
    html = ranked.text(HTML, row, column)
    return Cell(html=html, is_number=column.unit is not None, bar=rate / fastest if has_bar else None)


def _cell(html: str, column: Column) -> Cell:
    return Cell(html=html, is_number=column.unit is not None)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
