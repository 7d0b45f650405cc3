"""What all charts share: page size, inks, axes, labels, and the bytes of the finished figure. It draws no data.

Figures are laid out by hand, in inches: finding a layout takes longer than drawing it. Text is never read as a
formula, so a name with a dollar sign is only a name.
"""

import io
import itertools
import math
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from harness.report.drawings.style import Look, legible
from harness.text import printable

INK, FAINT, GRID, CONTEXT = "#222222", "#666666", "#DDDDDD", "#CCCCCC"
SMALL = 8.0  # points
TITLE, TITLE_LETTER = 11.0, 0.0092  # points of a title that has room; inches of its letters at one point
TICK_LETTER = 0.075  # inches of a letter at the ticks
LETTER = 0.071  # inches of room for each letter of a name at the axis
ROW, WIDTH = 0.25, 3.6  # inches: of a row, and of a panel of rows
PAD = 0.06  # of an axis beyond its values
SHORT = 5  # times the low end: below it, even steps are as even on a log axis
RC: dict[Any, Any] = {
    "font.family": "sans-serif",
    # A browser without it falls back on its own; each text repeats this list.
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.titlelocation": "left",
    "axes.titley": 1.0,  # no ticks stand above a panel: nothing to search room between
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": INK,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "text.parse_math": False,
    "text.hinting": "no_hinting",  # it takes a fifth of all drawing, and letters look no sharper for it
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "fetchbench",  # the same frame gives the same bytes
}

Chart = Callable[[pd.DataFrame, Mapping[str, Look], str], Figure]
Text = Callable[[float, int], str]


def render(chart: Chart, rows: pd.DataFrame, looks: Mapping[str, Look], title: str) -> bytes:
    """Draw a chart; return it as SVG."""
    buffer = io.BytesIO()
    with mpl.rc_context(RC), warnings.catch_warnings():
        # The font only measures text here; whoever shows it draws what the font lacks with another.
        warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from font", UserWarning)
        figure = chart(rows, looks, printable(title))
        figure.savefig(buffer, format="svg", facecolor="white", metadata={"Date": None})
    return buffer.getvalue()


def canvas(
    title: str,
    size: tuple[float, float],
    margins: tuple[float, float, float, float],
    grid: tuple[int, int] = (1, 1),
    *,
    used: int | None = None,
    **shared: Any,
) -> tuple[Figure, list[Axes]]:
    """A titled figure and its panels, row by row.

    Args:
        title: of the whole.
        size: width and height, inches.
        margins: left, right, bottom, top, inches.
        grid: rows and columns of panels.
        used: how many of them there are; None for all.
        shared: what ``Figure.subplots`` takes, such as ``sharex``, and ``hspace`` and ``wspace``.
    """
    (width, height), (left, right, bottom, top) = size, margins
    figure = Figure(figsize=size)
    gaps = {name: shared.pop(name) for name in ("hspace", "wspace") if name in shared}
    figure.subplots_adjust(
        left=left / width, right=1 - right / width, bottom=bottom / height, top=1 - top / height, **gaps
    )
    points = min(TITLE, (width - 0.2) / (TITLE_LETTER * max(1, len(title))))
    figure.text(
        0.1 / width, 1 - 0.08 / height, title, ha="left", va="top", fontsize=points, weight="bold", color=INK
    )
    panels = list(figure.subplots(*grid, squeeze=False, **shared).flat)
    for axes in panels[used:] if used else ():
        axes.set_visible(False)
    return figure, panels[:used]


def log(axis: Axis, text: Text, low: float, high: float, *, most: int = 7, unit: float = 1.0) -> None:
    """Make an axis logarithmic over these values, with at most so many ticks at round numbers of a unit; none collide."""
    edges = _set_log(axis, low, high)
    for few in range(most, 1, -1):
        ticks = round_ticks(edges[0] / unit, edges[1] / unit, few)
        labels = {unit * tick: text(unit * tick, digits_to_tell(ticks)) for tick in ticks}
        if _have_room(axis, labels, edges):
            break
    while not _have_room(axis, labels, edges):
        labels = dict(list(labels.items())[::2])
    axis.set_major_locator(FixedLocator(list(labels)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: labels.get(value, "")))
    axis.set_minor_locator(NullLocator())


