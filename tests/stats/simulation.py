"""The noise model of a shared machine, simulated: thousands of runs in seconds, from one seed.

Time is a line of slots, one trial in each. The value of a trial is the product of

* drift of the host, which changes slowly: AR(1) on the log scale over the slots, sd 5 %;
* launch: the luck of one process, log-normal, sd 2 %;
* passes: ten values, log-normal, sd 2 %; 3 % of them are spikes, 1.5 times as long; the trial takes their
  geometric mean;
* the true effect of the cell.

It returns logs of trial values of shape (runs, cells, rounds), as ``harness.stats.kernels`` takes them.
``python -m tests.stats.simulation`` prints the figures of docs/method.md.
"""

import math
import sys
from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from harness.stats import kernels, power, verdict

Floats = npt.NDArray[np.float64]
Order = Literal["interleaved", "sequential"]

DRIFT_SD, LAUNCH_SD, VALUE_SD = 0.05, 0.02, 0.02
SPIKE_SHARE, SPIKE = 0.03, math.log(1.5)
PASSES = 10
MEMORY = 0.98  # of the drift from one slot to the next: it forgets within some 50 trials


def runs(
    count: int,
    *,
    rounds: int,
    ratios: Sequence[float] = (1.0, 1.0),
    order: Order = "interleaved",
    heating: float = 0.0,
    seed: int,
) -> Floats:
    """Logs of trial values, shape (count, len(ratios), rounds).

    Args:
        count: simulated runs.
        rounds: trials of each cell.
        ratios: true time of each cell, e.g. 1.1 for one that is 10 % slower.
        order: interleaved is every cell once per round in random order; sequential is all trials of a cell,
            then those of the next, paired by their number.
        heating: by how much the host slows down from each round to the next, e.g. 0.03, on top of the rest.
        seed: of the generator.
    """
    rng = np.random.default_rng(seed)
    shape = (count, len(ratios), rounds)
    passes = rng.normal(0, VALUE_SD, (*shape, PASSES)) + SPIKE * (rng.random((*shape, PASSES)) < SPIKE_SHARE)
    means: Floats = passes.mean(axis=-1)
    values = means + rng.normal(0, LAUNCH_SD, shape) + np.log(ratios)[:, None]
    slots = len(ratios) * rounds
    drift = _drift(rng, count, slots) + math.log1p(heating) * np.arange(slots) / len(ratios)
    if order == "sequential":
        return values + drift.reshape(shape)
    by_round = drift.reshape(count, rounds, len(ratios))
    mixed: Floats = rng.permuted(by_round, axis=-1)
    return values + mixed.swapaxes(1, 2)


def false_alarms(logs: Floats) -> float:
    """Share of runs whose second cell differs from the first by the paired t-test at 5 %."""
    return float((kernels.p_differs(kernels.moments(logs[:, 1] - logs[:, 0])) <= 0.05).mean())


def any_flag(logs: Floats, *, adjust: bool = True) -> float:
    """Share of runs in which any cell differs from the first, Holm-adjusted unless told otherwise."""
    p = kernels.p_differs(kernels.moments(logs[:, 1:] - logs[:, :1]))
    return float(((kernels.holm(p) if adjust else p) <= 0.05).any(axis=1).mean())


def coverage(logs: Floats, true_ratio: float) -> float:
    """Share of runs whose 95 % interval of the ratio holds the true one."""
    low, high = kernels.interval(kernels.moments(logs[:, 1] - logs[:, 0]), 0.95)
    return float(((low <= math.log(true_ratio)) & (math.log(true_ratio) <= high)).mean())


def found_slower(logs: Floats, margin: float) -> float:
    """Share of runs whose second cell is slower than the margin by the one-sided test of a verdict."""
    of = kernels.moments(logs[:, 1] - logs[:, 0])
    return float((kernels.p_above(of, math.log1p(margin)) <= verdict.ALPHA).mean())


def stopped_at_width(logs: Floats, precision: float) -> tuple[float, float]:
    """False alarms and mean rounds if each run stops at an interval width, as ``--precision`` does."""
    ratios = logs[:, 1] - logs[:, 0]
    p = np.full(len(ratios), np.nan)
    stopped = np.full(len(ratios), ratios.shape[1])
    for rounds in range(power.MIN_ROUNDS_TO_STOP, ratios.shape[1] + 1):
        of = kernels.moments(ratios[:, :rounds])
        low, high = kernels.interval(of, 0.95)
        width = np.expm1((high - low) / 2)  # as power.half_width of the ratio
        ends = np.isnan(p) & ((width <= precision) | (rounds == ratios.shape[1]))
        p[ends] = kernels.p_differs(of)[ends]
        stopped[ends] = rounds
    return float((p <= 0.05).mean()), float(stopped.mean())


def stopped_at_significance(logs: Floats) -> float:
    """Share of false alarms if each run stopped as soon as p <= 5 %: what must never be done."""
    ratios = logs[:, 1] - logs[:, 0]
    tested = range(power.MIN_ROUNDS_TO_STOP, ratios.shape[1] + 1)
    hits = [kernels.p_differs(kernels.moments(ratios[:, :rounds])) <= 0.05 for rounds in tested]
    return float(np.any(hits, axis=0).mean())


def binomial_bounds(share: float, count: int) -> tuple[float, float]:
    """Where a share of ``count`` runs may lie if ``share`` is true: 3.29 standard errors, so 99.9 %."""
    reach = 3.29 * math.sqrt(share * (1 - share) / count)
    return share - reach, share + reach


def _drift(rng: np.random.Generator, count: int, slots: int) -> Floats:
    steps = rng.normal(0, DRIFT_SD * math.sqrt(1 - MEMORY**2), (slots, count))
    steps[0] = rng.normal(0, DRIFT_SD, count)
    for slot in range(1, slots):
        steps[slot] += MEMORY * steps[slot - 1]
    return steps.T


def figures() -> dict[str, float]:
    """The figures of docs/method.md, 12 rounds unless said otherwise."""
    aa = runs(10_000, rounds=12, seed=1)
    many = runs(5_000, rounds=12, ratios=[1.0] * 31, seed=2)
    width, mean_rounds = stopped_at_width(runs(10_000, rounds=40, seed=3), 0.02)
    return {
        "false alarms, interleaved": false_alarms(aa),
        "false alarms, sequential": false_alarms(runs(10_000, rounds=12, order="sequential", seed=1)),
        "any flag among 30 cells, unadjusted": any_flag(many, adjust=False),
        "any flag among 30 cells, Holm": any_flag(many),
        "coverage of the 95 % interval": coverage(runs(10_000, rounds=12, ratios=(1, 1.1), seed=4), 1.1),
        "+5 % found against 0": found_slower(runs(10_000, rounds=12, ratios=(1, 1.05), seed=5), 0.0),
        "+10 % found against 0": found_slower(runs(10_000, rounds=12, ratios=(1, 1.1), seed=6), 0.0),
        "+10 % found against a margin of 5 %": found_slower(
            runs(10_000, rounds=12, ratios=(1, 1.1), seed=6), 0.05
        ),
        "+5 % found against a margin of 5 % (false)": found_slower(
            runs(10_000, rounds=12, ratios=(1, 1.05), seed=5), 0.05
        ),
        "false alarms, stopped at a width of 2 %": width,
        "mean rounds until then": mean_rounds,
        "false alarms, stopped at significance within 40 rounds": stopped_at_significance(
            runs(10_000, rounds=40, seed=3)
        ),
    }


if __name__ == "__main__":
    for name, value in figures().items():
        sys.stdout.write(f"{name:55} {value:.4f}\n")
