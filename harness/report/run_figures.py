"""The figures of a whole run: sweeps over the concurrency, and the host's own pace."""

from collections.abc import Iterator

import pandas as pd

from harness.ledger import Ledger
from harness.metrics import RATE
from harness.report.drawings import overview
from harness.report.figures import VARIANT, ReportFigure, named, wide
from harness.report.formats import HTML, Column
from harness.report.tables import Tables


def of_run(ledger: Ledger, tables: Tables) -> Iterator[ReportFigure]:
    """Yield the figures of the whole run; one without data is left out."""
    yield from _scaling(ledger, tables, named(tables.ranked))


def of_host(tables: Tables) -> Iterator[ReportFigure]:
    """Yield the drift of the host over the run, if it was watched for longer than one round."""
    if len(tables.host) > 1 and tables.host[["cpu_relative", "echo_relative"]].gt(0).all(axis=None):
        yield ReportFigure(
            name="host",
            kind="host",
            workload=None,
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


def _scaling(ledger: Ledger, tables: Tables, ranked: pd.DataFrame) -> Iterator[ReportFigure]:
    """Workloads that differ in concurrency alone are one sweep."""
    groups: dict[object, list[str]] = {}
    for workload in ledger.run.plan.workloads:
        groups.setdefault(tuple({**workload.flat, "concurrency": None}.items()), []).append(workload.name)
    asked = tables.workloads[["workload", "asked_concurrency"]]
    for number, names in enumerate((names for names in groups.values() if len(names) > 1), start=1):
        rows = ranked[ranked["workload"].isin(names) & ranked[RATE.key].notna()].merge(asked, on="workload")
        if len(rows["asked_concurrency"].unique()) > 1:
            rows = rows.sort_values(["asked_concurrency", "rank"])
            levels = sorted(rows["asked_concurrency"].unique())
            by_level = rows.assign(level=[str(level) for level in rows["asked_concurrency"]])
            yield ReportFigure(
                name=f"scaling-{number}",
                kind="scaling",
                workload=None,
                title=f"Throughput over concurrency: {', '.join(names)}",
                frame=rows,
                table=wide(by_level, "level", RATE.key),
                columns=(
                    VARIANT,
                    *(
                        Column(
                            key=str(level),
                            head=_at(int(level)),
                            unit=RATE.unit,
                        )
                        for level in levels
                    ),
                ),
                csv="summary.csv",
                draw=overview.scaling,
            )


def _at(concurrency: int) -> str:
    return HTML.phrase("images/s at {n}", n=HTML.value(concurrency, "count"))
