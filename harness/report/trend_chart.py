"""The chart of one series over time: values with intervals, levels, changes, versions and commits. It judges nothing."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.figure import Figure

from harness.report.drawings.charts import FAINT, INK, SMALL, canvas, log, render
from harness.report.history import Trend, median_of
from harness.report.units import metric as metric_text
from harness.report.units import percent
from harness.stats.trend import Point
from harness.text import printable

BLUE, ORANGE = "#0072B2", "#D55E00"  # of Okabe & Ito, as in style
MANY = 150  # runs, from which on intervals are one band and points are small
MOST_LABELS = 8  # of versions; each has its line, named or not
PAST = 0.02  # of a value: so much above the highest shown it is off the panel
LETTERS = 30  # of a label
APART = 0.11  # of the width, between two labels of one row
ROW = 0.055  # height of a row of labels above the panel, of the panel's height


def trend_chart(trend: Trend) -> bytes:
    """Draw one series; return it as SVG."""
    return render(lambda _rows, _looks, title: _figure(trend, title), pd.DataFrame(), {}, trend.title)


def _figure(trend: Trend, title: str) -> Figure:
    figure, [axes] = canvas(title, (9.0, 3.6), (0.85, 0.25, 0.6, 0.95))
    times = date2num([datetime.fromtimestamp(point.created_at, UTC) for point in trend.points])  # type: ignore[no-untyped-call] # matplotlib's own
    values = [point.value for point in trend.points if point.value is not None]
    if not values:
        axes.text(0.5, 0.5, "every run failed", transform=axes.transAxes, ha="center", color=FAINT)
        return figure
    low, high = _reach(trend, values)
    log(axes.yaxis, lambda value, digits: metric_text(value, trend.metric.unit, digits), low, high, most=6)
    beyond = [
        at
        for at, point in enumerate(trend.points)
        if point.value is not None and point.value > high * (1 + PAST)
    ]
    axes.plot(
        times[beyond],
        [0.985] * len(beyond),
        "^",
        color=BLUE,
        markersize=3.5,
        transform=axes.get_xaxis_transform(),
    )
    reach = float(times[-1] - times[0]) * 0.02 or 0.5  # of a lone point half a day
    axes.set_xlim(times[0] - reach, times[-1] + reach)
    locator = AutoDateLocator(maxticks=10)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    axes.set_ylabel(trend.metric.label)
    _values(axes, trend.points, times)
    _levels(axes, trend, times)
    _marks(axes, trend, times)
    return figure


def _reach(trend: Trend, values: Sequence[float]) -> tuple[float, float]:
    """Lowest and highest value to show: of many, all but the spikes, which stand as triangles at the upper edge."""
    if len(values) > MANY:
        low, high = np.quantile(values, [0.002, 0.985])
        return float(low), float(high)
    ends = [end for point in trend.points for end in (point.low, point.high) if end]
    return min([*values, *ends]), max([*values, *ends])


def _values(axes: Axes, points: Sequence[Point], times: np.ndarray) -> None:
    """Filled points count; hollow ones were measured on an unfit host or are no fair value; failures stand at the foot."""
    many = len(points) > MANY
    low, high = (
        np.array([getattr(point, end) or np.nan for point in points], dtype=float) for end in ("low", "high")
    )
    if many:
        axes.fill_between(times, low, high, color=BLUE, alpha=0.2, linewidth=0)
    else:
        axes.vlines(times, low, high, color=BLUE, linewidth=1.2, alpha=0.6)
    size = 1.5 if many else 4
    for counts, face in ((True, BLUE), (False, "white")):
        chosen = [at for at, point in enumerate(points) if point.value is not None and point.counts == counts]
        axes.plot(
            times[chosen],
            [points[at].value or 0 for at in chosen],
            "o",
            markersize=size,
            markerfacecolor=face,
            markeredgecolor=BLUE,
            markeredgewidth=0.6,
        )
    failed = [at for at, point in enumerate(points) if point.value is None]
    axes.plot(times[failed], [0.03] * len(failed), "x", color=ORANGE, transform=axes.get_xaxis_transform())


def _levels(axes: Axes, trend: Trend, times: np.ndarray) -> None:
    """The median between changes as a line, and each change with what it was."""
    starts = [0, *(change.at for change in trend.changes), len(times)]
    levels = [change.after for change in trend.changes]
    levels = [trend.changes[0].before if trend.changes else median_of(trend.points), *levels]
    for start, end, level in zip(starts, starts[1:], levels, strict=False):
        axes.plot([times[start], times[end - 1]], [level, level], color=INK, linewidth=1.4)
    for number, change in enumerate(trend.changes):
        axes.axvline(times[change.at], color=ORANGE, linewidth=1.4)
        sign = "+" if change.ratio > 1 else ""
        axes.annotate(
            f"{sign}{percent(change.ratio - 1)}",
            (times[change.at], 0.94 - 0.08 * (number % 3)),
            xycoords=axes.get_xaxis_transform(),
            xytext=(3, 0),
            textcoords="offset points",
            va="top",
            color=ORANGE,
            fontsize=SMALL,
            weight="bold",
        )


def _marks(axes: Axes, trend: Trend, times: np.ndarray) -> None:
    """Commits as ticks at the foot; versions as dashed lines, named above the panel, those of a change first."""
    commits = [times[mark.at] for mark in trend.marks if mark.commit]
    foot = axes.get_xaxis_transform()
    axes.plot(commits, [0.0] * len(commits), "|", color=FAINT, markersize=7, transform=foot, clip_on=False)
    versions = [mark for mark in trend.marks if mark.texts]
    axes.vlines(
        [times[mark.at] for mark in versions],
        0,
        1,
        color=FAINT,
        linestyle=(0, (3, 2)),
        linewidth=0.8,
        transform=foot,
    )
    at_change = {change.at for change in trend.changes}
    named = sorted(versions, key=lambda mark: (mark.at not in at_change, -mark.at))[:MOST_LABELS]
    low, high = axes.get_xlim()
    rows: list[float] = []  # where each row's last label ends, as share of the width
    for mark in sorted(named, key=lambda mark: mark.at):
        text = "; ".join(mark.texts)
        text = text if len(text) <= LETTERS else text[: LETTERS - 1] + "…"
        place = (float(times[mark.at]) - low) / (high - low)
        right = place > 1 - 2 * APART
        start, end = (place - 2 * APART, place) if right else (place, place + 2 * APART)
        row = next((number for number, taken in enumerate(rows) if taken <= start), len(rows))
        rows[row : row + 1] = [end + 0.01]
        axes.text(
            times[mark.at],
            1.02 + ROW * row,
            printable(text),
            transform=foot,
            fontsize=6.5,
            color=FAINT,
            ha="right" if right else "left",
            clip_on=False,
        )
