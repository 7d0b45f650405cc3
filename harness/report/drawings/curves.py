"""Curves over single images: how a download progresses, and its latencies."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from harness.report.drawings.charts import CONTEXT, SMALL, canvas, label_beside, log
from harness.report.drawings.style import Look
from harness.report.units import scale_of, seconds
from harness.report.words.formats import row_name
from harness.text import printable

MOST = 7  # series in a panel
COLUMNS = 4
PANEL, NAME = 1.37, 0.125  # inches: height of a panel, and of each name above it
Line = tuple[Mapping[Any, Any], pd.DataFrame]  # what the rows share, the rows


def completion(rows: pd.DataFrame, looks: Mapping[str, Look], title: str) -> Figure:
    """Images done against time, one panel per concurrency model, and in each in grey the first of all to be through.

    Args:
        rows: of the completion frame of one workload: variant, concurrency, time_s, share (0 to 1).
        looks: variant id -> look.
        title: of the figure.
    """
    lines = lines_of(rows)
    models = sorted({shared["concurrency"] for shared, _ in lines})
    columns = min(COLUMNS, max(2, len(models)))
    lines_down = -(-len(models) // columns)
    by_model = {model: [line for line in lines if line[0]["concurrency"] == model] for model in models}
    names = NAME * min(MOST, max(map(len, by_model.values()), default=1))  # above a panel, over no line of it
    gap, top, bottom = 0.38 + names, 0.58 + names, 0.65
    figure, panels = canvas(
        title,
        (2.3 * columns + 0.9, lines_down * PANEL + (lines_down - 1) * gap + top + bottom),
        (0.65, 0.15, bottom, top),
        (lines_down, columns),
        used=len(models),
        sharex=True,
        sharey=True,
        hspace=gap / PANEL,
        wspace=0.08,
    )
    end = float(rows["time_s"].max())
    unit_s, unit = scale_of(end, "s")
    first = min(lines, key=_end)[1]
    panels[0].set(xlim=(0, end * 1.02), ylim=(0, 103))
    panels[0].xaxis.set_major_locator(MaxNLocator(4))
    panels[0].xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / unit_s:g}"))
    for axes, (model, own) in zip(panels, by_model.items(), strict=True):
        _behind(axes, [np.column_stack([first["time_s"], 100 * first["share"]])])
        own.sort(key=_end)
        for shared, line in own[:MOST]:
            _curve(axes, looks[shared["variant"]], line["time_s"], 100 * line["share"], _short(shared))
        more = f" (fastest {MOST})" if len(own) > MOST else ""
        axes.set_title(printable(model) + more, pad=4 + 72 * NAME * min(MOST, len(own)))
        axes.legend(
            fontsize=6.5,
            loc="lower left",
            bbox_to_anchor=(-0.02, 1.0),
            handlelength=1.9,
            labelspacing=0.25,
            borderaxespad=0.0,
            borderpad=0.2,
            frameon=False,
        )
    figure.supxlabel(f"{unit} since the start of the pass (median over passes)", fontsize=SMALL)
    figure.supylabel("images done (%)", fontsize=SMALL, x=0.01)
    return figure


def _end(line: Line) -> float:
    return float(line[1]["time_s"].iloc[-1])


def latency(rows: pd.DataFrame, looks: Mapping[str, Look], title: str) -> Figure:
    """Latency by percentile on a 1/(1-p) axis, and its ECDF; chosen variants named, all others in grey.

    Args:
        rows: of the latency curve of one workload, and ``chosen``: whether a variant is drawn in its colour.
        looks: variant id -> look.
        title: of the figure.
    """
    lines = lines_of(rows)
    labels = 0.2 + 0.058 * max(len(row_name(shared)) for shared, _ in lines)
    figure, (whole, tail) = canvas(title, (8.0 + labels, 4.2), (0.65, labels, 0.65, 0.5), (1, 2), wspace=0.26)
    low, high = rows["latency_s"].min(), rows["latency_s"].max()
    log(tail.yaxis, seconds, low, high)
    log(whole.xaxis, seconds, low, high)
    _nines(tail, rows["share"].max())
    whole.set_ylim(0, 100)
    ends: list[tuple[float, float, str, str]] = []
    for shared, line in lines:
        odds, value, percent = 1 / (1 - line["share"]), line["latency_s"], 100 * line["share"]
        look = looks[shared["variant"]]
        if shared["chosen"]:
            _curve(tail, look, odds, value, "")
            _curve(whole, look, value, percent, "")
            ends.append((float(odds.iloc[-1]), float(value.iloc[-1]), row_name(shared), look.colour))
    coarse = [line.iloc[::2] for shared, line in lines if not shared["chosen"]]
    _behind(tail, [np.column_stack([1 / (1 - line["share"]), line["latency_s"]]) for line in coarse])
    _behind(whole, [np.column_stack([line["latency_s"], 100 * line["share"]]) for line in coarse])
    label_beside(tail, ends)
    tail.set_xlabel("the slowest of the images: 50 %, 10 %, 1 % …", fontsize=SMALL)
    tail.set_ylabel("latency per image (log scale)", fontsize=SMALL)
    whole.set_xlabel("latency per image (log scale), closed loop", fontsize=SMALL)
    whole.set_ylabel("share of the images that took at most so long (%)", fontsize=SMALL)
    return figure


def lines_of(rows: pd.DataFrame) -> list[Line]:
    """The rows of each variant and side, with what they share."""
    groups = rows.groupby(["variant", "side"], sort=True)
    return [(line.iloc[0].to_dict(), line) for _, line in groups]


def _curve(axes: Axes, look: Look, x: pd.Series, y: pd.Series, label: str) -> None:
    axes.plot(
        x,
        y,
        look.marker,
        linestyle=look.linestyle,
        color=look.colour,
        linewidth=1.4,
        markersize=3.5,
        markevery=max(1, len(x) // 3),
        label=label,
    )


def _behind(axes: Axes, curves: Sequence[np.ndarray[tuple[int, int], np.dtype[np.float64]]]) -> None:
    gap = np.full((1, 2), np.nan)  # one path for all: a path each would be most of the file
    joined = np.concatenate([part for curve in curves for part in (curve, gap)]) if curves else gap
    axes.add_line(Line2D(joined[:, 0], joined[:, 1], color=CONTEXT, linewidth=0.6, zorder=1))


def _short(shared: Mapping[str, Any]) -> str:
    """The name of a variant in a panel of its model."""
    return printable(row_name(shared).partition("/")[2])


def _nines(axes: Axes, most: float) -> None:
    """An axis on which each further nine takes the same room."""
    axes.set_xscale("log")
    shares = [share for share in (0.5, 0.9, 0.99, 0.999, 0.9999) if share <= most + 1e-9]
    axes.set_xlim(1, 1.15 / (1 - most))
    axes.xaxis.set_major_locator(FixedLocator([1 / (1 - share) for share in shares]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda odds, _: f"{100 / odds:.6g} %"))
    axes.xaxis.set_minor_locator(NullLocator())
