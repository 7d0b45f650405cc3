"""Assess verdicts against a known truth: twins must be left alone, planted slow-downs must be found."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.model import Trial
from harness.stats.effect import Effect, against_variant, effects
from harness.stats.power import half_width
from harness.stats.verdict import Verdict, judge


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """See ``harness.model.SelfCheck``, which holds the same figures beside the machine that they are of."""

    twin_verdicts: int
    false_alarms: int
    detected: Mapping[float, float]
    measured: Mapping[float, float]
    aa_half_width: float
    smallest_seen: float | None


def assess(
    trials: Sequence[Trial], *, planted: Mapping[str, float], baseline: str, rounds: int, margin: float
) -> Assessment:
    """Judge each family of rounds on its own and count what was said.

    Args:
        trials: of all families; family k holds the rounds from k * rounds on.
        planted: variant -> planted slow-down, 0 for a twin; the baseline is not among them.
        baseline: variant id.
        rounds: per family.
        margin: as in ``verdict.judge``.
    """
    reference = against_variant(baseline)
    families = sorted({trial.round // rounds for trial in trials})
    judged = [
        verdict
        for family in families
        for verdict in judge(
            effects([one for one in trials if one.round // rounds == family], reference), margin=margin
        )
    ]
    twins = [one for one in judged if planted[one.effect.cell.variant] == 0]
    levels = sorted({share for share in planted.values() if share})
    detected = {level: _found(judged, planted, level) for level in levels}
    whole = {planted[one.cell.variant]: one for one in effects(trials, reference)}
    widths = [half_width(one.effect.interval) for one in twins if one.effect.interval]
    return Assessment(
        twin_verdicts=len(twins),
        false_alarms=sum(one.call in {"regressed", "improved"} for one in twins),
        detected=detected,
        measured={level: _slowdown(whole[level]) for level in levels},
        aa_half_width=statistics.median(widths) if widths else math.inf,
        smallest_seen=_smallest(detected),
    )


def _found(judged: Sequence[Verdict], planted: Mapping[str, float], level: float) -> float:
    calls = [one.call for one in judged if planted[one.effect.cell.variant] == level]
    return calls.count("regressed") / len(calls)


def _slowdown(effect: Effect) -> float:
    return (effect.time_ratio or 1.0) - 1


def _smallest(detected: Mapping[float, float]) -> float | None:
    """The level from which on everything was found, so that a lucky find below a miss does not count."""
    found = None
    for level in sorted(detected, reverse=True):
        if detected[level] < 1:
            break
        found = level
    return found
