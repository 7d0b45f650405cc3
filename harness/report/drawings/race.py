"""The race: a strip per concurrency model with a bar per image on one linear time axis, the ideal shaded."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from harness.report.drawings.charts import GRID, INK, SMALL, canvas
from harness.report.drawings.curves import lines_of
from harness.report.drawings.style import Look, legible
from harness.report.units import scale_of, seconds
from harness.report.words.formats import row_name
from harness.text import printable

COLUMNS = 4
STRIP, NAME = 1.15, 0.55  # inches: height of a strip, and of what stands above it
WIDTH, GAP = 2.35, 0.2  # inches: of a strip, and between two
POINTS = 72  # to the inch


def race(rows: pd.DataFrame, looks: Mapping[str, Look], title: str) -> Figure:
    """Draw all strips, the first to be through first.

    Args:
        rows: of one workload: variant, side, concurrency, client, loop, image, start_s, end_s (seconds), and ideal_s of
            the workload (NaN: not known).
        looks: variant id -> look.
        title: of the figure.
    """
    strips = sorted(lines_of(rows), key=lambda strip: float(strip[1]["end_s"].max()))
    columns = min(COLUMNS, max(2, len(strips)))
    lines_down = -(-len(strips) // columns)
    size = (
        columns * WIDTH + (columns - 1) * GAP + 0.4,
        lines_down * STRIP + (lines_down - 1) * (NAME + 0.1) + NAME + 0.85,
    )
    figure, panels = canvas(
        title,
        size,
        (0.2, 0.2, 0.5, NAME + 0.35),
        (lines_down, columns),
        used=len(strips),
        sharex=True,
        hspace=(NAME + 0.1) / STRIP,
        wspace=GAP / WIDTH,
    )
    end = float(rows["end_s"].max())
    size_s, unit = scale_of(end, "s")
    is_ideal_known = bool(rows["ideal_s"].notna().all())
    for axes, (shared, images) in zip(panels, strips, strict=True):
        look, count = looks[shared["variant"]], len(images)
        if is_ideal_known:
            axes.axvspan(0, shared["ideal_s"], color=GRID, zorder=0)
        place = np.arange(count)
        gap = np.full(count, np.nan)
        x = np.column_stack([images["start_s"], images["end_s"], gap]).ravel()
        y = np.column_stack([place, place, gap]).ravel()
        thick = max(0.4, 0.8 * STRIP * POINTS / max(count, 20))
        axes.plot(x, y, color=look.colour, linewidth=thick, solid_capstyle="butt")
        axes.axvline(images["end_s"].max(), color=INK, linewidth=0.8)
        axes.set(xlim=(0, end * 1.02), ylim=(max(count, 20), -1), yticks=[])
        axes.spines["left"].set_visible(False)
        rest = row_name(shared).partition("/")[2]
        axes.set_title(
            f"{printable(str(shared['concurrency']))}\n{printable(rest)}",
            fontsize=SMALL,
            color=legible(look.colour),
            pad=14,
        )
        axes.text(
            0, 1.03, seconds(images["end_s"].max()), transform=axes.transAxes, fontsize=SMALL, weight="bold"
        )
    panels[0].xaxis.set_major_locator(MaxNLocator(4))
    panels[0].xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / size_s:g}"))
    grey = ", grey the least time that is possible" if is_ideal_known else ""
    figure.supxlabel(f"{unit} since the start of the pass; a bar is an image{grey}", fontsize=SMALL)
    return figure
