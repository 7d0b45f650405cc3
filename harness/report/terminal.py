"""The ranked table at the end of a run."""

import math
from collections.abc import Mapping

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.ledger import Ledger
from harness.metrics import CLIENT_CPU, CONNECTIONS, PEAK_RSS, SERVER_IN_FLIGHT
from harness.model import Cell, Workload
from harness.report.judgement import Judgement
from harness.report.units import digits_of, interval_text, number, ratio, seconds, size
from harness.stats.ranking import RankedCell
from harness.stats.verdict import Verdict

SHOWN = (  # column of ``tables.ranked``, head, unit
    ("p50_s", "p50", "s"),
    ("p99_s", "p99", "s"),
    (CLIENT_CPU.key, "CPU s/1k", CLIENT_CPU.unit),
    (PEAK_RSS.key, "memory", PEAK_RSS.unit),
    (CONNECTIONS.key, "conns", CONNECTIONS.unit),
    (SERVER_IN_FLIGHT.key, "in flight", SERVER_IN_FLIGHT.unit),
)
WIDTHS = (110, 120, 130, 142, 150, 160)  # of the terminal, from which on there is room for one column more


def print_report(console: Console, book: Ledger, judgement: Judgement, ranked: pd.DataFrame) -> None:
    """Print a table per workload, then what speaks against them.

    Args:
        ranked: see ``tables.ranked``; what stands beside rate and ratio comes from it.
    """
    keys = [(row["workload"], row["variant"], row["side"]) for row in ranked.to_dict("records")]
    cells = [Cell(workload=workload, variant=variant, side=side) for workload, variant, side in keys]
    values = {
        column: {
            cell: None if pd.isna(value) else float(value)
            for cell, value in zip(cells, ranked[column], strict=True)
        }
        for column, _, _ in SHOWN
    }
    verdicts = {one.effect.cell: one for one in judgement.verdicts}
    for workload in book.run.plan.workloads:
        rows = [one for one in judgement.ranking if one.cell.workload == workload.name]
        if rows:
            shown = sum(console.width >= width for width in WIDTHS)
            console.print(_table(workload, rows, verdicts, values, book.run.plan.baseline, shown))
            console.print()
    for variant in book.run.plan.variants:
        if variant.unavailable:
            console.print(f"unavailable: {variant.id}: {variant.unavailable}", markup=False, highlight=False)
    for cell, notes in judgement.cell_notes.items():
        for note in notes:
            console.print(
                f"note: {cell.id}: {note.text}; {note.advice}", markup=False, highlight=False, soft_wrap=True
            )
    for note in judgement.host_notes:
        console.print(f"note: {note.text}; {note.advice}", markup=False, highlight=False, soft_wrap=True)


def describe(workload: Workload) -> str:
    """One phrase: "100 images of 6.00 KiB, 50 ms latency, 50 at once, to memory"."""
    latency = f"{seconds(workload.latency_s)} latency, " if workload.latency_s else ""
    each = size(workload.image_bytes)
    return f"{workload.images} images of {each}, {latency}{workload.concurrency} at once, to {workload.sink}"


def _table(
    workload: Workload,
    rows: list[RankedCell],
    verdicts: Mapping[Cell, Verdict],
    values: Mapping[str, Mapping[Cell, float | None]],
    baseline: str,
    shown: int,
) -> Table:
    table = Table(
        title=f"{workload.name}: {describe(workload)}",
        title_justify="left",
        title_style="bold",
        box=None,
        pad_edge=False,
    )
    table.add_column("rank", justify="right")
    table.add_column("variant", overflow="fold")
    for head in ("images/s", "time ratio", "verdict", *(head for _, head, _ in SHOWN[:shown])):
        table.add_column(head, justify="right", no_wrap=True)
    for row in rows:
        if row.summary.n == 0:
            table.add_row("–", Text(row.cell.variant), Text("failed"), Text(row.reason or "", style="red"))
            continue
        figures = [_cell_text(values[column].get(row.cell), unit) for column, _, unit in SHOWN[:shown]]
        table.add_row(
            _rank(row),
            Text(row.cell.variant),
            _rate(row),
            _ratio(row.cell, verdicts, baseline),
            verdicts[row.cell].call if row.cell in verdicts else "",
            *figures,
        )
    return table


def _rank(row: RankedCell) -> str:
    if row.rank is None:
        return "–"
    return f"{row.rank}=" if row.tied else str(row.rank)


def _rate(row: RankedCell) -> str:
    mean, interval = row.summary.geometric_mean, row.summary.interval
    if mean is None:
        return "–"
    if interval is None:
        return number(1 / mean)
    half = 100 * (interval.high - interval.low) / 2 / mean
    digits, _, _ = digits_of(1 / mean, 1 / interval.high, 1 / interval.low)
    return f"{number(1 / mean, digits)} ±{half:.1f}%"


def _ratio(cell: Cell, verdicts: Mapping[Cell, Verdict], baseline: str) -> str:
    if cell.variant == baseline:
        return "baseline"
    effect = verdicts[cell].effect if cell in verdicts else None
    if effect is None or effect.time_ratio is None:
        return "–"
    low, high = (effect.interval.low, effect.interval.high) if effect.interval else (math.nan, math.nan)
    return interval_text(effect.time_ratio, low, high, ratio)


def _cell_text(value: float | None, unit: str) -> str:
    if value is None:
        return "–"
    if unit in {"s", "bytes"}:
        return {"s": seconds, "bytes": size}[unit](value)
    return f"{value:,.0f}"