def counts(axis: Axis, values: Iterable[float]) -> None:
    """Make an axis logarithmic, or linear if 0 is among them, with its ticks at these very values, eight at most."""
    ticks = sorted(set(values))
    if ticks[0] > 0:
        _set_log(axis, ticks[0], ticks[-1])
    axis.set_major_locator(FixedLocator(ticks[:: -(-len(ticks) // 8)]))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    axis.set_minor_locator(NullLocator())


def _set_log(axis: Axis, low: float, high: float) -> tuple[float, float]:
    """Set scale and limits, with room beyond these values; a lone one gets room too."""
    low, high = (low, high) if high > low * 1.02 else (low / 1.1, high * 1.1)
    reach = PAD * math.log(high / low)
    edges = (low * math.exp(-reach), high * math.exp(reach))
    axis.axes.set(**{f"{axis.axis_name}scale": "log", f"{axis.axis_name}lim": edges})  # type: ignore[attr-defined] # documented, but not in the stubs
    return edges


def _have_room(axis: Axis, labels: Mapping[float, str], edges: tuple[float, float]) -> bool:
    """Whether no two labels touch, by their length: the figure need not be drawn to know it."""
    box = axis.axes.get_window_extent()
    inch = box.width / axis.axes.get_figure().dpi / math.log(edges[1] / edges[0])  # type: ignore[union-attr] # the axes have a figure
    return axis.axis_name == "y" or all(  # type: ignore[attr-defined] # documented, but not in the stubs
        inch * math.log(right / left) > TICK_LETTER * (len(labels[left]) + len(labels[right])) / 2 + 0.1
        for left, right in itertools.pairwise(labels)
    )


def digits_to_tell(ticks: Sequence[float]) -> int:
    """Fewest digits, up to four, with which every tick's label is its value: 1, 2, 5 need one, 1.25 needs three."""
    return next(
        (
            digits
            for digits in (1, 2, 3)
            if all(math.isclose(float(f"{tick:.{digits - 1}e}"), tick, rel_tol=1e-9) for tick in ticks)
        ),
        4,
    )


def round_ticks(low: float, high: float, most: int = 7) -> list[float]:
    """Two to ``most`` round values from ``low`` to ``high``: 1, 2, 5, or 1, 3, or tens; even steps over a short range."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1, 2, 5), (1, 3), (1,)):
        ticks = [step * 10.0**decade for decade in decades for step in steps]
        inside = [tick for tick in ticks if low <= tick <= high]
        if len(inside) > most and steps == (1,):
            return inside[:: -(-len(inside) // most)]
        if 3 <= len(inside) <= most or (len(inside) == 2 and high / low > SHORT):  # noqa: PLR2004 - as the docstring says
            return inside
    return [float(tick) for tick in MaxNLocator(min(4, most)).tick_values(low, high) if low <= tick <= high]


def panel_of_rows(
    title: str, names: Sequence[str], *, right: float, width: float = WIDTH
) -> tuple[Figure, Axes]:
    """A figure of one panel with a row for each name, the first on top; widths in inches."""
    left = 0.2 + LETTER * max(map(len, names))
    size = (left + width + right, 1.15 + ROW * len(names))
    figure, (axes,) = canvas(title, size, (left, right, 0.6, 0.45))
    name_rows(axes, names)
    return figure, axes


def name_rows(axes: Axes, names: Sequence[str]) -> None:
    """Make room in a panel for a row of each name, the first on top."""
    axes.grid(visible=False, axis="y")
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_yticks(range(len(names)), [printable(name) for name in names])
    axes.tick_params(axis="y", length=0)


def beside(axes: Axes, place: int, x: float, text: str, colour: str) -> None:
    """Write a text in a row of the panel, at ``x`` of its width."""
    axes.text(
        x,
        place,
        text,
        transform=axes.get_yaxis_transform(),
        va="center",
        fontsize=SMALL,
        color=legible(colour),
    )


def label_beside(axes: Axes, ends: Sequence[tuple[float, float, str, str]]) -> None:
    """Write labels to the right of a panel, as high as the points they name, pushed apart where they would collide.

    Args:
        axes: the panel; its limits are final.
        ends: x and y of what is named, in data units, the text and its colour.
    """
    if not ends:
        return
    height = axes.get_window_extent().height
    gap = 1.25 * SMALL * axes.get_figure().dpi / 72 / height  # type: ignore[union-attr] # the panel has a figure
    places = axes.transAxes.inverted().transform(axes.transData.transform([(x, y) for x, y, _, _ in ends]))
    ordered = sorted(range(len(ends)), key=lambda end: (places[end][1], end))
    heights = spread([float(places[end][1]) for end in ordered], gap)
    for end, at in zip(ordered, heights, strict=True):
        _, _, text, colour = ends[end]
        within: dict[str, Any] = {"transform": axes.transAxes, "clip_on": False}
        x, y = places[end]
        axes.add_artist(Line2D([x + 0.01, 1.02], [y, at], color=GRID, linewidth=0.7, **within))
        axes.text(1.03, at, printable(text), va="center", fontsize=SMALL, color=legible(colour), **within)


def spread(heights: Sequence[float], gap: float) -> list[float]:
    """Ascending heights moved as little as needed to be ``gap`` apart, around their own middle."""
    moved: list[list[float]] = []  # clusters of wanted heights, each laid out evenly around its mean
    for height in heights:
        moved.append([height])
        while len(moved) > 1 and _top(moved[-2], gap) + gap > _bottom(moved[-1], gap):
            last = moved.pop()
            moved[-1] += last
    return [_bottom(cluster, gap) + place * gap for cluster in moved for place in range(len(cluster))]


def _bottom(cluster: Sequence[float], gap: float) -> float:
    return sum(cluster) / len(cluster) - gap * (len(cluster) - 1) / 2


def _top(cluster: Sequence[float], gap: float) -> float:
    return _bottom(cluster, gap) + gap * (len(cluster) - 1)
