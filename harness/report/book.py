"""All derived files of a run: a ledger in, file name -> bytes out. The same ledger gives the same bytes."""

from collections.abc import Mapping

import pandas as pd

from harness.ledger import Ledger
from harness.report import charts, frames
from harness.report.judgement import Judgement
from harness.report.style import looks


def build(book: Ledger, judgement: Judgement) -> Mapping[str, bytes]:
    """Make every file."""
    summary = frames.summary(book, judgement)
    tables = {
        "passes.csv": frames.passes(book),
        "summary.csv": summary,
        "effects.csv": frames.effects(judgement),
        "latency.csv": frames.latency(book),
        "completion.csv": frames.completion(book),
    }
    measured = summary[summary["state"].isin(["ranked", "invalid"])]
    drawn = (
        ("ranking", charts.ranking, measured),
        ("latency", charts.latency, tables["latency.csv"]),
        ("completion", charts.completion, tables["completion.csv"]),
        ("cost", charts.cost, measured),
    )
    files = {name: frames.to_csv(frame) for name, frame in tables.items()}
    for name, chart, frame in drawn:
        files |= _draw(book, name, chart, frame)
    return files


def _draw(book: Ledger, name: str, chart: charts.Chart, frame: pd.DataFrame) -> dict[str, bytes]:
    look = looks(book.run.contenders, book.run.plan.variants)
    files: dict[str, bytes] = {}
    for workload in book.run.plan.workloads:
        rows = frame[frame["workload"] == workload.name]
        if not rows.empty:
            title = f"{TITLES[name]}: {workload.name}"
            pictures = charts.render(chart, rows, look, title)
            files |= {f"charts/{name}-{workload.name}.{kind}": data for kind, data in pictures.items()}
    return files


TITLES = {
    "ranking": "Throughput",
    "latency": "Latency",
    "completion": "How the download progresses",
    "cost": "What the throughput costs",
}
