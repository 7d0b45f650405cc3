"""A comparison of two recorded runs as frame, CSV, Markdown and terminal table. It judges nothing and opens no file."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.model import HERE
from harness.report.csvs import to_csv
from harness.report.formats import markdown
from harness.report.narrow import Name, print_table
from harness.report.units import interval_text, percent, ratio
from harness.stats.unpaired import Comparison

ORDER = (
    "regressed", "failed", "inconclusive", "not comparable", "only in base", "only in head", "improved", "equivalent",
)  # fmt: skip
STYLES = {"regressed": "bold red", "failed": "bold red", "inconclusive": "yellow", "improved": "green"}
CAUTION = (
    "Two runs share no rounds: this is Welch's t on their trial values, its intervals are wider than those of rounds "
    "measured together, and what the machine did to one whole run is in the ratio. To decide, use `gate`."
)
COLUMNS = [
    *("workload", "variant", "side", "verdict", "reason", "time_ratio", "time_ratio_low", "time_ratio_high"),
    *("base_trials", "head_trials", "margin", "p_regressed", "p_improved", "p_equivalent"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """All that a comparison tells.

    Attributes:
        base: id of the run; ``head`` likewise.
        notes: what else the reader should know, a line each.
        rows: one per cell.
    """

    base: str
    head: str
    notes: Sequence[str]
    rows: Sequence[Comparison]

    @property
    def gravest_first(self) -> list[Comparison]:
        """The rows, in the order of ``ORDER``."""
        return sorted(self.rows, key=lambda one: (ORDER.index(one.call), one.cell))


def headline(compared: Compared) -> str:
    """How many cells of which call."""
    counts = [f"{n} {call}" for call in ORDER if (n := sum(one.call == call for one in compared.rows))]
    return f"{compared.head} against {compared.base}: {', '.join(counts) or 'no cell'}"


def compare_csv(compared: Compared) -> bytes:
    """``compare.csv``: one row per cell of either run."""
    rows = [
        {
            "workload": one.cell.workload,
            "variant": one.cell.variant,
            "side": one.cell.side,
            "verdict": one.call,
            "reason": one.reason,
            "time_ratio": one.time_ratio,
            "time_ratio_low": one.interval.low if one.interval else None,
            "time_ratio_high": one.interval.high if one.interval else None,
            "base_trials": one.base_n,
            "head_trials": one.head_n,
            "margin": one.margin,
            "p_regressed": one.p_regressed,
            "p_improved": one.p_improved,
            "p_equivalent": one.p_equivalent,
        }
        for one in compared.rows
    ]
    return to_csv(pd.DataFrame(rows, columns=COLUMNS))


def compare_md(compared: Compared) -> bytes:
    """``compare.md``: the headline, what to keep in mind, and the table."""
    return ("\n".join(_lines(compared)) + "\n").encode()


def _lines(compared: Compared) -> Iterator[str]:
    yield f"## fetchbench compare\n\n{markdown(headline(compared))}\n"
    yield f"{CAUTION}\n"
    yield from (f"* {markdown(one)}" for one in compared.notes)
    yield "\n| verdict | workload | variant | time ratio | trials | why |\n|---|---|---|--:|--:|---|"
    for one in compared.gravest_first:
        side = "" if one.cell.side == HERE else f" @{one.cell.side}"
        parts = (one.call, one.cell.workload, one.cell.variant + side, ratio_text(one))
        yield f"| {' | '.join(map(markdown, parts))} | {_trials(one)} | {markdown(one.reason or '')} |"
    if compared.rows:
        margin = percent(compared.rows[0].margin)
        yield "\nAbove 1 is slower; brackets are 95 % intervals; "
        yield f"changes up to {margin} are of no interest; Holm over the family."


def print_compare(console: Console, compared: Compared) -> None:
    """Print the table, the gravest first, then what to keep in mind, and the headline last."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for head in ("verdict", "cell", "time ratio", "trials", "why"):
        table.add_column(head)
    for one in compared.gravest_first:
        rest = (ratio_text(one), _trials(one), one.reason or "")
        table.add_row(Text(one.call, style=STYLES.get(one.call, "")), Name(one.cell.id), *map(Text, rest))
    print_table(console, table)
    for line in (*compared.notes, CAUTION, headline(compared)):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def ratio_text(one: Comparison) -> str:
    """Time of the head over that of the base, with its interval; a dash if there is none."""
    if one.time_ratio is None:
        return "–"
    low, high = (one.interval.low, one.interval.high) if one.interval else (math.nan, math.nan)
    return interval_text(one.time_ratio, low, high, ratio)


def _trials(one: Comparison) -> str:
    return f"{one.base_n} / {one.head_n}"
