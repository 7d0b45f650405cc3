"""Charts: tidy frames in, SVG and PNG bytes out. Every figure shows one workload; nothing here computes a statistic."""

import io
from collections.abc import Callable, Mapping
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from harness.metrics import CLIENT_CPU, RATE
from harness.report.style import Look
from harness.report.units import number, seconds

INK, GRID, CONTEXT = "#222222", "#DDDDDD", "#CCCCCC"
RC: dict[Any, Any] = {
    "font.size": 9,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INK,
    "axes.grid": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "fetchbench",  # the same frame gives the same bytes
}

Chart = Callable[[pd.DataFrame, Mapping[str, Look], str], Figure]


def ranking(rows: pd.DataFrame, looks: Mapping[str, Look], title: str) -> Figure:
    """Throughput of each variant with its 95 % interval, the fastest on top.

    Args:
        rows: of the summary of one workload, measured cells only.
        looks: variant id -> look.
        title: of the figure.
    """
    ordered = rows.sort_values(RATE.key)
    figure, axes = _rows_figure(len(ordered), title)
    for place, (_, row) in enumerate(ordered.iterrows()):
        look = looks[row["variant"]]
        low, high = row[f"{RATE.key}_low"], row[f"{RATE.key}_high"]
        if pd.notna(low):
            axes.plot(
                [low, high], [place, place], color=look.colour, linewidth=5, alpha=0.3, solid_capstyle="butt"
            )
        axes.plot(row[RATE.key], place, look.marker, color=look.colour, markersize=6)
        axes.annotate(
            number(row[RATE.key]),
            (row[RATE.key] if pd.isna(high) else high, place),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
        )
    _name_rows(axes, list(ordered["variant"]))
    _log_x(axes, f"{RATE.label} ({RATE.unit}, log scale); band: 95 % interval; more is better", number)
    return figure


def latency(rows: pd.DataFrame, looks: Mapping[str, Look], title: str) -> Figure:
    """Latency per image of each variant from p50 to p99, the shortest p50 on top.

    Args:
        rows: of the latency frame of one workload: variant and a column per percentile, seconds.
        looks: variant id -> look.
        title: of the figure.
    """
    ordered = rows.sort_values("p50_s", ascending=False)
    figure, axes = _rows_figure(len(ordered), title)
    for place, (_, row) in enumerate(ordered.iterrows()):
        look = looks[row["variant"]]
        axes.plot([row["p50_s"], row["p99_s"]], [place, place], color=look.colour, linewidth=1.5)
        for column, face in (("p50_s", look.colour), ("p90_s", "white"), ("p99_s", look.colour)):
            axes.plot(
                row[column], place, "|" if column == "p99_s" else "o", color=look.colour, markerfacecolor=face
            )
        axes.annotate(
            f"{seconds(row['p50_s'], 2)} – {seconds(row['p99_s'], 2)}",
            (row["p99_s"], place),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
        )
    _name_rows(axes, list(ordered["variant"]))
    _log_x(axes, "latency per image, closed loop (log scale); ● p50  ○ p90  | p99; less is better", seconds)
    return figure


def completion(rows: pd.DataFrame, looks: Mapping[str, Look], title: str) -> Figure:
    """Images done against time, one panel per concurrency model, all other variants in grey behind it.

    Args:
        rows: of the completion frame of one workload: variant, concurrency, time_s, share (0 to 1).
        looks: variant id -> look.
        title: of the figure.
    """
    rows = rows[rows["share"] > 0]  # on a log scale the first image's way to 0 would fill half of the figure
    panels = sorted(rows["concurrency"].unique())
    columns = min(4, len(panels))
    lines = -(-len(panels) // columns)
    width, height = 3.1 * columns + 0.8, 2.1 * lines + 1.0
    figure = Figure(figsize=(width, height))  # laid out by hand: finding it out takes longer than drawing it
    figure.subplots_adjust(
        left=0.65 / width,
        right=1 - 0.15 / width,
        bottom=0.6 / height,
        top=1 - 0.6 / height,
        hspace=0.3,
        wspace=0.08,
    )
    figure.suptitle(title, x=0.01, ha="left", fontweight="bold", fontsize=11)
    grid = list(figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False).flat)
    for axes, model in zip(grid, panels, strict=False):
        others = rows[rows["concurrency"] != model].groupby("variant")
        behind = [np.column_stack([curve["time_s"], 100 * curve["share"]]) for _, curve in others]
        axes.add_collection(LineCollection(behind, colors=CONTEXT, linewidths=0.6))
        for variant, curve in rows[rows["concurrency"] == model].groupby("variant"):
            look = looks[str(variant)]
            label = str(variant).partition("/")[2]
            axes.plot(
                curve["time_s"],
                100 * curve["share"],
                color=look.colour,
                dashes=look.dash or (None, None),
                label=label,
            )
        axes.set_title(model, fontsize=9)
        _log(axes.xaxis, seconds)
        axes.legend(fontsize=7, frameon=False, loc="lower right", handlelength=1.8)
        axes.set_ylim(0, 102)
    for axes in grid[len(panels) :]:
        axes.set_visible(False)
    figure.supxlabel("time since the start of the pass (log scale; median over passes)", fontsize=9)
    figure.supylabel("images done (%)", fontsize=9)
    return figure


