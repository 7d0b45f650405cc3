"""The answer first: three picks by stated rules, from the summary alone.

* best: least time, or whatever metric the run is judged by; overall, the best geometric mean of the ratios to the best of
  each workload.
* simplest that is good enough: fewest lines of code in its files, among all within ``GOOD_ENOUGH`` of the best. That it
  cannot be told apart from the best makes no row good enough: few or noisy rounds tell nothing apart.
* cheapest: least product of client CPU per image and peak memory, so that halving either counts the same.

Only ranked cells are picked, and where there is none to pick, the pick says why. A pick is no test: what can be told apart
is in the ranking.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from harness.metrics import CLIENT_CPU, PEAK_RSS, RATE, Metric
from harness.model import ALL, NONE

SIMPLEST, CHEAPEST = "simplest that is good enough", "cheapest in CPU and memory"

GOOD_ENOUGH = 1.25  # times the time of the best: what most would give for simpler code
COLUMNS = [
    *("scope", "workloads", "pick", "variant", "side", RATE.key, f"{RATE.key}_low", f"{RATE.key}_high"),
    *("ratio_to_best", CLIENT_CPU.key, PEAK_RSS.key, "source_lines"),
    *("tied_with", "good_enough", "good_enough_factor", "candidates", "reason"),
]
NOT_IN_EACH = "no variant was ranked in every workload"
NOT_GOOD = f"no variant is within {GOOD_ENOUGH:g} times the best of each workload in the geometric mean"


def best_pick(metric: Metric) -> str:
    """Name of the pick that is the best by a metric."""
    return metric.best


def picks(summary: pd.DataFrame, metric: Metric) -> pd.DataFrame:
    """Three rows for each workload with a rank, and three over all of them if there are several; those come first.

    Where nothing can be picked, the variant is ``NONE`` and ``reason`` says why.

    Args:
        summary: of the run.
    """
    ranked = summary[summary["state"] == "ranked"]
    names = list(dict.fromkeys(ranked["workload"]))
    rows: list[dict[str, Any]] = []
    if len(names) > 1:
        rows += _three(ALL, len(names), _over_all(ranked, len(names)), metric)
    for name in names:
        rows += _three(name, 1, ranked[ranked["workload"] == name].to_dict("records"), metric)
    frame = pd.DataFrame(rows, columns=COLUMNS)
    figures = [RATE.key, f"{RATE.key}_low", f"{RATE.key}_high", "ratio_to_best"]
    return frame.astype(dict.fromkeys(figures, "float64"))


def _over_all(ranked: pd.DataFrame, workloads: int) -> list[dict[Any, Any]]:
    """One record for each variant that is ranked in every workload; figures are geometric means, rates are left out."""
    rows = []
    for (variant, side), of in ranked.groupby(["variant", "side"], sort=False):
        if len(of) == workloads:
            means = {key: _geometric_mean(of[key]) for key in ("ratio_to_best", CLIENT_CPU.key, PEAK_RSS.key)}
            whole = {"band": of["band"].max(), "source_lines": of["source_lines"].iloc[0]}
            rows.append({"variant": variant, "side": side} | whole | means)
    return rows


def _geometric_mean(values: pd.Series) -> float:
    """0 if any value is 0, NaN if any is missing."""
    with np.errstate(divide="ignore"):
        return float(np.exp(np.log(values.to_numpy("float64")).mean()))


def _three(
    scope: str, workloads: int, rows: Sequence[Mapping[Any, Any]], metric: Metric
) -> list[dict[str, Any]]:
    def behind(row: Mapping[Any, Any]) -> float:
        return metric.worsening(row["ratio_to_best"])

    known = [row for row in rows if not pd.isna(row["ratio_to_best"])]
    good = [row for row in known if behind(row) <= GOOD_ENOUGH]
    best = min(known, key=behind, default=None)
    chosen = {
        SIMPLEST: min(good, key=lambda row: (row["source_lines"], behind(row)), default=None),
        best_pick(metric): best,
        CHEAPEST: min(known, key=lambda row: row[CLIENT_CPU.key] * row[PEAK_RSS.key], default=None),
    }
    shared = {
        "scope": scope,
        "workloads": workloads,
        "tied_with": sum(row["band"] == 1 for row in known if row is not best)
        if best and best["band"] == 1
        else 0,
        "good_enough": len(good),
        "good_enough_factor": GOOD_ENOUGH,
        "candidates": len(known),
    }
    none = {"variant": NONE, "side": NONE, "reason": NOT_GOOD if known else NOT_IN_EACH}
    return [
        {key: row[key] for key in COLUMNS if key in row} | shared | {"pick": pick}
        for pick, row in ((pick, row or none) for pick, row in chosen.items())
    ]
