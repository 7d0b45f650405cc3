"""Judge measured rounds as ``bench`` would, and count what was said."""

import math
import statistics
from collections import Counter
from collections.abc import Sequence
from typing import Any, get_args

import numpy as np

from harness.calibration.scene import Round, Scene
from harness.model import HarnessError
from harness.stats import kernels
from harness.stats.effect import Effect, against_variant, effects
from harness.stats.fitness import disturbances
from harness.stats.ranking import ALPHA
from harness.stats.verdict import Call, judge


def judged(scene: Scene, rounds: Sequence[Round], *, margin: float) -> dict[str, Any]:
    """The verdicts of one family: all cells of these rounds against the baseline.

    Raises:
        HarnessError: a trial failed, so that nothing is proved.
    """
    trials = [one for each in rounds for one in each.trials]
    failed = next((one.reason for one in trials if one.reason is not None), None)
    if failed:
        raise HarnessError(f"a trial failed: {failed}")
    found = effects(trials, against_variant(scene.baseline))
    seen = disturbances([one.sentinel for one in rounds])
    verdicts = judge(found, margin=margin, disturbances=seen)
    # What would have been said had nobody watched the host: a proof of the numbers alone.
    unwatched = judge(found, margin=margin)
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
                "ratio": one.effect.time_ratio,
                "low": one.effect.interval.low if one.effect.interval else None,
                "high": one.effect.interval.high if one.effect.interval else None,
                "spread": one.effect.spread,
            }
            for one, bare in zip(verdicts, unwatched, strict=True)
        ],
    }


def summary(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Counts over all runs; ratios are geometric means."""
    verdicts = [one for run in runs for one in run["verdicts"]]
    whole = [one for one in verdicts if one["low"] is not None]
    return {
        "verdicts": _counts(verdicts, "call"),
        "had nobody watched the host": _counts(verdicts, "unwatched_call"),
        "runs on an unfit host": sum(bool(run["host"]) for run in runs),
        "host notes": dict(Counter(code for run in runs for code in run["host"])),
        "95 % intervals that hold 1": f"{sum(one['low'] <= 1 <= one['high'] for one in whole)} of {len(whole)}",
        "steal per run": [min(run["steal"] for run in runs), max(run["steal"] for run in runs)],
        "families with any difference after Holm": sum(run["holm_p_differs"] <= ALPHA for run in runs),
        "time ratio": round(math.exp(statistics.fmean(math.log(one["ratio"]) for one in verdicts)), 4),
        "spread per round, median": round(statistics.median(one["spread"] for one in verdicts), 4),
        "rounds per run, median": statistics.median(run["rounds"] for run in runs),
        "seconds per run": [min(run["seconds"] for run in runs), max(run["seconds"] for run in runs)],
    }


def _counts(verdicts: Sequence[dict[str, Any]], key: str) -> dict[str, int]:
    said = Counter(one[key] for one in verdicts)
    return {call: said[call] for call in get_args(Call)}


def _smallest_p(found: Sequence[Effect]) -> float:
    """The two-sided test of each effect, Holm over the family: the smallest p."""
    ratios = kernels.moments(np.array([one.log_ratios for one in found]))
    return float(kernels.holm(kernels.p_differs(ratios)).min())
