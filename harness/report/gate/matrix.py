"""Several sides as one table and one slope graph: what an upgrade is worth. Records in, frames and figures out."""

import math
from collections.abc import Iterator, Mapping, Sequence

import pandas as pd
from matplotlib.figure import Figure

from harness.ledger import Ledger
from harness.model import Cell
from harness.report.charts import FAINT, INK, SMALL, canvas, label_beside, log
from harness.report.formats import markdown
from harness.report.style import Look
from harness.report.units import interval_text, ratio
from harness.stats.effect import effects
from harness.stats.fitness import disturbances
from harness.stats.validity import cell_notes
from harness.stats.verdict import judge
from harness.text import printable

COLUMNS = [
    *("workload", "variant", "side", "reference_variant", "reference_side"),
    *("time_ratio", "time_ratio_low", "time_ratio_high"),
    *("pairs", "dropped_pairs", "verdict", "reason", "margin"),
]


def matrix_frame(
    book: Ledger, groups: Sequence[Sequence[Cell]], margin: float, failed: Mapping[str, str]
) -> pd.DataFrame:
    """One row per workload, variant and side but the reference: its time over that of the reference.

    The reference is the first side of which no cell failed; the first one if there is none.

    Args:
        groups: cells that are compared, in the order of the sides.
        margin: changes up to this are of no interest.
        failed: sides that could not be made ready, and why: a row for each of theirs, without a time.
    """
    broken = {one.cell.side for one in book.trials if one.reason is not None}
    number = next((place for place, cell in enumerate(groups[0]) if cell.side not in broken), 0)
    first_of = {cell: group[number] for group in groups for cell in group}
    found = judge(
        effects(book.trials, lambda cell: first_of[cell]),
        margin=margin,
        check=book.run.selfcheck,
        disturbances=disturbances(book.sentinels),
        cell_notes=cell_notes(book.trials, book.run.plan.workloads, book.ceilings),
    )
    place = {cell: number for number, cell in enumerate(cell for group in groups for cell in group)}
    found = tuple(sorted(found, key=lambda one: place[one.effect.cell]))  # as the user gave the sides
    rows = [
        {
            "workload": one.effect.cell.workload,
            "variant": one.effect.cell.variant,
            "side": one.effect.cell.side,
            "reference_variant": one.effect.reference.variant,
            "reference_side": one.effect.reference.side,
            "time_ratio": one.effect.time_ratio,
            "time_ratio_low": one.effect.interval.low if one.effect.interval else math.nan,
            "time_ratio_high": one.effect.interval.high if one.effect.interval else math.nan,
            "pairs": one.effect.pairs,
            "dropped_pairs": one.effect.dropped_pairs,
            "verdict": one.call,
            "reason": one.reason,
            "margin": one.margin,
        }
        for one in found
    ]
    rows += [
        {
            "workload": group[number].workload,
            "variant": group[number].variant,
            "side": side,
            "reference_variant": group[number].variant,
            "reference_side": group[number].side,
            "pairs": 0,
            "dropped_pairs": 0,
            "verdict": "failed",
            "reason": why,
            "margin": margin,
        }
        for group in groups
        for side, why in failed.items()
    ]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    figures = ["time_ratio", "time_ratio_low", "time_ratio_high", "margin"]
    return frame.astype(dict.fromkeys(figures, float))


def matrix_md(frame: pd.DataFrame, sides: Mapping[str, Mapping[str, object]]) -> bytes:
    """One table: a row per workload and variant, a column per side."""
    return ("\n".join(_lines(frame, sides)) + "\n").encode()


def _lines(frame: pd.DataFrame, sides: Mapping[str, Mapping[str, object]]) -> Iterator[str]:
    first = str(frame["reference_side"].iloc[0])
    others = [name for name in sides if name != first]
    yield f"## fetchbench matrix: time over that of {markdown(first)}\n"
    for name, facts in sides.items():
        rest = ", ".join(f"{key} {value}" for key, value in facts.items() if key != "side")
        yield f"* **{markdown(name)}**: {markdown(rest)}"
    yield "\n| workload | variant | " + " | ".join(map(markdown, others)) + " |"
    yield "|---|---" + "|--:" * len(others) + "|"
    for (workload, variant), rows in frame.groupby(["workload", "reference_variant"]):
        said = {row["side"]: _cell(row) for row in rows.to_dict("records")}
        cells = " | ".join(said.get(name, "–") for name in others)
        yield f"| {markdown(str(workload))} | {markdown(str(variant))} | {cells} |"
    yield "\nPaired by round; above 1 is slower; brackets are 95 % intervals."


def _cell(row: Mapping[object, object]) -> str:
    value, low, high = (float(str(row[f"time_ratio{end}"])) for end in ("", "_low", "_high"))
    if math.isnan(value):
        return markdown(str(row["reason"])[:100])
    return f"{interval_text(value, low, high, ratio)} {row['verdict']}"


def slopes(frame: pd.DataFrame, looks: Mapping[str, Look], title: str) -> Figure:
    """One panel per workload: sides from left to right, a line per variant, its time over that of the first side.

    Args:
        frame: of ``matrix_frame``, with at least one ratio.
        looks: variant id -> look.
        title: of the figure.
    """
    workloads = list(dict.fromkeys(frame["workload"]))
    names = [frame["reference_side"].iloc[0], *dict.fromkeys(frame["side"])]
    label = 0.2 + 0.065 * max(len(one) for one in frame["reference_variant"])
    step = max(1.1, 0.08 * max(map(len, names)))
    size = (0.8 + step * len(names) + label, 0.9 + 2.9 * len(workloads))
    figure, panels = canvas(title, size, (0.7, label + 0.1, 0.5, 0.6), (len(workloads), 1), hspace=0.35)
    bounds = frame[["time_ratio", "time_ratio_low", "time_ratio_high"]]
    low, high = min(0.98, bounds.min().min()), max(1.02, bounds.max().max())
    for axes, workload in zip(panels, workloads, strict=True):
        log(axes.yaxis, lambda value, _: ratio(value, 2), low, high)
        axes.set_xlim(-0.15, len(names) - 0.85)
        axes.set_xticks(range(len(names)), [printable(one) for one in names])
        axes.axhline(1, color=INK, linewidth=0.9)
        axes.grid(visible=False, axis="x")
        axes.set_title(printable(workload), color=FAINT, fontsize=SMALL)
        ends = []
        for variant, rows in frame[frame["workload"] == workload].groupby("reference_variant"):
            look = looks[str(variant)]
            by_side = rows.set_index("side")["time_ratio"]
            ys = [1.0, *(float(by_side.get(one, math.nan)) for one in names[1:])]
            axes.plot(
                range(len(ys)),
                ys,
                look.marker,
                linestyle=(0, look.dash) if look.dash else "-",
                color=look.colour,
            )
            for row in rows.to_dict("records"):
                x = names.index(row["side"])
                axes.plot(
                    [x, x], [row["time_ratio_low"], row["time_ratio_high"]], color=look.colour, linewidth=1
                )
            last = [place for place, y in enumerate(ys) if not math.isnan(y)][-1]
            ends.append((float(last), ys[last], str(variant), look.colour))
        label_beside(axes, ends)
    return figure
