"""Where the time of an image goes: a bar per variant, in the parts of an image's mean latency."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from harness.report.drawings.charts import FAINT, SMALL, beside, panel_of_rows, row_name
from harness.report.drawings.style import COLOURS, Look
from harness.report.frames.phases import LABELS, NAMES
from harness.report.words.units import scale_of, seconds

WIDTH = 5.2  # inches


def phases(rows: pd.DataFrame, looks: Mapping[str, Look], title: str) -> Figure:
    """Draw the parts side by side, on a linear axis.

    Args:
        rows: of one workload in ranked order: variant, side, the parts and their sum ``latency_s``.
        looks: not used; a colour is a part.
        title: of the figure.
    """
    del looks
    records = rows.to_dict("records")
    figure, axes = panel_of_rows(title, [row_name(row) for row in records], right=1.0, width=WIDTH)
    unit, name = scale_of(rows["latency_s"].max(), "s")
    for place, row in enumerate(records):
        start = 0.0
        for part, colour in zip(NAMES, COLOURS, strict=False):
            width = row[part] / unit
            axes.barh(place, width, left=start, height=0.62, color=colour, linewidth=0)
            start += width
        beside(axes, place, 1.02, seconds(row["latency_s"]), FAINT)
    axes.set_xlim(0, rows["latency_s"].max() / unit * 1.01)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g} {name}"))
    bars = [axes.barh(0, 0, color=colour) for _, colour in zip(NAMES, COLOURS, strict=False)]
    labels = [LABELS[part] for part in NAMES]
    figure.legend(
        handles=bars, labels=labels, loc="lower left", ncols=len(NAMES), frameon=False, fontsize=SMALL
    )
    return figure
