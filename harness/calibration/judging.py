"""Judge measured rounds as ``bench`` would, and count what was said."""

import math
import statistics
from collections import Counter
from collections.abc import Sequence
from typing import Any, get_args

import numpy as np

from harness.calibration.testbed import Round, Testbed
from harness.metrics import TIME_PER_IMAGE
from harness.stats import kernels
from harness.stats.effect import Effect, against_variant, effects
from harness.stats.fitness import disturbances
from harness.stats.ranking import ALPHA
from harness.stats.sample import samples
from harness.stats.verdict import Call, Margins, verdicts


def judged(testbed: Testbed, rounds: Sequence[Round], *, margin: float) -> dict[str, Any]:
    """The verdicts of one family: all cells of these rounds against the baseline."""
    trials = [trial for round_ in rounds for trial in round_.trials]
    found = effects(samples(trials, TIME_PER_IMAGE), against_variant(testbed.baseline))
    seen = disturbances([round_.sentinel for round_ in rounds])
    said = verdicts(found, margins=Margins(default=margin), disturbances=seen)
    # What would have been said had nobody watched the host: a proof of the numbers alone.
    unwatched = verdicts(found, margins=Margins(default=margin))
    return {
        "rounds": len(rounds),
        "seconds": round(sum(round_.seconds for round_ in rounds), 1),
        "host": [disturbance.note.code for disturbance in seen],
        "steal": round(statistics.fmean(round_.sentinel.steal or 0.0 for round_ in rounds), 4),
        "holm_p_differs": _smallest_p(found),
        "verdicts": [
            {
                "planted": testbed.planted[verdict.effect.cell.variant],
                "call": verdict.call,
                "unwatched_call": bare.call,
                "metric": verdict.effect.metric.key,
                "ratio": verdict.effect.ratio,
                "low": verdict.effect.interval.low if verdict.effect.interval else None,
                "high": verdict.effect.interval.high if verdict.effect.interval else None,
                "spread": verdict.effect.spread,
            }
            for verdict, bare in zip(said, unwatched, strict=True)
        ],
    }


def summary(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Counts over all runs; ratios are geometric means."""
    said = [verdict for run in runs for verdict in run["verdicts"]]
    whole = [verdict for verdict in said if verdict["low"] is not None]
    return {
        "verdicts": _counts(said, "call"),
        "had nobody watched the host": _counts(said, "unwatched_call"),
        "runs on an unfit host": sum(bool(run["host"]) for run in runs),
        "host notes": dict(Counter(code for run in runs for code in run["host"])),
        "95 % intervals that hold 1": f"{sum(verdict['low'] <= 1 <= verdict['high'] for verdict in whole)} of {len(whole)}",
        "steal per run": [min(run["steal"] for run in runs), max(run["steal"] for run in runs)],
        "families with any difference after Holm": sum(run["holm_p_differs"] <= ALPHA for run in runs),
        "ratio": round(math.exp(statistics.fmean(math.log(verdict["ratio"]) for verdict in said)), 4),
        "spread per round, median": round(statistics.median(verdict["spread"] for verdict in said), 4),
        "rounds per run, median": statistics.median(run["rounds"] for run in runs),
        "seconds per run": [min(run["seconds"] for run in runs), max(run["seconds"] for run in runs)],
    }


def _counts(said: Sequence[dict[str, Any]], key: str) -> dict[str, int]:
    count = Counter(verdict[key] for verdict in said)
    return {call: count[call] for call in get_args(Call)}


def _smallest_p(found: Sequence[Effect]) -> float:
    """The two-sided test of each effect, Holm over the family: the smallest p."""
    p = np.array([kernels.p_differs(effect.estimate) for effect in found if effect.estimate is not None])
    return float(kernels.holm(p).min())
