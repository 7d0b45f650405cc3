"""The picks, by stated rules, from the summary alone: of each workload, and of all of them together.

* best: least time, or whatever metric the run is judged by. Who had fewer images than others (``WHOLE``) is not picked.
* simplest that is good enough: of all within ``GOOD_ENOUGH`` of the best, the one that needs the fewest packages beyond
  those of the baseline, then the one with the fewest lines of code. That it cannot be told apart from the best makes no
  row good enough: few or noisy rounds tell nothing apart.
* cheapest: least product of client CPU per image and peak memory, so that halving either counts the same.

Over several workloads a variant is as good as in its worst: nothing is averaged, for a reader has one workload and not the
mean of some. Only ranked cells are picked, and where there is none to pick, the pick says why. A pick is no test: what can
be told apart is in the ranking.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from harness.metrics import CLIENT_CPU, PEAK_RSS, RATE, SUCCESS, Metric
from harness.model import ALL, NONE
from harness.stats.goodput import WHOLE

Row = Mapping[Any, Any]

SIMPLEST, CHEAPEST = "simplest that is good enough", "cheapest in CPU and memory"

GOOD_ENOUGH = 1.25  # times the time of the best: what most would give for simpler code
AVOID = 2.0  # times the time of the best: from there on it is worth a warning
COLUMNS = [
    *("scope", "workloads", "pick", "variant", "side", RATE.key, f"{RATE.key}_low", f"{RATE.key}_high"),
    *("ratio_to_best", CLIENT_CPU.key, PEAK_RSS.key, "source_lines", "extra_packages"),
    *("tied_with", "good_enough", "good_enough_factor", "candidates", "reason"),
]
NOT_IN_EACH = "no variant was ranked in every workload"
NOT_GOOD = f"no variant is within {GOOD_ENOUGH:g} times the best of each workload"


def behind(row: Row, metric: Metric) -> float:
    """How many times worse than the best of its workload."""
    return metric.worsening(row["ratio_to_best"])


def whole(rows: Sequence[Row]) -> list[Row]:
    """Those that lost no more images than others, or where none may be lost."""
    shares: list[float] = [row[SUCCESS.key] for row in rows]
    most = max((share for share in shares if not math.isnan(share)), default=1.0)
    return [
        row for row, share in zip(rows, shares, strict=True) if math.isnan(share) or share >= WHOLE * most
    ]


def simplicity(row: Row, metric: Metric) -> tuple[int, int, float]:
    """The less, the simpler: packages to add, lines of code to read, and what it costs in speed."""
    packages = [] if row["extra_packages"] == NONE else row["extra_packages"].split()
    return len(packages), row["source_lines"], behind(row, metric)


def picks(summary: pd.DataFrame, metric: Metric) -> pd.DataFrame:
    """Three rows for each workload with a rank, and two over all of them if there are several; those come first.

    Where nothing can be picked, the variant is ``NONE`` and ``reason`` says why.

    Args:
        summary: of the run.
    """
    ranked = summary[summary["state"] == "ranked"]
    names = list(dict.fromkeys(ranked["workload"]))
    rows: list[dict[str, Any]] = []
    if len(names) > 1:
        rows += _picked(ALL, len(names), worst_of_each(ranked, len(names), metric), metric)
    for name in names:
        rows += _picked(name, 1, ranked[ranked["workload"] == name].to_dict("records"), metric)
    frame = pd.DataFrame(rows, columns=COLUMNS)
    figures = [RATE.key, f"{RATE.key}_low", f"{RATE.key}_high", "ratio_to_best"]
    figures += [CLIENT_CPU.key, PEAK_RSS.key]
    return frame.astype(dict.fromkeys(figures, "float64"))


def worst_of_each(ranked: pd.DataFrame, workloads: int, metric: Metric) -> list[dict[str, Any]]:
    """One record for each variant that is ranked in every workload, with its ratio to the best where that is worst."""
    rows = []
    for (variant, side), cells in ranked.groupby(["variant", "side"], sort=False):
        if len(cells) == workloads:
            worst = (
                cells["ratio_to_best"].max(skipna=False)
                if metric.sign > 0
                else cells["ratio_to_best"].min(skipna=False)
            )
            same = {key: cells[key].iloc[0] for key in ("source_lines", "extra_packages")}
            same[SUCCESS.key] = cells[SUCCESS.key].min()
            rows.append(
                {"variant": variant, "side": side, "ratio_to_best": worst, "band": cells["band"].max()} | same
            )
    return rows


def _picked(scope: str, workloads: int, rows: Sequence[Row], metric: Metric) -> list[dict[str, Any]]:
    known = [row for row in rows if not pd.isna(row["ratio_to_best"])]
    fit = whole(known)
    good = [row for row in fit if behind(row, metric) <= GOOD_ENOUGH]
    best = min(fit, key=lambda row: behind(row, metric), default=None)
    chosen = {metric.best: best, SIMPLEST: min(good, key=lambda row: simplicity(row, metric), default=None)}
    if scope != ALL:
        chosen[CHEAPEST] = min(fit, key=lambda row: row[CLIENT_CPU.key] * row[PEAK_RSS.key], default=None)
    shared = {
        "scope": scope,
        "workloads": workloads,
        "tied_with": sum(row["band"] == 1 for row in fit if row is not best)
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
