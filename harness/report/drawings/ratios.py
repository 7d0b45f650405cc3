"""Forest plots: ratios with their intervals on a log axis, a line at 1, and the band of no interest."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from harness.report.drawings.charts import CONTEXT, FAINT, GRID, INK, SMALL, WIDTH, beside, log, panel_of_rows
from harness.report.drawings.style import Look
from harness.report.units import ratio
from harness.report.words.formats import PLAIN, cell, estimate, row_name
from harness.report.words.ranked import RATIO, SPEED


def forest(rows: pd.DataFrame, looks: Mapping[str, Look], title: str) -> Figure:
    """Ratio of each variant to the baseline, the best on top, and behind it that of each round.

    Args:
        rows: of one workload in ranked order: variant, side, state, ratio with bounds, rounds, margin, images_per_s.
        looks: variant id -> look.
        title: of the figure.
    """
    names = [row_name(row) for row in rows.to_dict("records")]
    figure, axes = panel_of_rows(title, names, right=2.75)
    _range(axes, rows, rows["margin"].max())
    for place, row in enumerate(rows.to_dict("records")):
        look = looks[row["variant"]]
        colour = look.colour if row["state"] == "ranked" else CONTEXT
        if row["is_baseline"]:
            axes.plot(1.0, place, look.marker, color=colour, markerfacecolor="white", markersize=7)
            text = "baseline"
        else:
            _estimate(axes, row, place, colour, look.marker)
            y = np.tile(
                [place + 0.22, place + 0.38, math.nan], len(row["rounds"])
            )  # one path for all strokes
            axes.plot(np.repeat(row["rounds"], 3), y, color=colour, linewidth=0.7)
            text = cell(PLAIN, row, RATIO)
        beside(axes, place, 1.02, text, INK)
        beside(axes, place, 1.02 + 1.45 / WIDTH, f"{estimate(PLAIN, row, SPEED)} images/s", FAINT)
    axes.set_xlabel(
        "vs the baseline (log scale): mark with 95 % interval, below it each round", fontsize=SMALL
    )
    return figure


def factors(rows: pd.DataFrame, looks: Mapping[str, Look], title: str) -> Figure:
    """What one level of an axis does instead of another, all else equal.

    Args:
        rows: axis, level, reference, ratio with bounds, smallest and largest of the matching pairs.
        looks: not used; a level is no variant.
        title: of the figure.
    """
    del looks
    found = rows.to_dict("records")
    names = [f"{row['axis']}: {row['level']} instead of {row['reference']}" for row in found]
    figure, axes = panel_of_rows(title, names, right=1.5)
    _range(axes, rows, 0.0, ("ratio", "smallest", "largest"))
    for place, row in enumerate(found):
        axes.plot([row["smallest"], row["largest"]], [place, place], color=GRID, linewidth=7, zorder=1.5)
        _estimate(axes, row, place, INK, "o")
        text = cell(PLAIN, row, RATIO)
        beside(axes, place, 1.02, text, INK)
    axes.set_xlabel(
        "vs the reference level (log scale), 95 % interval; band: from the least to the most of the pairs",
        fontsize=SMALL,
    )
    return figure


def _range(axes: Axes, rows: pd.DataFrame, margin: float, columns: tuple[str, ...] = ("ratio",)) -> None:
    margin = margin if margin == margin else 0.0  # noqa: PLR0124 - NaN: no effect has a margin
    bounds = rows[[*columns, "ratio_low", "ratio_high"]]
    low, high = bounds.min().min(), bounds.max().max()
    inside = [edge for edge in (low, high) if edge == edge]  # noqa: PLR0124 - NaN
    log(axes.xaxis, ratio, min(1 / (1 + margin), *inside, 0.98), max(1 + margin, *inside, 1.02))
    if margin:
        axes.axvspan(1 / (1 + margin), 1 + margin, color="#F0E9D2", zorder=0)
    axes.axvline(1, color=INK, linewidth=0.9, zorder=1)


def _estimate(axes: Axes, row: Mapping[Any, Any], place: int, colour: str, marker: str) -> None:
    low, high = row["ratio_low"], row["ratio_high"]
    axes.plot(  # NaN bounds, of too few rounds for an interval, draw no line
        [low, row["ratio"], high],
        [place] * 3,
        marker,
        linestyle="-",
        color=colour,
        linewidth=1.8,
        markersize=6,
        markevery=[1],
    )
