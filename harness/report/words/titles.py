"""Titles that tell what a figure shows, derived from its rows. They name no number: those stand in the figure."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from harness.metrics import Metric
from harness.report.frames import limits
from harness.report.frames.answer import AVOID, GOOD_ENOUGH, behind
from harness.report.frames.phases import LABELS

Row = Mapping[Any, Any]
NAMED = 2  # of those that a title lists


def ranking(ranked: pd.DataFrame, metric: Metric) -> str:
    """How the baseline stands.

    Args:
        ranked: measured rows of one workload, the best first.
    """
    rows = _known(ranked)
    baseline = next((row for row in rows if row["is_baseline"]), None)
    if baseline is None:
        return f"{metric.short} of each variant, compared with the baseline"
    if baseline["rank"] == 1:
        return f"{baseline['name']} keeps up with the best"
    if behind(baseline, metric) <= GOOD_ENOUGH:
        return f"{rows[0]['name']} leads, and {baseline['name']} is good enough"
    far = "far " if behind(baseline, metric) >= AVOID else ""
    return f"{rows[0]['name']} leads, and {baseline['name']} is {far}behind"


def race(ranked: pd.DataFrame, metric: Metric) -> str:
    """Which models keep up and which do not, each as good as its best variant."""
    firsts = ranked.drop_duplicates("concurrency")  # whatever its rank: the picture shows it
    rows: Sequence[Row] = firsts[firsts["ratio_to_best"].notna()].to_dict("records")
    keep = [row for row in rows if behind(row, metric) <= GOOD_ENOUGH]
    slow = [row for row in rows if behind(row, metric) >= AVOID]
    told = [f"{_listed(keep)} {_verb(keep, 'keeps up', 'keep up')}"] if keep else []
    stairs = [row for row in slow if row["limited_by"] == limits.EXECUTOR]
    others = [row for row in slow if row["limited_by"] != limits.EXECUTOR]
    if stairs:
        told.append(f"the default executor ({_listed(stairs)}) does not")
    if others:
        told.append(f"{_listed(others)} {_verb(others, 'falls behind', 'fall behind')}")
    return "; ".join(told) or "The download, image by image"


def completion(ranked: pd.DataFrame) -> str:
    """Who is through first and last."""
    rows = _known(ranked)
    if len(rows) < NAMED:
        return "How the images come in"
    return f"{rows[0]['name']} is through first, {rows[-1]['name']} last"


def latency(latencies: pd.DataFrame) -> str:
    """Where single images take the least and the most; by the median.

    Args:
        latencies: of one workload: name, p50_s.
    """
    rows = latencies.dropna(subset="p50_s").sort_values("p50_s", kind="stable")["name"]
    if len(rows) < NAMED:
        return "How long single images take"
    return f"A single image takes {rows.iloc[0]} the least time, {rows.iloc[-1]} the most"


def cost(priced: pd.DataFrame, cpu: str, memory: str) -> str:
    """Who needs the least of each."""
    rows = priced.to_dict("records")
    first = {key: str(min(rows, key=lambda row: row[key])["name"]) for key in (cpu, memory)}
    if len(set(first.values())) == 1:
        return f"{first[cpu]} needs the least CPU and the least memory"
    return f"{first[cpu]} needs the least CPU, {first[memory]} the least memory"


def phases(watched: pd.DataFrame) -> str:
    """Which phase takes the most of an image's time, with the best variant.

    Args:
        watched: of one workload in ranked order: name, and the mean of each phase.
    """
    best = watched.to_dict("records")[0]
    longest = max(LABELS, key=lambda phase: -1.0 if math.isnan(best[phase]) else best[phase])
    return f"Largest part of an image's time with {best['name']}: {LABELS[longest]}"


def factors(rows: pd.DataFrame) -> str:
    """Which choice does the most."""
    most = max(rows.to_dict("records"), key=lambda row: abs(math.log(row["ratio"])))
    return f"The {most['axis']} matters most: {most['level']} instead of {most['reference']}"


def _known(rows: pd.DataFrame) -> Sequence[Row]:
    return rows[(rows["state"] == "ranked") & rows["ratio_to_best"].notna()].to_dict("records")


def _listed(rows: Sequence[Row]) -> str:
    names = [str(row["concurrency"]) for row in rows]
    more = " and others" if len(names) > NAMED else ""
    return (", " if more else " and ").join(names[:NAMED]) + more


def _verb(rows: Sequence[Row], singular: str, plural: str) -> str:
    return singular if len(rows) == 1 else plural
