"""Effects: the ratio of a cell's time to that of its reference, paired by round.

A ratio is always time / time, seconds per image of the cell over seconds per image of its reference, so above
1 is slower. Both trials of a pair ran minutes apart at most, on the same host: what the host did to the round
cancels. This module estimates; whether an effect matters is for ``verdict``.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from harness.model import Cell, Trial
from harness.stats import kernels
from harness.stats.disturbance import Work, work_of
from harness.stats.sample import Interval, Sample, ratio_interval, timings

Reference = Callable[[Cell], Cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What choosing ``cell`` instead of ``reference`` does to the time.

    Attributes:
        pairs: rounds in which both have a trial.
        dropped_pairs: rounds in which one of them has a trial and the other has lost it.
        time_ratio: exp(mean log-ratio); above 1 is slower; None without pairs.
        interval: 95 % t interval of the ratio; None under three pairs or without spread.
        spread: standard deviation of the log-ratios per round; None under two pairs.
        sign_flip_p: exact two-sided p of "the labels could as well be swapped"; None without pairs.
        log_ratios: per round, in the order of the rounds.
        reason: why there are no pairs: a failure or an absence; None if there are.
        work: of the cell in its timed passes, ``reference_work`` that of the reference; None without any.
    """

    cell: Cell
    reference: Cell
    pairs: int
    dropped_pairs: int
    time_ratio: float | None
    interval: Interval | None
    spread: float | None
    sign_flip_p: float | None
    log_ratios: tuple[float, ...]
    reason: str | None
    work: Work | None
    reference_work: Work | None


def against_variant(variant: str) -> Reference:
    """Refer each cell to the same workload and side of this variant."""
    return lambda cell: replace(cell, variant=variant)


def against_side(side: str) -> Reference:
    """Refer each cell to the same workload and variant on this side."""
    return lambda cell: replace(cell, side=side)


def effects(trials: Sequence[Trial], reference_of: Reference) -> tuple[Effect, ...]:
    """The effect of every cell that is not its own reference, in the order of the cells.

    Args:
        trials: of one run; trials of other metrics' interest may be among them.
        reference_of: names the cell to compare with; it may be missing from the trials, which is then the
            reason.
    """
    found = timings(trials)
    by_cell: dict[Cell, list[Trial]] = {}
    for one in trials:
        by_cell.setdefault(one.cell, []).append(one)
    works = {cell: work_of(of_cell) for cell, of_cell in by_cell.items()}
    return tuple(
        _effect(sample, found.get(reference_of(cell)), reference_of(cell), works)
        for cell, sample in found.items()
        if reference_of(cell) != cell
    )


def _effect(
    sample: Sample, base: Sample | None, reference: Cell, works: Mapping[Cell, Work | None]
) -> Effect:
    there = base.values if base else {}
    both = sorted(sample.values.keys() & there.keys())
    ratios = np.array([math.log(sample.values[one]) - math.log(there[one]) for one in both])
    logs = kernels.moments(ratios)
    broken = sample.reason is not None or base is None or base.reason is not None
    return Effect(
        cell=sample.cell,
        reference=reference,
        pairs=len(both),
        dropped_pairs=0 if broken else len(sample.values.keys() ^ there.keys()),
        time_ratio=math.exp(float(logs.mean)) if both else None,
        interval=ratio_interval(logs),
        spread=float(logs.sd) if len(both) > 1 else None,
        sign_flip_p=kernels.sign_flip_p(ratios) if both else None,
        log_ratios=tuple(ratios.tolist()),
        reason=None if both else _why_none(sample, base, reference),
        work=works[sample.cell],
        reference_work=works.get(reference),
    )


def _why_none(sample: Sample, base: Sample | None, reference: Cell) -> str:
    if sample.reason is not None:
        return f"failed: {sample.reason}"
    if base is None:
        return f"{reference.id} was not measured"
    if base.reason is not None:
        return f"{reference.id} failed: {base.reason}"
    return f"no round has a trial of both this cell and {reference.id}"
