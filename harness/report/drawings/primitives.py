"""What the primitives cost and how long others wait. A loop is no variant: it has its own colour and mark here."""

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from harness.report.drawings.charts import (
    CONTEXT,
    INK,
    SMALL,
    beside,
    canvas,
    counts,
    label_beside,
    log,
    panel_of_rows,
)
from harness.report.drawings.style import COLOURS, MARKERS, Look
from harness.report.units import seconds

LOOPS = ("asyncio", "uvloop", "trio", "none")
LOOKS = {
    name: Look(colour=COLOURS[place], marker=MARKERS[place], dash=()) for place, name in enumerate(LOOPS)
}
WIDTH = 5.2  # of the panel of costs, inches


def together(rows: pd.DataFrame, _looks: Mapping[str, Look], title: str) -> Figure:
    """Cost of one of N coroutines against N; a panel per loop, the lines of the others in grey behind.

    Args:
        rows: primitive, loop, size, per_operation_s.
        title: of the figure.
    """
    loops = _loops(rows)
    figure, panels = canvas(
        title, (9.5, 3.8), (0.8, 0.85, 0.6, 0.65), (1, len(loops)), sharex=True, sharey=True, wspace=0.4
    )
    counts(panels[0].xaxis, rows["size"])
    log(panels[0].yaxis, seconds, rows["per_operation_s"].min(), rows["per_operation_s"].max())
    for axes, loop in zip(panels, loops, strict=True):
        own = rows["loop"] == loop
        for _, line in rows[~own].groupby(["loop", "primitive"]):
            axes.plot(line["size"], line["per_operation_s"], color=CONTEXT, linewidth=1)
        _named_lines(axes, rows[own], "per_operation_s", [LOOKS[loop].colour])
        axes.set_title(loop)
    figure.supxlabel("coroutines together (log scale); grey: the other loops", fontsize=SMALL)
    figure.supylabel("time per coroutine (log scale)", fontsize=SMALL, x=0.01)
    return figure


def ladder(rows: pd.DataFrame, _looks: Mapping[str, Look], title: str) -> Figure:
    """Every primitive's cost on one log axis, cheapest at the top; the band spans the middle half of the rounds.

    Args:
        rows: primitive, loop, per_operation_s, q1_s, q3_s, operations.
        title: of the figure.
    """
    rows = rows.assign(low=rows["q1_s"] / rows["operations"], high=rows["q3_s"] / rows["operations"])
    names = list(rows.groupby("primitive")["per_operation_s"].min().sort_values().index)
    figure, axes = panel_of_rows(title, names, width=WIDTH, right=1.45)
    log(axes.xaxis, seconds, rows["low"].min(), rows["high"].max())
    for row in rows.to_dict("records"):
        look, place = LOOKS[row["loop"]], names.index(row["primitive"])
        band = [row["low"], row["high"]]
        axes.plot(band, [place, place], color=look.colour, linewidth=4, alpha=0.3, solid_capstyle="butt")
        axes.plot(row["per_operation_s"], place, look.marker, color=look.colour, markersize=6)
    for place, name in enumerate(names):
        costs = rows.loc[rows["primitive"] == name, "per_operation_s"]
        text = " – ".join(dict.fromkeys(seconds(cost, 2) for cost in (costs.min(), costs.max())))
        beside(axes, place, 1.02, text, INK)
    for loop in _loops(rows):
        name = "no loop" if loop == "none" else loop
        axes.plot([], [], LOOKS[loop].marker, color=LOOKS[loop].colour, label=name)
    axes.legend(loc="upper right", frameon=False, fontsize=SMALL)  # there the cheapest leave room
    axes.set_xlabel(
        "time of one use (log scale); mark: median, band: middle half of the rounds", fontsize=SMALL
    )
    return figure


def waiting(rows: pd.DataFrame, _looks: Mapping[str, Look], title: str) -> Figure:
    """Left: a neighbour's longest wait beside a computation. Right: how long jobs queue for a thread.

    Args:
        rows: primitive, loop, size, and either longest_stall_s or queue_wait_p50_s.
        title: of the figure.
    """
    figure, (stall, queue) = canvas(title, (9.5, 3.8), (0.75, 1.8, 0.55, 0.65), (1, 2), wspace=0.3)
    _stalls(stall, rows[rows["longest_stall_s"].notna()])
    _queue(queue, rows[rows["queue_wait_p50_s"].notna()])
    return figure


def _stalls(axes: Axes, rows: pd.DataFrame) -> None:
    """Draw a row per loop: the stall with giving way (filled) joined to the one without (hollow)."""
    axes.set_title("Longest wait beside 20 steps of CPU work")
    axes.set_xlabel("filled: giving way after each step, hollow: never (log scale)", fontsize=SMALL)
    axes.grid(visible=False, axis="y")
    loops = _loops(rows)
    axes.set_yticks(range(len(loops)), loops)
    axes.set_ylim(len(loops) - 0.4, -0.8)
    if rows.empty:
        return
    stalls = rows["longest_stall_s"]
    log(axes.xaxis, seconds, stalls.min() / 1.2, stalls.max() * 1.2, most=5)  # room for the texts above
    for place, loop in enumerate(loops):
        colour, marker = LOOKS[loop].colour, LOOKS[loop].marker
        ends = sorted(rows.loc[rows["loop"] == loop, "longest_stall_s"])
        axes.plot(ends, [place] * len(ends), color=colour, linewidth=1.5)
        for stall_s, face in zip(ends, (colour, "white"), strict=False):
            axes.plot(stall_s, place, marker, color=colour, markerfacecolor=face, markersize=7)
            axes.text(stall_s, place - 0.15, seconds(stall_s, 2), ha="center", va="bottom", fontsize=SMALL)


def _queue(axes: Axes, rows: pd.DataFrame) -> None:
    axes.set_title("Jobs of 2 ms wait for one of 8 threads")
    axes.set_xlabel("jobs handed over at once (log scale)", fontsize=SMALL)
    axes.set_ylabel("median wait for a thread (log scale)", fontsize=SMALL)
    if rows.empty:
        return
    counts(axes.xaxis, rows["size"])
    log(axes.yaxis, seconds, rows["queue_wait_p50_s"].min(), rows["queue_wait_p50_s"].max())
    # A primitive's loops share its threads and its queue, so one of them tells it all.
    first = rows[rows["loop"] == rows.groupby("primitive")["loop"].transform("min")]
    _named_lines(axes, first, "queue_wait_p50_s", COLOURS)


def _named_lines(axes: Axes, rows: pd.DataFrame, value: str, colours: Sequence[str]) -> None:
    """Draw a value over the size, a line per primitive, its name at the right end."""
    ends = []
    for place, (name, unordered) in enumerate(rows.groupby("primitive")):
        line, colour = unordered.sort_values("size"), colours[place % len(colours)]
        marker = MARKERS[place % len(MARKERS)]
        axes.plot(line["size"], line[value], marker, linestyle="-", color=colour, markersize=5)
        ends.append((float(line["size"].iloc[-1]), float(line[value].iloc[-1]), str(name), colour))
    label_beside(axes, ends)


def _loops(rows: pd.DataFrame) -> list[str]:
    return [name for name in LOOPS if name in set(rows["loop"])]
