"""The figures of one workload, in the order in which they are read."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pandas as pd

from harness.metrics import CLIENT_CPU, PEAK_RSS, RATE
from harness.outcomes import MEASURED
from harness.report.drawings import cost, curves, phases, race, ratios
from harness.report.figures.figure import IMAGES, RATIO, VARIANT, ReportFigure, named, wide
from harness.report.frames.phases import LABELS, NAMES
from harness.report.frames.tables import Tables
from harness.report.words import titles
from harness.report.words.formats import Column

_DONE = {0.1: "10 %", 0.5: "50 %", 0.9: "90 %", 1.0: "100 %"}
_PERCENTILES = {0.5: "p50", 0.9: "p90", 0.99: "p99", 0.999: "p99.9"}


def of_workload(tables: Tables, workload: str, slug: str) -> Iterator[ReportFigure]:
    """Yield the figures of one workload; one without data is left out."""
    ranked = named(tables.ranked[tables.ranked["workload"] == workload])
    measured = ranked[ranked["state"].isin(MEASURED)]
    for made in (_race, _phases, _ranking, _completion, _latency, _cost, _factors):
        for figure in made(tables, workload, measured):
            yield replace(
                figure, name=f"{figure.kind}-{slug}", title=f"{workload}: {figure.title}", workload=workload
            )


def _ranking(tables: Tables, workload: str, measured: pd.DataFrame) -> Iterator[ReportFigure]:
    compared = measured[measured["ratio"].notna() | measured["is_baseline"]]
    if compared.empty:
        return
    yield ReportFigure(
        kind="ranking",
        title=titles.ranking(measured, tables.metric),
        frame=compared.assign(rounds=pd.Series(_rounds(tables, workload, compared), compared.index)),
        table=compared,
        columns=(
            VARIANT,
            replace(RATIO, head=f"{tables.metric.short} vs baseline"),
            IMAGES,
            Column(key="verdict", head="verdict", unit=None),
        ),
        csv="effects.csv",
        draw=ratios.forest,
    )


def _race(tables: Tables, workload: str, measured: pd.DataFrame) -> Iterator[ReportFigure]:
    images = named(tables.race[tables.race["workload"] == workload])
    if images.empty:
        return
    ideal_s = tables.workloads.set_index("workload")["ideal_s"][workload]
    ends = images.loc[images.groupby("name", sort=False)["end_s"].idxmax()]
    yield ReportFigure(
        kind="race",
        title=titles.race(measured, tables.metric),
        frame=images.assign(ideal_s=ideal_s),
        table=ends.sort_values("end_s", ignore_index=True),
        columns=(
            VARIANT,
            Column(key="end_s", head="last body", unit="s"),
            Column(key="round", head="round", unit="count"),
            Column(key="pass", head="pass", unit="count"),
        ),
        csv="race.csv",
        draw=race.race,
    )


def _phases(tables: Tables, _workload: str, measured: pd.DataFrame) -> Iterator[ReportFigure]:
    watched = tables.phases.merge(
        measured[["workload", "variant", "side", "name"]], on=["workload", "variant", "side"]
    )
    order = {name: place for place, name in enumerate(measured["name"])}
    rows = watched.sort_values("name", key=lambda names: names.map(order), ignore_index=True)
    if rows.empty:
        return
    yield ReportFigure(
        kind="phases",
        title=titles.phases(rows),
        frame=rows,
        table=rows,
        columns=(
            VARIANT,
            *(Column(key=part, head=LABELS[part], unit="s") for part in NAMES),
            Column(key="latency_s", head="in all", unit="s"),
        ),
        csv="phases.csv",
        draw=phases.phases,
    )


def _completion(tables: Tables, workload: str, measured: pd.DataFrame) -> Iterator[ReportFigure]:
    progress = named(tables.completion[tables.completion["workload"] == workload])
    if progress.empty:
        return
    yield ReportFigure(
        kind="completion",
        title=titles.completion(measured),
        frame=progress,
        table=_points(progress, "time_s", _DONE),
        columns=(VARIANT, *(Column(key=key, head=f"{key} done", unit="s") for key in _DONE.values())),
        csv="completion.csv",
        draw=curves.completion,
    )


def _latency(tables: Tables, workload: str, measured: pd.DataFrame) -> Iterator[ReportFigure]:
    latency = named(tables.latency_curve[tables.latency_curve["workload"] == workload])
    if latency.empty:
        return
    percentiles = named(tables.latency[tables.latency["workload"] == workload])
    yield ReportFigure(
        kind="latency",
        title=titles.latency(percentiles),
        frame=latency.assign(chosen=_chosen(latency, measured)),
        table=_points(latency, "latency_s", _PERCENTILES),
        columns=(VARIANT, *(Column(key=key, head=key, unit="s") for key in _PERCENTILES.values())),
        csv="latency_curve.csv",
        draw=curves.latency,
    )


def _cost(_tables: Tables, _workload: str, measured: pd.DataFrame) -> Iterator[ReportFigure]:
    priced = measured[(measured[[RATE.key, CLIENT_CPU.key, PEAK_RSS.key]] > 0).all(axis=1)]
    if priced.empty:
        return
    yield ReportFigure(
        kind="cost",
        title=titles.cost(priced, CLIENT_CPU.key, PEAK_RSS.key),
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


def _factors(tables: Tables, workload: str, _measured: pd.DataFrame) -> Iterator[ReportFigure]:
    factors = tables.factors[tables.factors["ratio"].notna() & (tables.factors["workload"] == workload)]
    if factors.empty:
        return
    yield ReportFigure(
        kind="factors",
        title=titles.factors(factors),
        frame=factors,
        table=factors,
        columns=(
            *(Column(key=key, head=key, unit=None) for key in ("axis", "level", "reference")),
            replace(RATIO, head=f"{tables.metric.short} vs the reference"),
            Column(key="smallest", head="least pair", unit="ratio"),
            Column(key="largest", head="most pair", unit="ratio"),
            Column(key="matches", head="pairs", unit="count"),
        ),
        csv="factors.csv",
        draw=ratios.factors,
    )


def _rounds(tables: Tables, workload: str, compared: pd.DataFrame) -> list[tuple[float, ...]]:
    """Of each row, its ratio to the baseline in each round that has both: what its interval is made of."""
    trials = tables.trials[tables.trials["workload"] == workload].to_dict("records")
    value_of = {(row["variant"], row["side"], row["round"]): row["value"] for row in trials}
    references = {row["side"]: row["variant"] for row in compared[compared["is_baseline"]].to_dict("records")}
    rounds = sorted({row["round"] for row in trials})
    found = []
    for row in compared.to_dict("records"):
        own = [value_of.get((row["variant"], row["side"], number)) for number in rounds]
        other = [value_of.get((references.get(row["side"]), row["side"], number)) for number in rounds]
        found.append(tuple(value / to for value, to in zip(own, other, strict=True) if value and to))
    return found


def _points(rows: pd.DataFrame, value: str, shares: Mapping[float, str]) -> pd.DataFrame:
    """Some points of each curve side by side."""
    near = rows.assign(
        point=rows["share"].round(6).map({round(share, 6): text for share, text in shares.items()})
    )
    return wide(near.dropna(subset="point"), "point", value).sort_values("name", ignore_index=True)


def _chosen(latency: pd.DataFrame, measured: pd.DataFrame) -> list[bool]:
    """The baseline and the fastest of each concurrency model, in ranked order, seven at most."""
    firsts = measured[measured["is_baseline"] | ~measured.duplicated("concurrency")]
    ordered = firsts.sort_values("is_baseline", ascending=False, kind="stable")
    names = set(list(zip(ordered["variant"], ordered["side"], strict=True))[: curves.MOST])
    return [key in names for key in zip(latency["variant"], latency["side"], strict=True)]
