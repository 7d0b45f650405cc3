"""What throughput costs: a point per variant, and the front of those that no other beats on both axes."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from harness.metrics import CLIENT_CPU, PEAK_RSS, RATE
from harness.report.drawings.charts import CONTEXT, INK, SMALL, canvas, label_beside, log
from harness.report.drawings.style import Look
from harness.report.units import number, seconds, size
from harness.report.words.formats import row_name

NAMED = 18  # labels that fit beside the figure


def cost(rows: pd.DataFrame, looks: Mapping[str, Look], title: str) -> Figure:
    """Throughput against client CPU per 1,000 images and against peak memory.

    Args:
        rows: of one workload in ranked order, measured cells only; ``on_cpu_front`` and ``on_memory_front``.
        looks: variant id -> look.
        title: of the figure.
    """
    records = rows.to_dict("records")
    on_front = [row for row in records if row["on_cpu_front"] or row["on_memory_front"] or row["is_baseline"]]
    first = {row_name(row): row for row in [*on_front, *records]}
    named = dict(list(first.items())[:NAMED])
    labels = 0.35 + 0.058 * max(len(row_name(row)) for row in records)
    figure, (cpu, memory) = canvas(
        title, (7.6 + labels, 4.4), (0.65, labels, 0.6, 0.5), (1, 2), sharey=True, wspace=0.08
    )
    for axes, key, text, unit in ((cpu, CLIENT_CPU.key, seconds, 1.0), (memory, PEAK_RSS.key, size, 2.0**20)):
        log(axes.xaxis, text, rows[key].min(), rows[key].max(), unit=unit)
    log(cpu.yaxis, number, rows[RATE.key].min(), rows[RATE.key].max())
    _scatter(cpu, rows, looks, CLIENT_CPU.key, "on_cpu_front")
    _scatter(memory, rows, looks, PEAK_RSS.key, "on_memory_front")
    cpu.set_xlabel(f"{CLIENT_CPU.label} (log scale); less is better", fontsize=SMALL)
    memory.set_xlabel(f"{PEAK_RSS.label} (log scale); less is better", fontsize=SMALL)
    cpu.set_ylabel(f"{RATE.label} ({RATE.unit}, log scale); more is better", fontsize=SMALL)
    label_beside(
        memory,
        [
            (row[PEAK_RSS.key], row[RATE.key], row_name(row), looks[row["variant"]].colour)
            for row in named.values()
        ],
    )
    return figure


def _scatter(axes: Axes, rows: pd.DataFrame, looks: Mapping[str, Look], key: str, front: str) -> None:
    edge = rows[rows[front]].sort_values(key)
    axes.plot(edge[key], edge[RATE.key], color=INK, linewidth=0.9, dashes=(3, 2), zorder=1.5)
    for row in rows.to_dict("records"):
        look = looks[row["variant"]]
        colour = look.colour if row["state"] == "ranked" else CONTEXT
        ring = INK if row[front] else colour
        axes.plot(row[key], row[RATE.key], look.marker, color=colour, markersize=6.5, markeredgecolor=ring)
