"""The primitives' page of figures: the JSON of pytest-benchmark in, a tidy CSV and three charts out. It opens no file.

One row is one benchmark. Times are seconds; ``per_operation_s`` is the median of the rounds divided by the operations
of one round, and figures that only some benchmarks have (``longest_stall_s``, ``queue_wait_p50_s``) are empty elsewhere.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

from harness.model import HarnessError
from harness.report.charts import CONTEXT, render
from harness.report.style import COLOURS, MARKERS, Look
from harness.report.units import seconds

KEYS = ("group", "primitive", "loop", "size", "operations", "rounds")
STATS = ("min", "q1", "median", "q3")
FIGURES = ("longest_stall_s", "queue_wait_p50_s", "queue_wait_max_s")
LOOPS = ("asyncio", "uvloop", "trio", "none")
LOOKS = {
    name: Look(colour=COLOURS[place], marker=MARKERS[place], dash=()) for place, name in enumerate(LOOPS)
}
LADDER_GROUPS = ("awaitables", "giving_way", "dispatch", "starting")


def table(record: Mapping[str, Any]) -> pd.DataFrame:
    """Return one row per benchmark, sorted.

    Args:
        record: what ``pytest --benchmark-json`` wrote, parsed.

    Raises:
        HarnessError: it holds no benchmark of ``benchmarks/primitives``.
    """
    rows = [_row(one) for one in record["benchmarks"] if "primitive" in one["extra_info"]]
    if not rows:
        raise HarnessError(
            "the pytest-benchmark JSON holds no primitives; run benchmarks/primitives", exit_code=5
        )
    columns = [*KEYS, *(f"{name}_s" for name in STATS), "per_operation_s", "operations_per_s", *FIGURES]
    frame = pd.DataFrame(rows).reindex(columns=columns).sort_values(list(KEYS[:4]), ignore_index=True)
    return frame.assign(python=record["machine_info"]["python_version"])


def charts(frame: pd.DataFrame) -> dict[str, bytes]:
    """Draw what the table holds (see ``table``); file name -> bytes, SVG and PNG of each chart."""
    drawn = (
        ("together", together, "Coroutines together: what each one costs"),
        ("ladder", ladder, "What one use of a primitive costs"),
        ("waiting", waiting, "What waits when something blocks"),
    )
    python = frame["python"].iloc[0]
    return {
        f"{name}.{kind}": data
        for name, chart, title in drawn
        for kind, data in render(chart, frame, LOOKS, f"{title} (Python {python})").items()
    }


def together(frame: pd.DataFrame, looks: Mapping[str, Look], title: str) -> Figure:
    """Cost of one of N coroutines against N; a panel per loop, the lines of the others in grey behind."""
    rows = frame[frame["group"] == "together"]
    loops = [name for name in LOOPS if name in set(rows["loop"])]
    figure = _figure((9.5, 3.8), title)
    panels = figure.subplots(1, max(1, len(loops)), sharex=True, sharey=True, squeeze=False)[0]
    for axes, loop in zip(panels, loops, strict=False):
        for (other, _), line in rows.groupby(["loop", "primitive"]):
            if other != loop:
                axes.plot(line["size"], line["per_operation_s"], color=CONTEXT, linewidth=1)
        axes.set_title(loop, fontsize=10)
        axes.set_xscale("log")
        axes.set_xlim(2, 400_000)  # room for the labels at the ends of the lines
        axes.set_xticks([3, 10, 100, 1_000, 10_000], ["3", "10", "100", "1k", "10k"])
        axes.xaxis.set_minor_locator(NullLocator())
        lines = rows[rows["loop"] == loop].groupby("primitive")
        _lines(
            axes,
            [(str(name), line["size"], line["per_operation_s"], looks[loop].colour) for name, line in lines],
        )
    figure.supxlabel("coroutines together (log scale); grey: the other loops", fontsize=9)
    figure.supylabel("time per coroutine (log scale)", fontsize=9)
    return figure


def ladder(frame: pd.DataFrame, looks: Mapping[str, Look], title: str) -> Figure:
    """Every primitive's cost on one log axis, cheapest at the top; the line spans the middle half of the rounds."""
    rows = frame[frame["group"].isin(LADDER_GROUPS) & (frame["size"] <= 1)]
    order = list(rows.groupby("primitive")["per_operation_s"].min().sort_values(ascending=False).index)
    figure = _figure((8.5, 1.6 + 0.27 * len(order)), title)
    axes = figure.subplots()
    for _, row in rows.iterrows():
        look, place = looks[row["loop"]], order.index(row["primitive"])
        span = [row["q1_s"] / row["operations"], row["q3_s"] / row["operations"]]
        axes.plot(span, [place, place], color=look.colour, linewidth=4, alpha=0.3, solid_capstyle="butt")
        axes.plot(row["per_operation_s"], place, look.marker, color=look.colour, markersize=6)
    for place, name in enumerate(order):
        uses = rows[rows["primitive"] == name]
        costs = uses["per_operation_s"]
        axes.annotate(
            " – ".join(dict.fromkeys(seconds(cost, 2) for cost in (costs.min(), costs.max()))),
            (max(uses["q3_s"] / uses["operations"]), place),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
        )
    axes.set_yticks(range(len(order)), order)
    axes.set_ylim(-0.7, len(order) - 0.3)
    axes.grid(visible=False, axis="y")
    axes.margins(x=0.15)
    _seconds_on(axes, "x")
    axes.set_xlabel(
        "time of one use (log scale); dot: median, band: middle half of the rounds; less is better"
    )
    _loop_key(axes, looks, [name for name in LOOPS if name in set(rows["loop"])])
    return figure


