"""Screen and decide: from the effects of a change to what a gate says of it. No files, no clock, no exit codes.

Every cell is screened. Those that the screen does not clear are measured again, and only these fresh rounds decide: a
cell that was picked because it looked slow is never judged by the rounds that it was picked by.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from harness.model import Cell, Note, SelfCheck, Trial
from harness.stats import kernels
from harness.stats.disturbance import STILL, Disturbance, Reach, total
from harness.stats.effect import Effect, effects
from harness.stats.sample import CONFIDENCE, objection, timings
from harness.stats.verdict import Verdict, judge

Call = Literal[
    "regressed", "failed", "inconclusive", "improved", "equivalent", "no sign of a change", "skipped"
]
Overall = Literal[
    "regressed", "failed", "nothing measured", "inconclusive", "improved", "equivalent", "no change"
]
Stage = Literal["screen", "decide", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One thing that is compared: a cell of the head, and its reference of the base."""

    base: Cell
    head: Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one stage brought.

    Attributes:
        disturbances: from ``fitness``, of this stage alone.
        cell_notes: from ``validity``, of this stage alone.
    """

    trials: Sequence[Trial]
    disturbances: Sequence[Disturbance]
    cell_notes: Mapping[Cell, Sequence[Note]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What the gate says of one pair.

    Attributes:
        stage: whose rounds say so.
        verdict: of that stage; None without an effect.
        reason: why it is failed, inconclusive or skipped; None otherwise.
        blocks: True if a regression of the margin or more is not excluded, so that the gate must not pass.
    """

    pair: Pair
    call: Call
    stage: Stage
    verdict: Verdict | None
    reason: str | None
    blocks: bool

    @property
    def is_suspected(self) -> bool:
        """Whether it looks like a regression of the asked margin or more, and nobody could decide."""
        ratio = self.verdict.effect.time_ratio if self.verdict else None
        return (
            self.call == "inconclusive"
            and self.verdict is not None
            and ratio is not None
            and ratio > 1 + self.verdict.asked_margin
        )


def clears(logs: kernels.Floats, margin: float, reach: Reach = STILL) -> npt.NDArray[np.bool_]:
    """Whether a screen is enough; where it is not, fresh rounds decide.

    Cleared is an effect of which all of this holds, in units of its own noise:

    * a regression of the margin is excluded: the 95 % interval lies below log(1 + margin);
    * that interval reaches no further from the estimate than log(1 + margin): a screen that cannot see clears nothing;
    * the estimate is no improvement of the margin.

    With 8 rounds, a margin of 5 % and normal noise, a slow-down of 10 % is cleared in under 0.2 % of cases at any spread; of
    unchanged cells 3 % are sent on at a spread of 3 % per round, 17 % at 4 % (simulated in ``tests/gate/test_stats.py``).

    Args:
        logs: log-ratios, the rounds along the last axis.
        margin: e.g. 0.05.
        reach: how far what disturbed the host can have moved them.

    Returns:
        The shape of ``logs`` without its last axis.
    """
    bound = math.log1p(margin)
    of = kernels.moments(logs)
    top = kernels.interval(of, CONFIDENCE)[1]
    return np.asarray(
        (of.n >= kernels.VERDICT_PAIRS)
        & (top - of.mean <= bound)
        & (top + reach.high < bound)
        & (of.mean + reach.low > -bound)
    )


def under_suspicion(pairs: Sequence[Pair], screen: Measured, margin: float) -> tuple[Pair, ...]:
    """The pairs that need fresh rounds.

    A pair that failed or is marked invalid is not measured again: more rounds would not heal it.
    """
    found = _effects(pairs, screen.trials)
    return tuple(
        pair
        for pair in pairs
        if pair.head in found
        and _final(pair, found[pair.head], screen) is None
        and not _is_cleared(found[pair.head], screen, margin)
    )


def _is_cleared(effect: Effect, screen: Measured, margin: float) -> bool:
    reach = total(screen.disturbances, effect.work, effect.reference_work)
    return bool(clears(np.array(effect.log_ratios), margin, reach))


def conclude(
    pairs: Sequence[Pair],
    screen: Measured,
    decide: Measured | None,
    *,
    suspects: Sequence[Pair],
    margin: float,
    check: SelfCheck | None,
    short: str | None,
) -> tuple[Finding, ...]:
    """Say what each pair is, in their order.

    Args:
        decide: the fresh rounds; None if there were none.
        suspects: as ``under_suspicion`` found them.
        margin: asked, e.g. 0.05.
        check: of the host, which may widen the margin of a regression.
        short: why not all planned rounds were measured; None if they were.
    """
    of_screen = _judged(pairs, screen, margin, check)
    of_fresh = _judged(suspects, decide, margin, check) if decide else {}
    found = []
    for pair in pairs:
        if pair in suspects:
            fresh = of_fresh.get(pair.head)
            found.append(
                _decided(pair, fresh, decide, margin, short)
                if fresh and decide
                else _undecided(pair, of_screen.get(pair.head), short or "it was not measured again")
            )
        else:
            found.append(_screened(pair, of_screen.get(pair.head), screen, short))
    return tuple(found)


