"""The sample of a cell: the values of its trials by round, and what they say on their own.

A trial is one value, however many passes it has: passes share a process and are no independent evidence. A
cell with a failed trial is failed as a whole and has no values. This module compares nothing.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from harness.measured import Trial
from harness.metrics import NOT_WITNESSED, Metric
from harness.model import Cell, HarnessError
from harness.stats import kernels
from harness.stats.disturbance import Work, work_of

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A 95 % confidence interval, in the unit of what it surrounds."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The trials of one cell, by one metric.

    Attributes:
        values: round -> value of its trial, in the metric's unit; empty if the cell failed.
        reason: why the cell has no values: its first failure; None if no trial failed.
        work: CPU seconds per second of its timed passes; None without any.
    """

    metric: Metric
    cell: Cell
    values: Mapping[int, float]
    reason: str | None
    work: Work | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A sample in a few numbers; what the sample is too small to tell is None, never invented.

    Attributes:
        n: trials.
        geometric_mean: exp(mean log); None without values or if one of them is not above 0.
        interval: of the geometric mean, by t over trials; None under three trials or without spread.
        spread: standard deviation of the logs, so 0.02 is about 2 %; None under two trials.
    """

    n: int
    geometric_mean: float | None
    interval: Interval | None
    spread: float | None


Samples = Mapping[Cell, Sample]


def samples(trials: Sequence[Trial], metric: Metric) -> dict[Cell, Sample]:
    """The sample of every cell by a metric, in the order of the cells.

    A value that is no number, or of a metric that is judged not above 0, fails its cell.

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
    return {cell: _sample(cell, by_cell[cell], metric) for cell in sorted(by_cell)}


def summarise(sample: Sample) -> Summary:
    """The sample in a few numbers."""
    values = [sample.values[number] for number in sorted(sample.values)]
    if not values or min(values) <= 0:
        return Summary(n=len(values), geometric_mean=None, interval=None, spread=None)
    logs = kernels.moments(np.log(values))
    return Summary(
        n=len(values),
        geometric_mean=math.exp(float(logs.mean)),
        interval=ratio_interval(logs),
        spread=float(logs.sd) if len(values) > 1 else None,
    )


def ratio_interval(logs: kernels.Student) -> Interval | None:
    """The 95 % t interval of one mean log, taken back to the scale of the values; None if there is none."""
    low, high = kernels.interval(logs, CONFIDENCE)
    return Interval(low=math.exp(float(low)), high=math.exp(float(high))) if math.isfinite(low) else None


def log_values(sample: Sample, rounds: Sequence[int]) -> kernels.Floats:
    """Logs of the values in the order of ``rounds``; NaN where the sample has none."""
    return np.log([sample.values.get(number, math.nan) for number in rounds])


def _sample(cell: Cell, by_round: Mapping[int, Trial], metric: Metric) -> Sample:
    values: dict[int, float] = {}
    reasons: list[str] = []
    for number in sorted(by_round):
        value, reason = _value(by_round[number], metric)
        if reason is None:
            values[number] = value
        else:
            reasons.append(f"round {number + 1}: {reason}")  # people count from 1
    return Sample(
        metric=metric,
        cell=cell,
        values={} if reasons else values,
        reason=reasons[0] if reasons else None,
        work=work_of(by_round.values()),
    )


def _value(trial: Trial, metric: Metric) -> tuple[float, str | None]:
    if trial.reason is not None:
        return math.nan, trial.reason
    if not trial.timed:
        return math.nan, "no timed pass"
    value = metric.of_trial(trial)
    if math.isnan(value) and any(pass_.witness is None for pass_ in trial.timed):
        return value, f"{metric.key} is {NOT_WITNESSED}"
    is_usable = math.isfinite(value) and (value > 0 or not metric.is_judged)
    return value, None if is_usable else f"{metric.key} is {value}"
