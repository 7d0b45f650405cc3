"""Judge measured rounds as ``bench`` would, and count what was said."""

import math
import statistics
from collections import Counter
from collections.abc import Sequence
from typing import Any, get_args

import numpy as np

from harness.calibration.scene import Round, Scene
from harness.metrics import TIME_PER_IMAGE, Metric
from harness.model import HarnessError
from harness.stats import kernels
from harness.stats.effect import Effect, against_variant, effects
from harness.stats.fitness import disturbances
from harness.stats.ranking import ALPHA
from harness.stats.sample import samples
from harness.stats.verdict import Call, Margins, verdicts


def judged(
    scene: Scene, rounds: Sequence[Round], *, margin: float, metrics: Sequence[Metric] = (TIME_PER_IMAGE,)
) -> dict[str, Any]:
    """The verdicts of one family: all cells of these rounds against the baseline.

    Raises:
        HarnessError: a trial failed, so that nothing is proved.
    """
    trials = [one for each in rounds for one in each.trials]
    failed = next((one.reason for one in trials if one.reason is not None), None)
    if failed:
        raise HarnessError(f"a trial failed: {failed}")
    found = [
        effect
        for metric in metrics
        for effect in effects(samples(trials, metric), against_variant(scene.baseline))
    ]
    seen = disturbances([one.sentinel for one in rounds])
    said = verdicts(found, margins=Margins(default=margin), disturbances=seen)
    # What would have been said had nobody watched the host: a proof of the numbers alone.
    unwatched = verdicts(found, margins=Margins(default=margin))
    return {
        "rounds": len(rounds),
        "seconds": round(sum(one.seconds for one in rounds), 1),
        "host": [one.note.code for one in seen],
        "steal": round(statistics.fmean(one.sentinel.steal or 0.0 for one in rounds), 4),
        "holm_p_differs": _smallest_p(found),
        "verdicts": [
            {
                "planted": scene.planted[one.effect.cell.variant],
                "call": one.call,
                "unwatched_call": bare.call,
                "metric": one.effect.metric.key,
                "ratio": one.effect.ratio,
                "low": one.effect.interval.low if one.effect.interval else None,
                "high": one.effect.interval.high if one.effect.interval else None,
                "spread": one.effect.spread,
            }
            for one, bare in zip(said, unwatched, strict=True)
        ],
    }


def summary(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Counts over all runs; ratios are geometric means."""
    said = [one for run in runs for one in run["verdicts"]]
    whole = [one for one in said if one["low"] is not None]
    return {
        "verdicts": _counts(said, "call"),
        "had nobody watched the host": _counts(said, "unwatched_call"),
        "runs on an unfit host": sum(bool(run["host"]) for run in runs),
        "host notes": dict(Counter(code for run in runs for code in run["host"])),
        "95 % intervals that hold 1": f"{sum(one['low'] <= 1 <= one['high'] for one in whole)} of {len(whole)}",
        "steal per run": [min(run["steal"] for run in runs), max(run["steal"] for run in runs)],
        "families with any difference after Holm": sum(run["holm_p_differs"] <= ALPHA for run in runs),
        "ratio": round(math.exp(statistics.fmean(math.log(one["ratio"]) for one in said)), 4),
        "spread per round, median": round(statistics.median(one["spread"] for one in said), 4),
        "rounds per run, median": statistics.median(run["rounds"] for run in runs),
        "seconds per run": [min(run["seconds"] for run in runs), max(run["seconds"] for run in runs)],
    }


def _counts(said: Sequence[dict[str, Any]], key: str) -> dict[str, int]:
    count = Counter(one[key] for one in said)
    return {call: count[call] for call in get_args(Call)}


def _smallest_p(found: Sequence[Effect]) -> float:
    """The two-sided test of each effect, Holm over the family: the smallest p."""
    p = np.array([kernels.p_differs(effect.estimate) for effect in found if effect.estimate is not None])
    return float(kernels.holm(p).min())