def cost(rows: pd.DataFrame, looks: Mapping[str, Look], title: str) -> Figure:
    """Throughput against client CPU per 1,000 images; the variants that no other beats on both are joined.

    Args:
        rows: of the summary of one workload, measured cells only.
        looks: variant id -> look.
        title: of the figure.
    """
    figure = Figure(figsize=(8, 5.2), layout="constrained")
    axes = figure.subplots()
    axes.set_title(title)
    front = pareto(rows)
    axes.plot(front[CLIENT_CPU.key], front[RATE.key], color=INK, linewidth=0.8, dashes=(3, 2), zorder=1)
    for _, row in rows.iterrows():
        look = looks[row["variant"]]
        axes.plot(row[CLIENT_CPU.key], row[RATE.key], look.marker, color=look.colour, label=row["variant"])
    for _, row in front.iterrows():
        axes.annotate(
            row["variant"],
            (row[CLIENT_CPU.key], row[RATE.key]),
            xytext=(6, 6),
            textcoords="offset points",
            fontsize=7.5,
        )
    _log(axes.xaxis, number)
    _log(axes.yaxis, number)
    axes.set_xlabel(f"{CLIENT_CPU.label} (s, log scale); less is better")
    axes.set_ylabel(f"{RATE.label} ({RATE.unit}, log scale); more is better")
    axes.legend(fontsize=7, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def pareto(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows that no other row beats in both throughput and client CPU, cheapest first."""
    ordered = rows.sort_values([CLIENT_CPU.key, RATE.key], ascending=[True, False])
    return ordered[ordered[RATE.key] > ordered[RATE.key].cummax().shift(fill_value=-1.0)]


def render(chart: Chart, rows: pd.DataFrame, looks: Mapping[str, Look], title: str) -> dict[str, bytes]:
    """Draw a chart; return file ending -> bytes."""
    with mpl.rc_context(RC):
        figure = chart(rows, looks, title)
        figure.draw_without_rendering()  # lays it out once, for both kinds
        figure.set_layout_engine("none")
        return {kind: _bytes(figure, kind) for kind in ("svg", "png")}


def _bytes(figure: Figure, kind: str) -> bytes:
    buffer = io.BytesIO()
    metadata = {"Date": None} if kind == "svg" else {"Software": None}
    figure.savefig(buffer, format=kind, dpi=120, facecolor="white", metadata=metadata)
    return buffer.getvalue()


def _rows_figure(count: int, title: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(8.5, 1.3 + 0.27 * count), layout="constrained")
    axes = figure.subplots()
    axes.set_title(title)
    axes.grid(visible=False, axis="y")
    axes.set_ylim(-0.7, count - 0.3)
    return figure, axes


def _name_rows(axes: Axes, names: list[str]) -> None:
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="y", length=0)
    axes.margins(x=0.12)


def _log_x(axes: Axes, label: str, text: Callable[[float, int], str]) -> None:
    _log(axes.xaxis, text)
    axes.set_xlabel(label)


def _log(axis: Axis, text: Callable[[float, int], str]) -> None:
    """Make an axis logarithmic, with ticks at 1, 2 and 5 only: they never collide."""
    axis.axes.set(**{f"{axis.axis_name}scale": "log"})  # type: ignore[attr-defined] # documented, but not in the stubs
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: text(value, 1)))
    axis.set_minor_locator(NullLocator())