def waiting(frame: pd.DataFrame, looks: Mapping[str, Look], title: str) -> Figure:
    """Left: a neighbour's longest wait beside a computation. Right: how long jobs queue for a thread."""
    figure = _figure((9.5, 3.8), title)
    stall, queue = figure.subplots(1, 2, width_ratios=(1, 1.2))
    _stalls(stall, frame[frame["longest_stall_s"].notna()], looks)
    rows = frame[frame["queue_wait_p50_s"].notna()]
    sizes = sorted(rows["size"].unique())
    queue.set_title("Jobs of 2 ms wait for one of 8 threads", fontsize=10)
    queue.set_xscale("log", base=2)
    queue.set_xlim(0.8, 3_000)  # room for the labels at the ends of the lines
    queue.set_xticks(sizes, [str(one) for one in sizes])
    queue.xaxis.set_minor_locator(NullLocator())
    queue.set_xlabel("jobs handed over at once (log scale)")
    queue.set_ylabel("median wait for a thread (log scale)")
    # A primitive's loops share its threads and its queue, so one of them tells it all.
    kept = [(name, lines[lines["loop"] == min(lines["loop"])]) for name, lines in rows.groupby("primitive")]
    _lines(
        queue,
        [
            (str(name), line["size"], line["queue_wait_p50_s"], COLOURS[place])
            for place, (name, line) in enumerate(kept)
        ],
    )
    return figure


def _row(one: Mapping[str, Any]) -> dict[str, Any]:
    stats, extra = one["stats"], one["extra_info"]
    per_operation_s = stats["median"] / extra["operations"]
    return {
        "group": one["group"],
        "rounds": stats["rounds"],
        **{f"{name}_s": stats[name] for name in STATS},
        **extra,
        "per_operation_s": per_operation_s,
        "operations_per_s": 1 / per_operation_s,
    }


def _stalls(axes: Axes, rows: pd.DataFrame, looks: Mapping[str, Look]) -> None:
    """Draw a row per loop: the stall with giving way (filled) joined to the one without (hollow)."""
    loops = [name for name in reversed(LOOPS) if name in set(rows["loop"])]
    for place, loop in enumerate(loops):
        look, ends = looks[loop], rows[rows["loop"] == loop].sort_values("longest_stall_s")["longest_stall_s"]
        axes.plot(ends, [place] * len(ends), color=look.colour, linewidth=1.5)
        for stall_s, face in zip(ends, (look.colour, "white"), strict=False):
            axes.plot(stall_s, place, look.marker, color=look.colour, markerfacecolor=face, markersize=7)
            axes.annotate(
                seconds(stall_s, 2), (stall_s, place), xytext=(0, 9), textcoords="offset points", ha="center"
            )
    axes.set_title("Longest wait beside 20 steps of CPU work", fontsize=10)
    axes.set_yticks(range(len(loops)), loops)
    axes.set_ylim(-0.6, len(loops) - 0.2)
    axes.grid(visible=False, axis="y")
    axes.margins(x=0.2)
    _seconds_on(axes, "x")
    axes.set_xlabel("filled: giving way after each step, hollow: never (log scale)")


def _lines(axes: Axes, lines: Sequence[tuple[str, "pd.Series[Any]", "pd.Series[float]", str]]) -> None:
    """Draw lines on two log axes, each named at its right end; names are kept a text's height apart."""
    for place, (_, x, y, colour) in enumerate(lines):
        axes.plot(x, y, MARKERS[place % len(MARKERS)], linestyle="-", color=colour, markersize=5)
    _seconds_on(axes, "y")
    low, high = axes.get_ylim()
    heights = spread([y.iloc[-1] for _, _, y, _ in lines], ratio=(high / low) ** 0.06)
    axes.set_ylim(low, max([high, *(height * 1.25 for height in heights)]))
    for (name, x, _, colour), height in zip(lines, heights, strict=True):
        axes.text(x.iloc[-1] * 1.35, height, name, va="center", fontsize=8, color=colour)


def spread(values: Sequence[float], *, ratio: float) -> list[float]:
    """Move positive values apart, upwards from the lowest, until neighbours differ at least by ``ratio``."""
    moved = list(values)
    below = 0.0
    for place in sorted(range(len(moved)), key=moved.__getitem__):
        moved[place] = max(moved[place], below * ratio)
        below = moved[place]
    return moved


def _figure(inches: tuple[float, float], title: str) -> Figure:
    figure = Figure(figsize=inches, layout="constrained")
    figure.suptitle(title, x=0.01, ha="left", fontweight="bold", fontsize=11)
    return figure


def _seconds_on(axes: Axes, which: str) -> None:
    """Make a log axis with times at 1, 2 and 5 of each decade; at decades alone where there are many."""
    (axes.set_xscale if which == "x" else axes.set_yscale)("log")
    axis = axes.xaxis if which == "x" else axes.yaxis
    low, high = axes.dataLim.intervalx if which == "x" else axes.dataLim.intervaly
    many = high > 300 * low  # above two and a half decades more labels would touch
    axis.set_major_locator(LogLocator(subs=(1.0,) if many else (1.0, 2.0, 5.0)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: seconds(value, 1)))
    axis.set_minor_formatter(NullFormatter())


def _loop_key(axes: Axes, looks: Mapping[str, Look], loops: Sequence[str]) -> None:
    for loop in loops:
        name = "no loop" if loop == "none" else loop
        axes.plot([], [], looks[loop].marker, color=looks[loop].colour, label=name)
    axes.legend(loc="upper right", frameon=False, fontsize=9)
