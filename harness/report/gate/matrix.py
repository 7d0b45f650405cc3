"""Several sides as one table and one slope graph: what an upgrade is worth. Records in, text and figures out."""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from harness.ledger import Ledger
from harness.metrics import JUDGED, Metric
from harness.model import Cell
from harness.report.comparison import LEGEND, comparison_html, comparison_md, counts, margins_text, side_lines
from harness.report.drawings.charts import FAINT, INK, SMALL, canvas, label_beside, log
from harness.report.drawings.style import Look
from harness.report.frames.findings import VERSION, cell_record
from harness.report.units import ratio
from harness.report.words.formats import markdown
from harness.stats.gate import skipped
from harness.stats.judge import Finding, Pair, judge, measured_in
from harness.stats.verdict import Margins
from harness.text import printable


def matrix_findings(
    ledger: Ledger,
    groups: Sequence[Sequence[Cell]],
    metrics: Collection[Metric],
    margins: Margins,
    failed: Mapping[str, str],
    left_out: Mapping[tuple[Cell, ...], str],
) -> list[Finding]:
    """Each side but the reference against it, by every metric, in the order of the sides.

    The reference is the first side of which no cell failed; the first one if there is none.

    Args:
        groups: cells that are compared, in the order of the sides.
        failed: sides that could not be made ready, and why.
        left_out: cells as in ``groups`` that were not measured, and why.
    """
    broken = {trial.cell.side for trial in ledger.trials if trial.reason is not None}
    number = next((place for place, cell in enumerate(groups[0]) if cell.side not in broken), 0)

    def asked(group: Sequence[Cell], heads: Iterable[Cell]) -> Iterator[Pair]:
        for head in heads:
            if head != group[number]:
                yield from (Pair(base=group[number], head=head, metric=metric) for metric in metrics)

    pairs = [pair for group in groups for pair in asked(group, group)]
    found = list(judge(measured_in(ledger), pairs, margins=margins, check=ledger.run.selfcheck))
    for group in groups:
        for pair in asked(group, (replace(group[number], side=side) for side in failed)):
            why = failed[pair.head.side]
            found.append(
                Finding(pair=pair, word="failed", verdict=None, reason=why, blocks=False, is_final=True)
            )
    for group, reason in left_out.items():
        found += [
            skipped(pair, reason, head_is_broken=False, is_anywhere=False) for pair in asked(group, group)
        ]
    return found


def matrix_md(findings: Sequence[Finding], sides: Mapping[str, Mapping[str, object]]) -> bytes:
    """``matrix.md``: what each side is, and the table."""
    return ("\n".join(_lines(findings, sides)) + "\n").encode()


def matrix_json(
    findings: Sequence[Finding], sides: Mapping[str, Mapping[str, object]], failed: Mapping[str, str]
) -> dict[str, Any]:
    """The result for scripts; a cell is of one side, against that of ``reference_side``."""
    cells = [
        cell_record(finding) | {"side": finding.pair.head.side, "reference_side": finding.pair.base.side}
        for finding in findings
    ]
    return {"version": VERSION, "sides": sides, "failed": failed, "cells": cells}


def matrix_html(findings: Sequence[Finding]) -> bytes:
    """``matrix.html``: the table as a page."""
    said = f"Against {findings[0].pair.base.side}: {counts(findings)}"
    return comparison_html("fetchbench matrix", said, (), findings, "matrix.csv")


def _lines(findings: Sequence[Finding], sides: Mapping[str, Mapping[str, object]]) -> Iterator[str]:
    yield f"## fetchbench matrix: against {markdown(findings[0].pair.base.side)}\n"
    yield from side_lines(sides)
    yield from comparison_md(findings, len(findings), "matrix.csv")
    yield f"\n{LEGEND} Paired by round; {margins_text(findings)}."


def slopes(frame: pd.DataFrame, looks: Mapping[str, Look], title: str) -> Figure:
    """A panel per workload and metric: sides from left to right, a line per variant, its ratio to the first side.

    Args:
        frame: of the findings, with at least one ratio.
        looks: variant id -> look.
        title: of the figure.
    """
    asked = list(frame.groupby(["workload", "metric"], sort=False))
    names = [frame["reference_side"].iloc[0], *dict.fromkeys(frame["side"])]
    label = 0.2 + 0.065 * max(len(variant) for variant in frame["reference_variant"])
    step = max(1.1, 0.08 * max(map(len, names)))
    size = (0.8 + step * len(names) + label, 0.9 + 2.9 * len(asked))
    figure, panels = canvas(title, size, (0.7, label + 0.1, 0.5, 0.6), (len(asked), 1), hspace=0.35)
    bounds = frame[["ratio", "ratio_low", "ratio_high"]]
    low, high = min(0.98, bounds.min().min()), max(1.02, bounds.max().max())
    for axes, ((workload, key), compared) in zip(panels, asked, strict=True):
        log(axes.yaxis, lambda value, _: ratio(value, 2), low, high)
        axes.set_xlim(-0.15, len(names) - 0.85)
        axes.set_xticks(range(len(names)), [printable(name) for name in names])
        axes.axhline(1, color=INK, linewidth=0.9)
        axes.grid(visible=False, axis="x")
        axes.set_title(printable(f"{workload}: {JUDGED[str(key)].label}"), color=FAINT, fontsize=SMALL)
        ends = []
        for variant, rows in compared.groupby("reference_variant"):
            look = looks[str(variant)]
            by_side = rows.set_index("side")["ratio"]
            ys = [1.0, *(float(by_side.get(name, math.nan)) for name in names[1:])]
            axes.plot(range(len(ys)), ys, look.marker, linestyle=look.linestyle, color=look.colour)
            for row in rows.to_dict("records"):
                x = names.index(row["side"])
                axes.plot([x, x], [row["ratio_low"], row["ratio_high"]], color=look.colour, linewidth=1)
            last = [place for place, y in enumerate(ys) if not math.isnan(y)][-1]
            ends.append((float(last), ys[last], str(variant), look.colour))
        label_beside(axes, ends)
    return figure
