"""Verdicts: is an effect a regression, an improvement, nothing, or undecided?

Each needs evidence of its own: "not significant" is never "equal", and whatever cannot be tested is
inconclusive. With the margin m and mu the true mean log-ratio of an effect:

* regressed: one-sided t-test rejects mu <= +log(1 + m), Holm-adjusted over the family;
* improved: one-sided t-test rejects mu >= -log(1 + m), Holm-adjusted over the family;
* equivalent: both one-sided tests put mu inside of the *asked* margins (TOST, not adjusted);
* inconclusive: none of these, or the host or the cell was not fit to be judged.

The margin in force may be wider than the asked one, where this host shows more between two equal variants. It
then takes more to be called a regression, but not less to be called equivalent: noise never widens a pass.

Holm guards each direction at 5 % on its own: a gate asks about regressions, not about "any flag".
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from harness.model import Cell, HarnessError, Note
from harness.stats import kernels, power
from harness.stats.effect import Effect
from harness.stats.sample import objection

Call = Literal["regressed", "improved", "equivalent", "inconclusive"]

ALPHA = 0.05
MARGIN = 0.05
# Of each one-sided test, so that both succeed with power.POWER (Bonferroni).
SIDE_POWER = 1 - (1 - power.POWER) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One effect, judged.

    Attributes:
        asked_margin: e.g. 0.05: changes up to 5 % are of no interest; equivalence is tested against it.
        margin: in force for regressions and improvements; the asked one or more.
        reason: why it is inconclusive; None if it is not.
        p_regressed: Holm-adjusted; None if untestable.
        p_improved: Holm-adjusted; None if untestable.
        p_equivalent: of TOST, not adjusted; None if untestable.
        detectable: smallest slow-down (0.08 is +8 %) that would have been called regressed with 80 % power,
            at the level of Holm's first step; None if untestable.
        more_rounds: rounds still needed to call an unchanged cell equivalent with 80 % power at this spread;
            0 if these were enough, so that the effect itself lies near the margin; None if untestable or over
            1,000.
    """

    effect: Effect
    call: Call
    asked_margin: float
    margin: float
    reason: str | None
    p_regressed: float | None
    p_improved: float | None
    p_equivalent: float | None
    detectable: float | None
    more_rounds: int | None


def margin_in_force(margin: float, aa_half_width: float | None) -> float:
    """The asked margin, but never under twice what this host shows between two equal variants.

    Args:
        margin: asked, e.g. 0.05.
        aa_half_width: relative half-width of the A/A interval of the last self-check; None if there was none.

    Raises:
        HarnessError: the margin is not a number above 0; against no margin nothing is ever equivalent.
    """
    in_force = max(margin, 2 * (aa_half_width or 0.0))
    if not 0 < margin <= in_force < math.inf:
        raise HarnessError(f"margin {in_force}: give a share above 0, such as 0.05", exit_code=2)
    return in_force


def judge(
    effects: Sequence[Effect],
    *,
    margin: float = MARGIN,
    aa_half_width: float | None = None,
    host_notes: Sequence[Note] = (),
    cell_notes: Mapping[Cell, Sequence[Note]] | None = None,
) -> tuple[Verdict, ...]:
    """Judge a family of effects, in their order.

    Args:
        effects: everything that is asked at once; Holm counts those that can be tested.
        margin: largest change of no interest.
        aa_half_width: of this host's self-check, see ``margin_in_force``.
        host_notes: from ``fitness``; one that invalidates makes every verdict inconclusive.
        cell_notes: validity marks; one that invalidates a cell or its reference makes its verdict
            inconclusive.
    """
    margins = (margin, margin_in_force(margin, aa_half_width))
    reasons = [next(_objections(one, host_notes, cell_notes or {}), None) for one in effects]
    tests = p_values(_matrix(effects, reasons), *margins)
    family = int(np.isfinite(tests[:, 0]).sum())
    return tuple(
        _verdict(effect, tuple(row.tolist()), reason, margins, family)
        for effect, row, reason in zip(effects, tests, reasons, strict=True)
    )


