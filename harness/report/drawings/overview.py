"""Overviews of a run: scaling with concurrency, and the host's own pace."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator

from harness.metrics import Metric
from harness.model import NONE
from harness.report.drawings.charts import INK, SMALL, canvas, counts, label_beside, log
from harness.report.drawings.curves import MOST, lines_of
from harness.report.drawings.style import Look
from harness.report.units import number, ratio
from harness.text import printable


def scaling(
    rows: pd.DataFrame, looks: Mapping[str, Look], title: str, *, metric: Metric, label: str
) -> Figure:
    """A metric over a number that is swept, with 95 % bands where they are known; a panel per client.

    Args:
        rows: variant, side, client, ``swept``, and the metric's column, best first.
        looks: variant id -> look.
        title: of the figure.
        label: of what is swept.
    """
    clients = sorted(rows["client"].unique())
    columns = min(2, len(clients))
    lines_down = -(-len(clients) // columns)
    figure, panels = canvas(
        title,
        (5.2 * columns, 2.4 * lines_down + 0.95),
        (0.65, 2.3, 0.6, 0.65),
        (lines_down, columns),
        used=len(clients),
        sharex=True,
        sharey=True,
        wspace=1.0,
        hspace=0.25,
    )
    counts(panels[0].xaxis, rows["swept"])
    is_share = metric.unit == "share"
    text = _percent if is_share else number
    log(panels[0].yaxis, text, rows[metric.key].min(), rows[metric.key].max())
    for axes, client in zip(panels, clients, strict=True):
        ends = []
        for shared, line in lines_of(rows[rows["client"] == client])[:MOST]:
            look, line = looks[shared["variant"]], line.sort_values("swept")  # noqa: PLW2901 - the same line, in order
            x, y = line["swept"], line[metric.key]
            if f"{metric.key}_low" in line:
                low, high = line[f"{metric.key}_low"], line[f"{metric.key}_high"]
                axes.fill_between(x, low, high, color=look.colour, alpha=0.2, linewidth=0)
            axes.plot(x, y, look.marker, linestyle=look.linestyle, color=look.colour)
            name = f"{shared['concurrency']}" + ("" if shared["loop"] == NONE else f"/{shared['loop']}")
            ends.append((float(x.iloc[-1]), float(y.iloc[-1]), name, look.colour))
        axes.set_title(printable(client))
        label_beside(axes, ends)
    figure.supxlabel(f"{label} (log scale)", fontsize=SMALL)
    unit = "" if is_share else f"{metric.unit}, "
    figure.supylabel(f"{metric.label} ({unit}log scale)", fontsize=SMALL, x=0.01)
    return figure


def _percent(value: float, digits: int) -> str:
    """A share at a tick, in as many digits: 0.75 in two is "75 %"."""
    return f"{100 * value:.{max(0, digits - 2)}f} %"


def host(rows: pd.DataFrame, looks: Mapping[str, Look], title: str) -> Figure:
    """The pace of a fixed piece of work before each round, relative to the middle of the run.

    Args:
        rows: round, cpu_relative, echo_relative.
        looks: not used; the host is no variant.
        title: of the figure.
    """
    del looks
    figure, (axes,) = canvas(title, (7.6, 2.6), (0.85, 1.4, 0.55, 0.45))
    both = rows[["cpu_relative", "echo_relative"]]
    log(axes.yaxis, ratio, min(0.8, both.min().min()), max(1.25, both.max().max()))
    axes.axhline(1, color=INK, linewidth=0.8)
    axes.set_xlim(rows["round"].min() - 0.3, rows["round"].max() + 0.3)
    axes.xaxis.set_major_locator(FixedLocator(sorted(rows["round"])[:: -(-len(rows) // 12)]))
    ends = []
    for name, marker, colour, text in (
        ("cpu_relative", "o", "#0072B2", "CPU loop"),
        ("echo_relative", "s", "#D55E00", "loopback echo"),
    ):
        axes.plot(rows["round"], rows[name], marker, linestyle="-", color=colour, markersize=4, linewidth=1)
        ends.append((float(rows["round"].iloc[-1]), float(rows[name].iloc[-1]), text, colour))
    label_beside(axes, ends)
    axes.set_xlabel("round", fontsize=SMALL)
    axes.set_ylabel("time over the median", fontsize=SMALL)
    return figure
