"""Screen and decide: from the findings of a change to what a gate says of it. No files, no clock, no exit codes.

Every cell is screened. Those that the screen does not clear are measured again, and only these fresh rounds decide: a
cell that was picked because it looked slow is never judged by the rounds that it was picked by.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from harness.model import SelfCheck
from harness.outcomes import Word
from harness.stats import kernels
from harness.stats.disturbance import STILL, Reach
from harness.stats.judge import Finding, Measured, Pair, judge
from harness.stats.sample import CONFIDENCE
from harness.stats.verdict import Margins, Verdict


def clears(logs: kernels.Floats, margin: float, reach: Reach = STILL) -> npt.NDArray[np.bool_]:
    """Whether a screen is enough; where it is not, fresh rounds decide.

    Cleared is an effect of which all of this holds, in units of its own noise:

    * a regression of the margin is excluded: the 95 % interval lies below log(1 + margin);
    * that interval reaches no further from the estimate than log(1 + margin): a screen that cannot see clears nothing;
    * the estimate is no improvement of the margin.

    With 8 rounds, a margin of 5 % and normal noise, a slow-down of 10 % is cleared in under 0.2 % of cases at any spread; of
    unchanged cells 3 % are sent on at a spread of 3 % per round, 17 % at 4 % (simulated in ``tests/gate/test_stats.py``).

    Args:
        logs: log-ratios, above 0 for the worse, the rounds along the last axis.
        margin: e.g. 0.05.
        reach: how far what disturbed the host can have moved them.

    Returns:
        The shape of ``logs`` without its last axis.
    """
    bound = math.log1p(margin)
    moments = kernels.moments(logs)
    top = kernels.interval(moments, CONFIDENCE)[1]
    return np.asarray(
        (moments.n >= kernels.VERDICT_PAIRS)
        & (top - moments.mean <= bound)
        & (top + reach.high < bound)
        & (moments.mean + reach.low > -bound)
    )


def under_suspicion(pairs: Sequence[Pair], screen: Measured, margins: Margins) -> tuple[Pair, ...]:
    """The pairs that need fresh rounds.

    A pair that failed or is marked invalid is not measured again: more rounds would not heal it.
    """
    return tuple(
        finding.pair
        for finding in judge(screen, pairs, margins=margins)
        if finding.verdict is not None and not finding.is_final and not _is_cleared(finding.verdict)
    )


def _is_cleared(verdict: Verdict) -> bool:
    effect = verdict.effect
    logs = effect.metric.sign * np.array(effect.log_ratios)
    return bool(clears(logs, verdict.asked_margin, verdict.reach))


def conclude(
    pairs: Sequence[Pair],
    screen: Measured,
    decide: Measured | None,
    *,
    suspects: Sequence[Pair],
    margins: Margins,
    check: SelfCheck | None,
    short: str | None,
) -> tuple[Finding, ...]:
    """Say what each pair is, in their order.

    Args:
        decide: the fresh rounds; None if there were none.
        suspects: as ``under_suspicion`` found them.
        margins: asked.
        check: of the host, which may widen the margin of a regression.
        short: why not all planned rounds were measured; None if they were.
    """
    screened = {finding.pair: finding for finding in judge(screen, pairs, margins=margins, check=check)}
    fresh = judge(decide, suspects, margins=margins, check=check) if decide else ()
    decided = {finding.pair: finding for finding in fresh if finding.verdict is not None}
    return tuple(
        _screened(screened[pair], short)
        if pair not in suspects
        else _decided(decided[pair], short)
        if pair in decided
        else _undecided(screened[pair], short or "it was not measured again")
        for pair in pairs
    )


def skipped(pair: Pair, reason: str, *, head_is_broken: bool, is_anywhere: bool) -> Finding:
    """A pair that was not measured: what one side alone can run was not compared, and must not pass."""
    word: Word = "failed" if head_is_broken else "skipped"
    return Finding(pair=pair, word=word, verdict=None, reason=reason, blocks=is_anywhere, stage="none")


def overall(findings: Sequence[Finding]) -> Word:
    """The one word for all: the gravest that is true of any."""
    words = {finding.word for finding in findings}
    if "regressed" in words:
        return "regressed"
    if "failed" in words:
        return "failed"
    if not any(finding.verdict is not None and finding.verdict.effect.pairs for finding in findings):
        return "nothing measured"
    if any(finding.blocks for finding in findings):
        return "inconclusive"
    usual: Word = "equivalent" if words <= {"equivalent", "skipped"} else "no change"
    news: tuple[Word, ...] = ("expected", "improved")
    return next((word for word in news if word in words), usual)


def _screened(finding: Finding, short: str | None) -> Finding:
    if finding.verdict is None:
        return _undecided(finding, short or "it was not measured")
    if finding.is_final:
        return replace(finding, stage="screen")
    word: Word = "equivalent" if finding.word == "equivalent" else "no sign of a change"
    return replace(finding, word=word, stage="screen", reason=None, blocks=False)


def _decided(finding: Finding, short: str | None) -> Finding:
    reasons = (finding.reason, None if finding.is_final or finding.reason is None else short)
    return replace(finding, stage="decide", reason="; ".join(filter(None, reasons)) or None)


def _undecided(finding: Finding, reason: str) -> Finding:
    """What was not measured, or not again: the screen may have seen something, but it decides nothing."""
    stage = "screen" if finding.verdict else "none"
    return replace(finding, word="inconclusive", reason=reason, blocks=True, stage=stage)