def p_values(log_ratios: kernels.Floats, asked: float, in_force: float) -> kernels.Floats:
    """The three tests of a family: log-ratios (effects, rounds) to p (effects, 3).

    Args:
        log_ratios: NaN where a pair is missing; a row of NaN is not tested and no member of the family.
        asked: margin of equivalence, e.g. 0.05.
        in_force: margin of the other two.

    Returns:
        In each row: regressed (Holm), improved (Holm), equivalent (TOST); NaN where untestable.
    """
    of = kernels.moments(log_ratios)
    bound = math.log1p(in_force)
    regressed = kernels.holm(kernels.p_above(of, bound))
    improved = kernels.holm(kernels.p_below(of, -bound))
    return np.stack([regressed, improved, kernels.p_within(of, math.log1p(asked))], axis=-1)


def _verdict(
    effect: Effect, p: tuple[float, ...], reason: str | None, margins: tuple[float, float], family: int
) -> Verdict:
    spread = effect.spread or 0.0
    asked, in_force = margins
    shift = power.detectable_shift(spread=spread, pairs=effect.pairs, alpha=ALPHA / max(family, 1))
    needed = power.rounds_needed(spread=spread, shift=math.log1p(asked), alpha=ALPHA, power=SIDE_POWER)
    more = None if needed is None or shift is None else max(0, needed - effect.pairs)
    call = "inconclusive" if reason else _call(p)
    if call == "inconclusive" and reason is None:
        reason = "the effect lies near the margin" if more == 0 else "too few rounds for this spread"
    regressed, improved, equivalent = (None if math.isnan(one) else one for one in p)
    return Verdict(
        effect=effect,
        call=call,
        asked_margin=asked,
        margin=in_force,
        reason=reason,
        p_regressed=regressed,
        p_improved=improved,
        p_equivalent=equivalent,
        detectable=None if shift is None else math.expm1(math.log1p(in_force) + shift),
        more_rounds=more,
    )


def _call(p: tuple[float, ...]) -> Call:
    """At most one can hold: mu above, below or within bounds, and those of "within" are no wider."""
    regressed, improved, equivalent = (one <= ALPHA for one in p)  # False for NaN
    if regressed:
        return "regressed"
    if improved:
        return "improved"
    return "equivalent" if equivalent else "inconclusive"


def _objections(
    effect: Effect, host_notes: Sequence[Note], cell_notes: Mapping[Cell, Sequence[Note]]
) -> Iterator[str]:
    """Why this effect must not be tested, the widest reason first."""
    if (host := objection(host_notes)) is not None:
        yield f"noisy host: {host}"
    if effect.reason is not None:
        yield effect.reason
    for cell in (effect.cell, effect.reference):
        if (mark := objection(cell_notes.get(cell, ()))) is not None:
            yield f"{cell.id}: {mark}"
    if not all(math.isfinite(one) for one in effect.log_ratios):
        yield "a ratio is not finite"
    if effect.pairs < kernels.MIN_PAIRS:
        yield f"only {effect.pairs} pairs of trials; a verdict needs at least {kernels.MIN_PAIRS}"
    if effect.spread is not None and effect.spread <= kernels.NO_SPREAD:
        yield "all rounds gave the same ratio: no clock does that"


def _matrix(effects: Sequence[Effect], reasons: Sequence[str | None]) -> kernels.Floats:
    """Log-ratios, one row per effect; NaN where a row is shorter or has a reason not to be tested."""
    rows = np.full((len(effects), max((effect.pairs for effect in effects), default=0)), np.nan)
    for row, effect, reason in zip(rows, effects, reasons, strict=True):
        if reason is None:
            row[: effect.pairs] = effect.log_ratios
    return rows
