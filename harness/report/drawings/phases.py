"""Where the time of an image goes: its mean latency per variant in parts, what comes before sending apart from the rest."""

from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from harness.report.drawings.charts import FAINT, LETTER, ROW, SMALL, beside, canvas, name_rows
from harness.report.drawings.style import COLOURS, Look
from harness.report.frames.phases import LABELS, NAMES
from harness.report.units import scale_of, seconds
from harness.report.words.formats import row_name

PANELS = (1.8, 3.8)  # inches: before sending, and of the rest, which that would dwarf on the same axis
GAP, RIGHT = 0.3, 0.85  # inches: between them, and for the latency behind them
TOLD = 0.55  # of the panel before sending: room for the time behind its longest bar
SEEN = 0.004  # of a panel: a part that is shorter in all rows is not named
PART_COLOURS = dict(zip(NAMES, COLOURS, strict=False))


def phases(rows: pd.DataFrame, looks: Mapping[str, Look], title: str) -> Figure:
    """Draw the parts one after the other, on linear axes.

    Args:
        rows: of one workload in ranked order: variant, side, the parts and their sum ``latency_s``.
        looks: not used; a colour is a part.
        title: of the figure.
    """
    del looks
    names = [row_name(row) for row in rows.to_dict("records")]
    left = 0.2 + LETTER * max(map(len, names))
    size = (left + sum(PANELS) + GAP + RIGHT, 1.35 + ROW * len(names))
    margins = (left, RIGHT, 0.8, 0.45)
    figure, (before, rest) = canvas(
        title, size, margins, (1, 2), width_ratios=PANELS, wspace=2 * GAP / sum(PANELS)
    )
    name_rows(before, names)
    name_rows(rest, [""] * len(names))
    bars = _bars(before, rows, NAMES[:1], is_told=True) | _bars(rest, rows, NAMES[1:])
    for place, latency_s in enumerate(rows["latency_s"]):
        beside(rest, place, 1.02, seconds(latency_s), FAINT)
    figure.legend(
        handles=list(bars.values()),
        labels=[LABELS[part] for part in bars],
        loc="lower left",
        ncols=len(bars),
        frameon=False,
        fontsize=SMALL,
    )
    return figure


def _bars(
    axes: Axes, rows: pd.DataFrame, parts: Sequence[str], *, is_told: bool = False
) -> dict[str, BarContainer]:
    """Draw these parts in one panel, from zero; return those that can be seen.

    Args:
        is_told: whether the time of each bar stands behind it.
    """
    seconds_of = rows[list(parts)].fillna(0.0)
    longest = seconds_of.sum(axis=1).max()
    size, unit = scale_of(longest, "s")
    start = pd.Series(0.0, rows.index)
    drawn = {}
    for part in parts:
        width = seconds_of[part] / size
        bars = axes.barh(
            range(len(rows)), width, left=start, height=0.62, color=PART_COLOURS[part], linewidth=0
        )
        start += width
        if is_told:
            axes.bar_label(bars, [seconds(value) for value in seconds_of[part]], padding=3, fontsize=SMALL)
        if width.max() * size > SEEN * longest:
            drawn[part] = bars
    axes.set_xlim(0, (longest / size or 1.0) * (1 + (TOLD if is_told else 0.01)))
    axes.xaxis.set_major_locator(MaxNLocator(3 if is_told else 6))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g} {unit}"))
    return drawn
