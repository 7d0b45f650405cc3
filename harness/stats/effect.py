"""Effects: the ratio of a cell's value to that of its reference, in one metric.

Paired by round where both were measured together: both trials of a pair ran minutes apart at most, on the same host, so
what the host did to the round cancels. Unpaired (Welch's t on the logs of the trial values) where two runs share no
rounds: intervals are wider then, and what the host did to one whole run stays in the ratio. A ratio is always value
over value, in the metric's own direction. This module estimates; whether an effect matters is for ``verdict``.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from harness.metrics import Metric
from harness.model import Cell
from harness.stats import kernels
from harness.stats.disturbance import Work
from harness.stats.sample import Interval, Sample, Samples, ratio_interval

Reference = Callable[[Cell], Cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What choosing ``cell`` instead of ``reference`` does to a metric.

    Attributes:
        is_paired: whether by round.
        trials: values of the cell that went in; of a paired effect the rounds in which both have one.
        reference_trials: the same of the reference.
        dropped_pairs: rounds in which one of both has a trial and the other has lost it; 0 if unpaired.
        estimate: mean log-ratio with its standard error; None without values on either side.
        spread: standard deviation of the log-ratios per round; None under two pairs, and if unpaired.
        sign_flip_p: exact two-sided p of "the labels could as well be swapped"; None without pairs, and if unpaired.
        log_ratios: per round, in the order of the rounds; () if unpaired.
        value: geometric mean of the trials of the cell that went in, ``reference_value`` of the reference; None without any.
        reason: why there is no ratio, or why it must not be judged; None if nothing speaks against it.
        work: of the cell in its timed passes, ``reference_work`` that of the reference; None without any.
    """

    metric: Metric
    cell: Cell
    reference: Cell
    is_paired: bool
    trials: int
    reference_trials: int
    dropped_pairs: int
    estimate: kernels.Student | None
    spread: float | None
    sign_flip_p: float | None
    log_ratios: tuple[float, ...]
    value: float | None
    reference_value: float | None
    reason: str | None
    work: Work | None
    reference_work: Work | None

    @property
    def pairs(self) -> int:
        """Values on the side that has fewer: what a test has to go by."""
        return min(self.trials, self.reference_trials)

    @property
    def ratio(self) -> float | None:
        """exp(mean log-ratio): value over reference value; None without values."""
        return None if self.estimate is None else math.exp(float(self.estimate.mean))

    @property
    def interval(self) -> Interval | None:
        """95 % t interval of the ratio; None under three values or without spread."""
        return None if self.estimate is None else ratio_interval(self.estimate)

    @property
    def worst(self) -> float:
        """The end of the interval that is worse, turned so that above 1 is worse; infinite without an interval."""
        found = self.interval
        return max(self.metric.worsening(end) for end in (found.low, found.high)) if found else math.inf


def against_variant(variant: str) -> Reference:
    """Refer each cell to the same workload and side of this variant."""
    return lambda cell: replace(cell, variant=variant)


def effects(found: Samples, reference_of: Reference) -> tuple[Effect, ...]:
    """The paired effect of every cell that is not its own reference, in the order of the cells.

    Args:
        found: of one run, by one metric.
        reference_of: names the cell to compare with; it may be missing from the samples, which is then the
            reason.
    """
    return tuple(
        _paired(sample, found.get(reference_of(cell)), reference_of(cell))
        for cell, sample in found.items()
        if reference_of(cell) != cell
    )


def unpaired_effect(base: Sample, head: Sample) -> Effect:
    """The effect of a cell in one run on the same cell in another."""
    values = [list(sample.values.values()) for sample in (base, head)]
    reason = next((f"failed: {sample.reason}" for sample in (head, base) if sample.reason is not None), None)
    return Effect(
        metric=head.metric,
        cell=head.cell,
        reference=base.cell,
        is_paired=False,
        trials=len(head.values),
        reference_trials=len(base.values),
        dropped_pairs=0,
        estimate=difference(*values, is_exact=head.metric.quantity == "outcome") if all(values) else None,
        spread=None,
        sign_flip_p=None,
        log_ratios=(),
        value=_mean(head.values.values()),
        reference_value=_mean(base.values.values()),
        reason=reason,
        work=None,
        reference_work=None,
    )


def difference(base: Sequence[float], head: Sequence[float], *, is_exact: bool = False) -> kernels.Estimate:
    """The difference of the mean logs of two series of positive values, each with at least one."""
    of_base, of_head = (kernels.moments(np.log(np.asarray(values, dtype=float))) for values in (base, head))
    return (
        kernels.welch(*map(kernels.exact, (of_base, of_head)))
        if is_exact
        else kernels.welch(of_base, of_head)
    )


def _paired(sample: Sample, base: Sample | None, reference: Cell) -> Effect:
    there = base.values if base else {}
    both = sorted(sample.values.keys() & there.keys())
    ratios = np.array([math.log(sample.values[number]) - math.log(there[number]) for number in both])
    logs = kernels.moments(ratios)
    broken = sample.reason is not None or base is None or base.reason is not None
    return Effect(
        metric=sample.metric,
        cell=sample.cell,
        reference=reference,
        is_paired=True,
        trials=len(both),
        reference_trials=len(both),
        dropped_pairs=0 if broken else len(sample.values.keys() ^ there.keys()),
        estimate=(kernels.exact(logs) if sample.metric.quantity == "outcome" else logs) if both else None,
        spread=float(logs.sd) if len(both) > 1 else None,
        sign_flip_p=kernels.sign_flip_p(ratios) if both else None,
        log_ratios=tuple(ratios.tolist()),
        value=_mean(sample.values[number] for number in both),
        reference_value=_mean(there[number] for number in both),
        reason=None if both else _why_none(sample, base, reference),
        work=sample.work,
        reference_work=base.work if base else None,
    )


def _mean(values: Iterable[float]) -> float | None:
    logs = [math.log(value) for value in values]
    return math.exp(math.fsum(logs) / len(logs)) if logs else None


def _why_none(sample: Sample, base: Sample | None, reference: Cell) -> str:
    if sample.reason is not None:
        return f"failed: {sample.reason}"
    if base is None:
        return f"{reference.id} was not measured"
    if base.reason is not None:
        return f"{reference.id} failed: {base.reason}"
    return f"no round has a trial of both this cell and {reference.id}"
