"""Assess verdicts against a known truth: twins must be left alone, planted slow-downs must be found."""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.measured import Trial
from harness.metrics import RESPONSES, TIME_PER_IMAGE, Metric
from harness.stats.effect import Effect, against_variant, effects
from harness.stats.judge import Finding, Measured, judge, pairs_of
from harness.stats.power import half_width
from harness.stats.sample import samples
from harness.stats.verdict import Margins


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """See ``harness.model.SelfCheck``, which holds the same figures beside the machine that they are of."""

    twin_verdicts: int
    false_alarms: int
    detected: Mapping[float, float]
    measured: Mapping[float, float]
    aa_half_width: float
    smallest_seen: float | None
    half_widths: Mapping[str, float]


def assess(
    trials: Sequence[Trial], *, planted: Mapping[str, float], baseline: str, rounds: int, margin: float
) -> Assessment:
    """Judge each family of rounds on its own and count what was said.

    Args:
        trials: of all families; family k holds the rounds from k * rounds on.
        planted: variant -> planted slow-down, 0 for a twin; the baseline is not among them.
        baseline: variant id.
        rounds: per family.
        margin: as in ``verdict.verdicts``.
    """
    families = [
        [trial for trial in trials if trial.round // rounds == family]
        for family in sorted({trial.round // rounds for trial in trials})
    ]
    found = [finding for family in families for finding in _judged(family, baseline, margin, TIME_PER_IMAGE)]
    twins = [finding for finding in found if planted[finding.pair.head.variant] == 0]
    levels = sorted({share for share in planted.values() if share})
    detected = {level: _found(found, planted, level) for level in levels}
    whole = effects(samples(trials, TIME_PER_IMAGE), against_variant(baseline))
    by_level = {planted[effect.cell.variant]: effect for effect in whole}
    return Assessment(
        twin_verdicts=len(twins),
        false_alarms=sum(finding.word in {"regressed", "improved"} for finding in twins),
        detected=detected,
        measured={level: _slowdown(by_level[level]) for level in levels},
        aa_half_width=_half_width(twins),
        smallest_seen=_smallest(detected),
        half_widths={
            metric.key: _half_width(
                finding
                for family in families
                for finding in _judged(family, baseline, margin, metric)
                if planted[finding.pair.head.variant] == 0
            )
            for metric in RESPONSES
            if metric.quantity != "time"
        },
    )


def _judged(trials: Sequence[Trial], baseline: str, margin: float, metric: Metric) -> tuple[Finding, ...]:
    pairs = pairs_of(trials, against_variant(baseline), [metric])
    return judge(Measured(trials=trials), pairs, margins=Margins(default=margin))


def _half_width(twins: Iterable[Finding]) -> float:
    """Relative half-width of the interval of a twin's ratio, median; infinite without any."""
    verdicts = [finding.verdict for finding in twins if finding.verdict]
    widths = [half_width(verdict.effect.interval) for verdict in verdicts if verdict.effect.interval]
    return statistics.median(widths) if widths else math.inf


def _found(found: Sequence[Finding], planted: Mapping[str, float], level: float) -> float:
    words = [finding.word for finding in found if planted[finding.pair.head.variant] == level]
    return words.count("regressed") / len(words)


def _slowdown(effect: Effect) -> float:
    return (effect.ratio or 1.0) - 1


def _smallest(detected: Mapping[float, float]) -> float | None:
    """The level from which on everything was found, so that a lucky find below a miss does not count."""
    found = None
    for level in sorted(detected, reverse=True):
        if detected[level] < 1:
            break
        found = level
    return found
