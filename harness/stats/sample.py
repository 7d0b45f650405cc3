"""The sample of a cell: the values of its trials by round, and what they say on their own.

A trial is one value, however many passes it has: passes share a process and are no independent evidence. A
cell with a failed trial is failed as a whole and has no values. This module compares nothing.
"""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from harness.metrics import TIME_PER_IMAGE, Metric
from harness.model import Cell, HarnessError, Note, Trial
from harness.stats import kernels

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A 95 % confidence interval, in the unit of what it surrounds."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The trials of one cell.

    Attributes:
        values: round -> value of its trial, in the metric's unit; empty if the cell failed.
        failed: trials that failed.
        lost: rounds of the run in which this cell has no trial.
        reason: why the cell has no values: its first failure; None if no trial failed.
    """

    cell: Cell
    values: Mapping[int, float]
    failed: int
    lost: int
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A sample in a few numbers; what the sample is too small to tell is None, never invented.

    Attributes:
        n: trials.
        median: of the values; None without values.
        geometric_mean: exp(mean log); None without values or if one of them is not above 0.
        interval: of the geometric mean, by t over trials; None under three trials or without spread.
        spread: standard deviation of the logs, so 0.02 is about 2 %; None under two trials.
    """

    n: int
    median: float | None
    geometric_mean: float | None
    interval: Interval | None
    spread: float | None


def samples(trials: Sequence[Trial], metric: Metric) -> dict[Cell, Sample]:
    """The sample of every cell, in the order of the cells.

    Raises:
        HarnessError: a cell has two trials in one round, so the ledger is not that of one run.
    """
    by_cell: dict[Cell, dict[int, Trial]] = {}
    for trial in trials:
        of_cell = by_cell.setdefault(trial.cell, {})
        if trial.round in of_cell:
            raise HarnessError(
                f"{trial.cell.id} has two trials in round {trial.round}: remove one of them from the ledger"
            )
        of_cell[trial.round] = trial
    rounds = {trial.round for trial in trials}
    return {cell: _sample(cell, by_cell[cell], len(rounds), metric) for cell in sorted(by_cell)}


def timings(trials: Sequence[Trial]) -> dict[Cell, Sample]:
    """The samples that are judged: seconds per image, where a value that is not above 0 is a failure."""
    found = samples(trials, TIME_PER_IMAGE)
    return {cell: _positive(sample) for cell, sample in found.items()}


def summarise(sample: Sample) -> Summary:
    """The sample in a few numbers."""
    values = [sample.values[one] for one in sorted(sample.values)]
    median = statistics.median(values) if values else None
    if not values or min(values) <= 0:
        return Summary(n=len(values), median=median, geometric_mean=None, interval=None, spread=None)
    logs = kernels.moments(np.log(values))
    return Summary(
        n=len(values),
        median=median,
        geometric_mean=math.exp(float(logs.mean)),
        interval=ratio_interval(logs),
        spread=float(logs.sd) if len(values) > 1 else None,
    )


def ratio_interval(logs: kernels.Moments) -> Interval | None:
    """The 95 % t interval of one mean log, taken back to the scale of the values; None if there is none."""
    low, high = kernels.interval(logs, CONFIDENCE)
    return Interval(low=math.exp(float(low)), high=math.exp(float(high))) if math.isfinite(low) else None


def log_values(sample: Sample, rounds: Sequence[int]) -> kernels.Floats:
    """Logs of the values in the order of ``rounds``; NaN where the sample has none."""
    return np.log([sample.values.get(one, math.nan) for one in rounds])


def objection(notes: Sequence[Note]) -> str | None:
    """The first note that invalidates, as text; None if nothing speaks against judging."""
    return next((note.text for note in notes if note.invalidates), None)


def _sample(cell: Cell, by_round: Mapping[int, Trial], rounds: int, metric: Metric) -> Sample:
    values: dict[int, float] = {}
    reasons: list[str] = []
    for one in sorted(by_round):
        value, reason = _value(by_round[one], metric)
        if reason is None:
            values[one] = value
        else:
            reasons.append(f"round {one + 1}: {reason}")  # people count from 1
    return Sample(
        cell=cell,
        values={} if reasons else values,
        failed=len(reasons),
        lost=rounds - len(by_round),
        reason=reasons[0] if reasons else None,
    )


def _value(trial: Trial, metric: Metric) -> tuple[float, str | None]:
    if trial.reason is not None:
        return math.nan, trial.reason
    if not trial.timed:
        return math.nan, "no timed pass"
    value = metric.of_trial(trial)
    return value, None if math.isfinite(value) else f"{metric.key} is {value}"


def _positive(sample: Sample) -> Sample:
    bad = [one for one, value in sample.values.items() if value <= 0]
    if not bad:
        return sample
    reason = f"round {bad[0] + 1}: {TIME_PER_IMAGE.key} is {sample.values[bad[0]]}"
    return replace(sample, values={}, failed=len(bad), reason=reason)
