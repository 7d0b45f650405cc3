"""Fitness of the host: from the sentinel of each round, whether anything else changed the machine.

Noise that hits all cells alike only widens intervals, and they say so themselves. What is looked for here are
disturbances so gross that intervals should not be trusted: a process that competes for the CPU, a hypervisor
that takes it away, a machine that slows down as it heats up. Nothing here looks at a trial.
"""

import math
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from scipy import special  # type: ignore[import-untyped]  # scipy ships no annotations

from harness.metrics import quantile
from harness.model import Note, Sentinel

MIN_ROUNDS = 3  # quartiles of fewer values are those values
DRIFT_ROUNDS = (
    6  # of five rounds even a perfect order has p = 2/5! = 0.017, and the t formula would call it 0
)
# The slower quarter of the rounds over the quicker quarter. A neighbour on the same physical core, which is
# the ordinary weather of a shared virtual machine, was seen to cost up to 1.75; a process on the same CPU
# costs 2.
SPREAD_LIMIT = 1.8
DRIFT_LIMIT = 1.03  # of a round over the one before, along the median slope: pairing cancels less than that
DRIFT_P = 0.01  # Spearman; keeps a chance order of an even host from reading as a drift
STEAL_LIMIT = 0.10  # mean share of CPU time: neighbours take up to that, and from both of a pair alike
LOAD_LIMIT = 0.3  # CPU seconds per second of others: a desktop idles below it, a burner takes about 1
LOAD_ROUNDS = 0.2  # share of rounds above it: one cron job in 12 rounds is pairing's business, three are not


def host_notes(sentinels: Sequence[Sentinel]) -> tuple[Note, ...]:
    """What makes this host unfit to judge, all of it invalidating; empty if it was fit.

    Args:
        sentinels: one per round, in any order.
    """
    ordered = sorted(sentinels, key=lambda one: one.round)
    if len(ordered) < MIN_ROUNDS:
        text = f"the host was watched in {len(ordered)} rounds, which is too few to tell its noise"
        return (_note("host-unwatched", text, f"measure at least {MIN_ROUNDS} rounds"),)
    return (
        *_timed(ordered, "CPU loop", lambda one: one.cpu_s),
        *_timed(ordered, "loopback echo", lambda one: one.echo_s),
        *_steal(ordered),
        *_load(ordered),
    )


def _timed(
    ordered: Sequence[Sentinel], work: str, repeats: Callable[[Sentinel], Sequence[float]]
) -> Iterator[Note]:
    values = [statistics.median(repeats(one)) for one in ordered if repeats(one)]
    if len(values) < MIN_ROUNDS or not all(0 < one < math.inf for one in values):
        yield _note("host-unwatched", f"the {work} of the sentinel gave no usable times", "measure again")
        return
    spread = quantile(values, 0.75) / quantile(values, 0.25)
    if spread > SPREAD_LIMIT:
        text = f"the same {work} took {spread:.2f} times as long in the slower quarter of the rounds as in the quicker"
        yield _note("noisy-host-spread", text, "stop other programs, or use a machine that is not shared")
    step, p = drift(values)
    if len(values) >= DRIFT_ROUNDS and p < DRIFT_P and max(step, 1 / step) > DRIFT_LIMIT:
        whole = step ** (len(values) - 1)
        text = f"the same {work} changed all along the run, to {whole:.2f} times its time by the trend"
        yield _note("noisy-host-drift", text, "let the machine settle first; look for heat or power saving")


def drift(values: Sequence[float]) -> tuple[float, float]:
    """Change from each value to the next, and how surely there is one.

    Returns:
        exp(Theil-Sen slope of the logs), and the two-sided p of Spearman's rank correlation with the place; 1 and 1
        if all values are equal.
    """
    if min(values) == max(values):
        return 1.0, 1.0
    places, logs = np.arange(len(values)), np.log(values)
    earlier, later = np.triu_indices(len(values), 1)
    slope = float(np.median((logs[later] - logs[earlier]) / (later - earlier)))
    lower, equal = logs[:, None] > logs, logs[:, None] == logs
    ranks = lower.sum(axis=1) + equal.sum(axis=1) / 2  # equals share theirs
    correlation = float(np.corrcoef(places, ranks)[0, 1])
    freedom = len(values) - 2
    t = abs(correlation) * math.sqrt(freedom / max(1 - correlation**2, sys.float_info.epsilon))
    return math.exp(slope), 2 * float(special.stdtr(freedom, -t))


def _steal(ordered: Sequence[Sentinel]) -> Iterator[Note]:
    known = [one.steal for one in ordered if one.steal is not None]
    if known and statistics.fmean(known) > STEAL_LIMIT:
        text = f"the hypervisor took away {statistics.fmean(known):.1%} of the CPU time"
        yield _note("noisy-host-steal", text, "use a machine with CPUs of its own")


def _load(ordered: Sequence[Sentinel]) -> Iterator[Note]:
    known = [one.busy_elsewhere for one in ordered if one.busy_elsewhere is not None]
    busy = sum(one > LOAD_LIMIT for one in known)
    if (
        busy > 1 and busy / len(known) >= LOAD_ROUNDS
    ):  # one round alone is pairing's business, however few there are
        text = f"others used over {LOAD_LIMIT} CPUs in {busy} of {len(known)} watched rounds, at most {max(known):.1f}"
        yield _note("noisy-host-load", text, "stop them and measure again")


def _note(code: str, text: str, advice: str) -> Note:
    return Note(code=code, text=text, advice=advice, invalidates=True)
