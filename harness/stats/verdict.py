"""Verdicts: is an effect a regression, an improvement, nothing, or undecided? The same for every metric.

Each needs evidence of its own: "not significant" is never "equal", and whatever cannot be tested is
inconclusive. With the margin m of a metric and mu the true mean log-ratio of an effect, turned so that above 0 is worse:

* regressed: one-sided t-test rejects mu <= +log(1 + m), Holm-adjusted over the family;
* improved: one-sided t-test rejects mu >= -log(1 + m), Holm-adjusted over the family;
* equivalent: both one-sided tests put mu inside of the *asked* margins (TOST, not adjusted);
* inconclusive: none of these, or the cell was not fit to be judged.

Each one-sided test is at 2.5 %, so that the 95 % interval that is shown is the interval of the test: regressed and
improved lie wholly beyond the margin, equivalent wholly inside.

The margin in force may be wider than the asked one, where this host shows more between two equal variants. It
then takes more to be called a regression, but not less to be called equivalent: noise never widens a pass. What
disturbed the host counts in the same way, by how far it can have moved this very ratio (see ``disturbance``).

Holm guards each direction on its own: a gate asks about regressions, not about "any flag". Its family is all effects
that are judged at once, of all cells and metrics.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from harness.metrics import Metric
from harness.model import Cell, HarnessError, SelfCheck
from harness.stats import kernels, power, reasons
from harness.stats.disturbance import Disturbance, Reach, total
from harness.stats.effect import Effect
from harness.stats.notes import Note
from harness.stats.sample import CONFIDENCE

Call = Literal["regressed", "improved", "equivalent", "inconclusive"]

ALPHA = (1 - CONFIDENCE) / 2  # of each one-sided test
MARGIN = 0.05
# Of each one-sided test, so that both succeed with power.POWER (Bonferroni).
SIDE_POWER = 1 - (1 - power.POWER) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Margins:
    """Largest changes of no interest, e.g. 0.05: of single cells by a metric's key, of single metrics, and of all others."""

    default: float = MARGIN
    of_metric: Mapping[str, float] = field(default_factory=dict)
    of_pair: Mapping[tuple[Cell, str], float] = field(default_factory=dict)

    def of(self, metric: Metric, cell: Cell | None = None) -> float:
        """The margin that is asked of a metric, of this cell if one is given."""
        usual = self.of_metric.get(metric.key, self.default)
        return self.of_pair.get((cell, metric.key), usual) if cell else usual


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One effect, judged.

    Attributes:
        asked_margin: e.g. 0.05: changes up to 5 % are of no interest; equivalence is tested against it.
        margin: in force for regressions and improvements; the asked one or more.
        reach: how far what the host did can have moved the ratio.
        reason: why it is inconclusive; None if it is not.
        p_regressed: Holm-adjusted; None if untestable.
        p_improved: Holm-adjusted; None if untestable.
        p_equivalent: of TOST, not adjusted; None if untestable.
        detectable: smallest change for the worse (0.08 is +8 %) that would have been called regressed with 80 % power,
            at the level of Holm's first step; None if untestable, and if unpaired.
        more_rounds: rounds still needed to call an unchanged cell equivalent with 80 % power at this spread;
            0 if these were enough, so that the effect itself lies near the margin; None if untestable or over
            1,000, and if unpaired.
    """

    effect: Effect
    call: Call
    asked_margin: float
    margin: float
    reach: Reach
    reason: str | None
    p_regressed: float | None
    p_improved: float | None
    p_equivalent: float | None
    detectable: float | None
    more_rounds: int | None

    @property
    def excludes_regression(self) -> bool:
        """Whether the 95 % interval, as far as the host can have moved it, leaves no room for one of the asked margin."""
        most = self.effect.worst * math.exp(min(self.reach.high, 700.0))
        return self.p_regressed is not None and most <= 1 + self.asked_margin

    @property
    def is_beyond(self) -> bool:
        """Whether the ratio looks like a regression of the asked margin or more, whatever was decided."""
        ratio = self.effect.ratio
        return ratio is not None and self.effect.metric.worsening(ratio) > 1 + self.asked_margin


def margin_in_force(margin: float, check: SelfCheck | None, metric: Metric) -> float:
    """The asked margin, but never under twice what this host shows between two equal variants.

    Args:
        margin: asked, e.g. 0.05.
        check: the last self-check of this machine; None if there was none.

    Raises:
        HarnessError: the margin is not a number above 0; against no margin nothing is ever equivalent.
    """
    width = 0.0
    if check:
        is_time = metric.quantity == "time"
        width = check.aa_half_width if is_time else (check.half_widths or {}).get(metric.key, 0.0)
    in_force = max(margin, 2 * width)
    if not 0 < margin <= in_force < math.inf:
        raise HarnessError(f"margin {in_force}: give a share above 0, such as 0.05", exit_code=2)
    return in_force


def verdicts(
    effects: Sequence[Effect],
    *,
    margins: Margins,
    check: SelfCheck | None = None,
    disturbances: Sequence[Disturbance] = (),
    cell_notes: Mapping[Cell, Sequence[Note]] | None = None,
) -> tuple[Verdict, ...]:
    """Judge a family of effects, in their order.

    Args:
        effects: everything that is asked at once, of all metrics; Holm counts those that can be tested.
        check: of this host, see ``margin_in_force``.
        disturbances: from ``fitness``; each takes away the effects that it could explain.
        cell_notes: validity marks; one that invalidates a cell or its reference makes its verdict
            inconclusive.
    """
    asked = np.array([margins.of(effect.metric, effect.cell) for effect in effects])
    in_force = np.array(
        [
            margin_in_force(margin, check, effect.metric)
            for margin, effect in zip(asked.tolist(), effects, strict=True)
        ]
    )
    objections = [
        next(reasons.objections(effect, disturbances, cell_notes or {}), None) for effect in effects
    ]
    estimates = _students(effects, objections)
    reaches = [
        total(disturbances, effect.work, effect.reference_work, effect.metric.quantity) for effect in effects
    ]
    moved = np.array([(reach.low, reach.high) for reach in reaches]).reshape(-1, 2)
    tests = p_values(estimates, asked, in_force, moved)
    family = int(np.isfinite(tests[:, 0]).sum())
    # What would have been said on a quiet host, against the asked margin, with both, and of each effect on its own.
    quiet, narrow, plain = (
        p_values(estimates, asked, bound, by)
        for bound, by in ((in_force, None), (asked, moved), (asked, None))
    )
    alone = _one_sided(estimates, asked, asked, None)
    found = []
    for at, (effect, reach) in enumerate(zip(effects, reaches, strict=True)):
        disturbed = reasons.disturbed(effect, disturbances, reach)
        by_margin = reasons.widened(float(asked[at]), float(in_force[at]), check, _call(plain[at]))
        causes = (
            (quiet[at], disturbed),
            (narrow[at], by_margin),
            (plain[at], f"{disturbed}; {by_margin}"),
            (
                alone[at],
                f"beyond the margin on its own, but not among {family} effects judged at once (Holm)",
            ),
        )
        why = objections[at] or next((text for p, text in causes if _call(p) != "inconclusive"), None)
        in_question = (float(asked[at]), float(in_force[at]))
        found.append(_verdict(effect, tests[at], why, in_question, reach, family))
    return tuple(found)


def p_values(
    estimates: kernels.Student,
    asked: float | kernels.Floats,
    in_force: float | kernels.Floats,
    moved: kernels.Floats | None = None,
) -> kernels.Floats:
    """The three tests of a family: estimates (effects) to p (effects, 3).

    Args:
        estimates: mean log-ratios, above 0 for the worse; one without an error is not tested and no member of the family.
        asked: margins of equivalence, e.g. 0.05.
        in_force: margins of the other two.
        moved: for each effect how far the truth may lie below (0 or less) and above what was measured: (effects, 2).

    Returns:
        In each row: regressed (Holm), improved (Holm), equivalent (TOST); NaN where untestable.
    """
    p = _one_sided(estimates, asked, in_force, moved)
    return np.stack([kernels.holm(p[:, 0]), kernels.holm(p[:, 1]), p[:, 2]], axis=-1)


def _one_sided(
    estimates: kernels.Student,
    asked: float | kernels.Floats,
    in_force: float | kernels.Floats,
    moved: kernels.Floats | None,
) -> kernels.Floats:
    """The same before Holm."""
    low, high = (0.0, 0.0) if moved is None else (moved[:, 0], moved[:, 1])
    bound, within = np.log1p(in_force), np.log1p(asked)
    return np.stack(
        [
            kernels.p_above(estimates, bound - low),
            kernels.p_below(estimates, -bound - high),
            kernels.p_within(estimates, -within - low, within - high),
        ],
        axis=-1,
    )


def _students(effects: Sequence[Effect], objections: Sequence[str | None]) -> kernels.Estimate:
    """The estimates of all effects, above 0 for the worse; without an error where one must not be tested."""
    rows = [
        (math.nan,) * 3
        if effect.estimate is None or objection is not None
        else (
            effect.metric.sign * float(effect.estimate.mean),
            float(effect.estimate.error),
            float(effect.estimate.freedom),
        )
        for effect, objection in zip(effects, objections, strict=True)
    ]
    return kernels.Estimate(*np.array(rows).reshape(-1, 3).T)


def _verdict(
    effect: Effect,
    p: kernels.Floats,
    why: str | None,
    margins: tuple[float, float],
    reach: Reach,
    family: int,
) -> Verdict:
    spread = effect.spread or 0.0
    asked, in_force = margins
    is_enough = effect.pairs >= kernels.VERDICT_PAIRS
    shift = power.detectable_shift(spread=spread, pairs=effect.pairs, alpha=ALPHA / max(family, 1))
    needed = power.rounds_needed(spread=spread, shift=math.log1p(asked), alpha=ALPHA, power=SIDE_POWER)
    more = None if needed is None or shift is None else max(0, needed - effect.pairs)
    call = _call(p)
    if call == "inconclusive" and why is None and effect.is_paired:
        why = "the effect lies near the margin" if more == 0 else "too few rounds for this spread"
    elif call == "inconclusive" and why is None:
        why = "too few rounds, or near the margin"
    regressed, improved, equivalent = (None if math.isnan(value) else float(value) for value in p)
    return Verdict(
        effect=effect,
        call=call,
        asked_margin=asked,
        margin=in_force,
        reach=reach,
        reason=why if call == "inconclusive" else None,
        p_regressed=regressed,
        p_improved=improved,
        p_equivalent=equivalent,
        detectable=None
        if shift is None or not is_enough or math.isinf(reach.low)
        else math.expm1(math.log1p(in_force) - reach.low + shift),
        more_rounds=more,
    )


def _call(p: kernels.Floats) -> Call:
    """At most one can hold: mu above, below or within bounds, and those of "within" are no wider."""
    regressed, improved, equivalent = (bool(value <= ALPHA) for value in p)  # False for NaN
    if regressed:
        return "regressed"
    if improved:
        return "improved"
    return "equivalent" if equivalent else "inconclusive"
