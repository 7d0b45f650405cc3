"""The figures of a whole run: sweeps over one number that workloads differ in, and the host's own pace."""

from collections.abc import Iterator, Sequence
from functools import partial

import pandas as pd

from harness.ledger import Ledger
from harness.metrics import RATE, SUCCESS, Metric
from harness.report.drawings import overview
from harness.report.figures.figure import VARIANT, ReportFigure, named, wide
from harness.report.frames.tables import Tables
from harness.report.words.formats import HTML, Column
from harness.workload import SPECS, Workload

LEAST_VALUES = 2  # of what is swept


def of_run(ledger: Ledger, tables: Tables) -> Iterator[ReportFigure]:
    """Yield the figures of the whole run; one without data is left out."""
    yield from _sweeps(ledger, named(tables.ranked))


def of_host(tables: Tables) -> Iterator[ReportFigure]:
    """Yield the drift of the host over the run, if it was watched for longer than one round."""
    if len(tables.host) > 1 and tables.host[["cpu_relative", "echo_relative"]].gt(0).all(axis=None):
        yield ReportFigure(
            name="host",
            kind="host",
            title="The host's own pace over the run",
            frame=tables.host,
            table=tables.host,
            columns=(
                Column(key="round", head="round", unit="count"),
                Column(key="cpu_s", head="CPU loop", unit="s"),
                Column(key="cpu_relative", head="over the median", unit="ratio"),
                Column(key="echo_s", head="loopback echo", unit="s"),
                Column(key="echo_relative", head="over the median ", unit="ratio"),
                Column(key="steal", head="stolen CPU time", unit="share"),
                Column(key="busy_elsewhere", head="CPUs used by others", unit=""),
            ),
            csv="host.csv",
            draw=overview.host,
        )


def sweeps(workloads: Sequence[Workload]) -> list[tuple[str, dict[str, float]]]:
    """Workloads that differ in one number alone: the field, and workload -> its value, at least two. Pure."""
    found = []
    for field, spec in SPECS.items():
        groups: dict[object, dict[str, float]] = {}
        for workload in workloads:
            value = workload.flat[field]
            if spec.low is not None and isinstance(value, int | float):
                others = tuple({**workload.flat, field: None}.items())
                groups.setdefault(others, {})[workload.name] = value
        found += [(field, values) for values in groups.values() if len(set(values.values())) > 1]
    return found


def _sweeps(ledger: Ledger, ranked: pd.DataFrame) -> Iterator[ReportFigure]:
    """Throughput over what is swept; and the share that succeeds, where any image was lost."""
    number = 0
    for field, values in sweeps(ledger.run.plan.workloads):
        rows = ranked[ranked["workload"].isin(list(values)) & ranked[RATE.key].notna()]
        rows = rows.assign(swept=[values[name] for name in rows["workload"]]).sort_values(["swept", "rank"])
        if rows["swept"].nunique() < LEAST_VALUES:
            continue
        shown = [RATE, *([SUCCESS] if (rows[SUCCESS.key] < 1).any() else [])]
        for metric in shown:
            number += 1
            yield _sweep(f"scaling-{number}", field, metric, rows)


def _sweep(name: str, field: str, metric: Metric, rows: pd.DataFrame) -> ReportFigure:
    spec = SPECS[field]
    levels = {str(value): value for value in sorted(rows["swept"].unique())}
    by_level = rows.assign(level=[str(value) for value in rows["swept"]])
    return ReportFigure(
        name=name,
        kind="scaling",
        title=f"{metric.label.capitalize()} over {spec.label}: {', '.join(dict.fromkeys(rows['workload']))}",
        frame=rows,
        table=wide(by_level, "level", metric.key),
        columns=(
            VARIANT,
            *(
                Column(key=key, head=_at(metric, level, spec.unit or ""), unit=metric.unit)
                for key, level in levels.items()
            ),
        ),
        csv="summary.csv",
        draw=partial(overview.scaling, metric=metric, label=spec.label),
    )


def _at(metric: Metric, level: float, unit: str) -> str:
    return HTML.phrase("{what} at {n}", what=metric.unit, n=HTML.value(level, unit))
