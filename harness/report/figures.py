"""Figures: one frame each, from which figure, data table, alt text and the rows of a CSV all come."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import pandas as pd

from harness.ledger import Ledger
from harness.metrics import CLIENT_CPU, PEAK_RSS, RATE
from harness.model import ALL
from harness.outcomes import MEASURED
from harness.report.captions import CAPTIONS
from harness.report.charts import Chart, row_name
from harness.report.drawings import cost, curves, overview, ratios
from harness.report.formats import HTML, PLAIN, Column, cell
from harness.report.tables import Tables

ALT_ROWS = 6  # an alt text is heard in one go; the data table has every row

VARIANT = Column(key="name", head="variant", unit=None)
RATIO = Column(key="ratio", head="over the baseline's", unit="ratio", interval=True)
IMAGES = Column(key=RATE.key, head="images/s", unit=RATE.unit, interval=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFigure:
    """One figure with all that belongs to it.

    Attributes:
        name: of the files, safe in a path.
        kind: which drawing it is, and the name of its section.
        workload: None if it is of the whole run.
        frame: what is drawn, and nothing else.
        table: what the data table shows: rows of the frame, or points of its curves side by side.
        csv: the file in which the rows of the frame stand.
    """

    name: str
    kind: str
    workload: str | None
    title: str
    frame: pd.DataFrame
    table: pd.DataFrame
    columns: tuple[Column, ...]
    csv: str
    draw: Chart

    @property
    def caption(self) -> str:
        """How to read it."""
        return CAPTIONS[self.kind]

    @property
    def alt(self) -> str:
        """What the figure shows, in words and figures."""
        rows = self.table.to_dict("records")
        told = "; ".join(
            ", ".join(
                f"{column.head} {cell(PLAIN, row, column)}" if column.unit else cell(PLAIN, row, column)
                for column in self.columns
            )
            for row in rows[:ALT_ROWS]
        )
        more = f"; {len(rows) - ALT_ROWS} more in the data table" if len(rows) > ALT_ROWS else ""
        return f"{self.title}. {told}{more}."


def of_workload(tables: Tables, workload: str, slug: str) -> Iterator[ReportFigure]:
    """Yield the figures of one workload; one without data is left out."""
    ranked = _named(tables.ranked[tables.ranked["workload"] == workload])
    measured = ranked[ranked["state"].isin(MEASURED)]
    compared = measured[measured["ratio"].notna() | measured["is_baseline"]]
    if not compared.empty:
        yield ReportFigure(
            name=f"ranking-{slug}",
            kind="ranking",
            workload=workload,
            title=f"{_capital(tables.metric.short)} over the baseline's: {workload}",
            frame=compared,
            table=compared,
            columns=(
                VARIANT,
                replace(RATIO, head=f"{tables.metric.short} over the baseline's"),
                IMAGES,
                Column(key="verdict", head="verdict", unit=None),
            ),
            csv="effects.csv",
            draw=ratios.forest,
        )
    progress = _named(tables.completion[tables.completion["workload"] == workload])
    if not progress.empty:
        yield ReportFigure(
            name=f"completion-{slug}",
            kind="completion",
            workload=workload,
            title=f"How the download progresses: {workload}",
            frame=progress,
            table=_points(progress, "time_s", _DONE),
            columns=(VARIANT, *(Column(key=key, head=f"{key} done", unit="s") for key in _DONE.values())),
            csv="completion.csv",
            draw=curves.completion,
        )
    latency = _named(tables.latency_curve[tables.latency_curve["workload"] == workload])
    if not latency.empty:
        yield ReportFigure(
            name=f"latency-{slug}",
            kind="latency",
            workload=workload,
            title=f"Latency per image: {workload}",
            frame=latency.assign(chosen=_chosen(latency, measured)),
            table=_points(latency, "latency_s", _PERCENTILES),
            columns=(VARIANT, *(Column(key=key, head=key, unit="s") for key in _PERCENTILES.values())),
            csv="latency_curve.csv",
            draw=curves.latency,
        )
    costs = [RATE.key, CLIENT_CPU.key, PEAK_RSS.key]
    priced = measured[(measured[costs] > 0).all(axis=1)]
    if not priced.empty:
        yield ReportFigure(
            name=f"cost-{slug}",
            kind="cost",
            workload=workload,
            title=f"What the throughput costs: {workload}",
            frame=priced,
            table=priced,
            columns=(
                VARIANT,
                IMAGES,
                Column(key=CLIENT_CPU.key, head="CPU per 1,000 images", unit="s"),
                Column(key=PEAK_RSS.key, head="peak memory", unit="bytes"),
            ),
            csv="summary.csv",
            draw=cost.cost,
        )


def of_run(ledger: Ledger, tables: Tables) -> Iterator[ReportFigure]:
    """Yield the figures of the whole run; one without data is left out."""
    ranked = _named(tables.ranked)
    heat = _by_mean(ranked[ranked["ratio_to_best"].notna() & (ranked["state"] == "ranked")])
    if len(heat["workload"].unique()) > 1:
        names = list(dict.fromkeys(heat["workload"]))
        yield ReportFigure(
            name="heat-map",
            kind="heat-map",
            workload=None,
            title=f"{_capital(tables.metric.short)} over the best of each workload",
            frame=heat,
            table=_wide(heat, "workload", "ratio_to_best"),
            columns=(VARIANT, *(Column(key=name, head=name, unit="ratio") for name in names)),
            csv="summary.csv",
            draw=overview.heat_map,
        )
    factors = tables.factors[tables.factors["ratio"].notna()]
    overall = factors[factors["workload"] == ALL]
    found = overall if not overall.empty else factors
    if not found.empty:
        yield ReportFigure(
            name="factors",
            kind="factors",
            workload=None,
            title="What one choice does, all else equal",
            frame=found,
            table=found,
            columns=(
                *(Column(key=key, head=key, unit=None) for key in ("axis", "level", "reference")),
                replace(RATIO, head=f"{tables.metric.short} over the reference's"),
                Column(key="smallest", head="best pair", unit="ratio"),
                Column(key="largest", head="worst pair", unit="ratio"),
                Column(key="matches", head="pairs", unit="count"),
            ),
            csv="factors.csv",
            draw=ratios.factors,
        )
    yield from _scaling(ledger, tables, ranked)


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
            wide = rows.assign(level=[str(level) for level in rows["asked_concurrency"]])
            yield ReportFigure(
                name=f"scaling-{number}",
                kind="scaling",
                workload=None,
                title=f"Throughput over concurrency: {', '.join(names)}",
                frame=rows,
                table=_wide(wide, "level", RATE.key),
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


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


_DONE = {0.1: "10 %", 0.5: "50 %", 0.9: "90 %", 1.0: "100 %"}
_PERCENTILES = {0.5: "p50", 0.9: "p90", 0.99: "p99", 0.999: "p99.9"}


def _named(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(name=[row_name(row) for row in rows[["variant", "side"]].to_dict("records")])


def _points(rows: pd.DataFrame, value: str, shares: Mapping[float, str]) -> pd.DataFrame:
    """Some points of each curve side by side."""
    near = rows.assign(
        point=rows["share"].round(6).map({round(share, 6): text for share, text in shares.items()})
    )
    return _wide(near.dropna(subset="point"), "point", value).sort_values("name", ignore_index=True)


def _wide(rows: pd.DataFrame, across: str, value: str) -> pd.DataFrame:
    """One row per variant and side, in the order of the rows; what is missing is NaN."""
    keys = [key for key in ("name", "variant", "side", "concurrency", "client", "loop") if key in rows]
    found: dict[tuple[str, ...], dict[str, object]] = {}
    for row in rows.to_dict("records"):
        key = tuple(row[name] for name in keys)
        found.setdefault(key, dict(zip(keys, key, strict=True)))[row[across]] = row[value]
    columns = [*keys, *dict.fromkeys(rows[across])]
    return pd.DataFrame(list(found.values()), columns=columns)


def _by_mean(rows: pd.DataFrame) -> pd.DataFrame:
    """Order by the geometric mean over workloads, those that are ranked in all of them first."""
    logs = rows["ratio_to_best"].astype("float64").map(math.log)
    of = logs.groupby([rows["variant"], rows["side"]])
    order = rows.assign(_missing=-of.transform("size"), _mean=of.transform("mean"))
    order = order.sort_values(["_missing", "_mean", "name"], kind="stable")
    places = {name: place for place, name in enumerate(dict.fromkeys(rows["workload"]))}
    return order.sort_values(
        ["_missing", "_mean", "name", "workload"],
        key=lambda column: column.map(places) if column.name == "workload" else column,
        ignore_index=True,
    ).drop(columns=["_missing", "_mean"])


def _chosen(latency: pd.DataFrame, measured: pd.DataFrame) -> list[bool]:
    """The baseline and the fastest of each concurrency model, in ranked order, seven at most."""
    firsts = measured[measured["is_baseline"] | ~measured.duplicated("concurrency")]
    ordered = firsts.sort_values("is_baseline", ascending=False, kind="stable")
    names = set(list(zip(ordered["variant"], ordered["side"], strict=True))[: curves.MOST])
    return [key in names for key in zip(latency["variant"], latency["side"], strict=True)]