def skipped(pair: Pair, reason: str, *, head_is_broken: bool, is_anywhere: bool) -> Finding:
    """A pair that was not measured: what one side alone can run was not compared, and must not pass."""
    call: Call = "failed" if head_is_broken else "skipped"
    return Finding(pair=pair, call=call, stage="none", verdict=None, reason=reason, blocks=is_anywhere)


def overall(findings: Sequence[Finding]) -> Overall:
    """The one word for all: the gravest that is true of any."""
    calls = {one.call for one in findings}
    if "regressed" in calls:
        return "regressed"
    if "failed" in calls:
        return "failed"
    if not any(one.verdict is not None and one.verdict.effect.pairs for one in findings):
        return "nothing measured"
    if any(one.blocks for one in findings):
        return "inconclusive"
    if "improved" in calls:
        return "improved"
    return "equivalent" if calls <= {"equivalent", "skipped"} else "no change"


def _effects(pairs: Sequence[Pair], trials: Sequence[Trial]) -> dict[Cell, Effect]:
    base_of = {pair.head: pair.base for pair in pairs}
    wanted = {cell for pair in pairs for cell in (pair.base, pair.head)}
    found = effects([one for one in trials if one.cell in wanted], lambda cell: base_of.get(cell, cell))
    return {one.cell: one for one in found}


def _judged(
    pairs: Sequence[Pair], measured: Measured, margin: float, check: SelfCheck | None
) -> dict[Cell, Verdict]:
    found = judge(
        tuple(_effects(pairs, measured.trials).values()),
        margin=margin,
        check=check,
        disturbances=measured.disturbances,
        cell_notes=measured.cell_notes,
    )
    return {one.effect.cell: one for one in found}


def _final(pair: Pair, effect: Effect, measured: Measured) -> tuple[Call, str] | None:
    """Failed or invalid, and why; None if the pair can be judged."""
    reasons = {cell: one.reason for cell, one in timings(measured.trials).items()}
    of_base, of_head = reasons.get(pair.base), reasons.get(pair.head)
    if of_head and not of_base:
        return "failed", f"{pair.head.id}: {of_head}"
    if of_base:
        sides = "both sides failed" if of_head else "the base failed"
        return "inconclusive", f"{sides}: {of_base}"
    for cell in (effect.cell, effect.reference):
        if mark := objection(measured.cell_notes.get(cell, ())):
            return "inconclusive", f"{cell.id}: {mark}"
    return None


def _screened(pair: Pair, verdict: Verdict | None, screen: Measured, short: str | None) -> Finding:
    if verdict is None:
        return _undecided(pair, None, short or "it was not measured")
    final = _final(pair, verdict.effect, screen)
    if final:
        call, reason = final
        blocks = call == "inconclusive"
        return Finding(pair=pair, call=call, stage="screen", verdict=verdict, reason=reason, blocks=blocks)
    said: Call = "equivalent" if verdict.call == "equivalent" else "no sign of a change"
    return Finding(pair=pair, call=said, stage="screen", verdict=verdict, reason=None, blocks=False)


def _decided(pair: Pair, verdict: Verdict, decide: Measured, margin: float, short: str | None) -> Finding:
    final = _final(pair, verdict.effect, decide)
    if final:
        call, reason = final
        blocks = call == "inconclusive"
        return Finding(pair=pair, call=call, stage="decide", verdict=verdict, reason=reason, blocks=blocks)
    if verdict.call != "inconclusive":
        return Finding(
            pair=pair, call=verdict.call, stage="decide", verdict=verdict, reason=None, blocks=False
        )
    interval = verdict.effect.interval
    most = interval.high * math.exp(min(verdict.reach.high, 700.0)) if interval else math.inf
    is_excluded = verdict.p_regressed is not None and most <= 1 + margin
    reason = "; ".join(one for one in (verdict.reason, short) if one)
    return Finding(
        pair=pair, call="inconclusive", stage="decide", verdict=verdict, reason=reason, blocks=not is_excluded
    )


def _undecided(pair: Pair, screened: Verdict | None, reason: str) -> Finding:
    """What was not measured, or not again: the screen may have seen something, but it decides nothing."""
    stage: Stage = "screen" if screened else "none"
    return Finding(pair=pair, call="inconclusive", stage=stage, verdict=screened, reason=reason, blocks=True)
