"""Fitness of the host: from the sentinel of each round, whether anything else changed the machine, and how much.

Noise that hits all cells alike only widens intervals, and they say so themselves. What is looked for here are gross
disturbances: a process that competes for the CPU, a hypervisor that takes it away, a machine that slows down as it
heats up. How far each can move the ratio of two cells is for ``disturbance``. Nothing here looks at a trial.
"""

import math
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from scipy import special

from harness.measured import Sentinel
from harness.stats.disturbance import Disturbance, Kind
from harness.stats.notes import Note

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
TINY = 1e-9
LOAD_ROUNDS = 0.2  # share of rounds above it: one cron job in 12 rounds is pairing's business, three are not


def host_notes(sentinels: Sequence[Sentinel]) -> tuple[Note, ...]:
    """What makes this host unfit to judge where nothing is paired, all of it invalidating; empty if it was fit."""
    return tuple(disturbance.note for disturbance in disturbances(sentinels))


def disturbances(sentinels: Sequence[Sentinel]) -> tuple[Disturbance, ...]:
    """What disturbed the host; empty if nothing did.

    Args:
        sentinels: one per round, in any order.
    """
    ordered = sorted(sentinels, key=lambda sentinel: sentinel.round)
    if len(ordered) < MIN_ROUNDS:
        rounds = "1 round" if len(ordered) == 1 else f"{len(ordered)} rounds"
        text = f"the host was watched in {rounds}, which is too few to tell its noise"
        return (_disturbance("host-unwatched", text, f"measure at least {MIN_ROUNDS} rounds", "unknown"),)
    return (
        *_timed(ordered, "CPU loop", lambda sentinel: sentinel.cpu_s),
        *_timed(ordered, "loopback echo", lambda sentinel: sentinel.echo_s),
        *_steal(ordered),
        *_load(ordered),
    )


def _timed(
    ordered: Sequence[Sentinel], work: str, repeats: Callable[[Sentinel], Sequence[float]]
) -> Iterator[Disturbance]:
    values = [statistics.median(repeats(sentinel)) for sentinel in ordered if repeats(sentinel)]
    if len(values) < MIN_ROUNDS or not all(0 < value < math.inf for value in values):
        text = f"the {work} of the sentinel gave no usable times"
        yield _disturbance("host-unwatched", text, "measure again", "unknown")
        return
    lower, upper = np.quantile(values, [0.25, 0.75])
    spread = float(upper / lower)
    if spread > SPREAD_LIMIT:
        text = f"the same {work} took {spread:.2f} times as long in the slower quarter of the rounds as in the quicker"
        advice = "stop other programs, or use a machine that is not shared"
        yield _disturbance("noisy-host-spread", text, advice, "slowed", spread)
    step, p = drift(values)
    if len(values) >= DRIFT_ROUNDS and p < DRIFT_P and max(step, 1 / step) > DRIFT_LIMIT:
        whole = step ** (len(values) - 1)
        text = f"the same {work} changed all along the run, to {whole:.2f} times its time by the trend"
        advice = "let the machine settle first; look for heat or power saving"
        size, each = max(whole, 1 / whole), max(step, 1 / step)
        yield _disturbance("noisy-host-drift", text, advice, "slowed", size, each)


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


def _steal(ordered: Sequence[Sentinel]) -> Iterator[Disturbance]:
    known = [sentinel.steal for sentinel in ordered if sentinel.steal is not None]
    if known and statistics.fmean(known) > STEAL_LIMIT:
        taken = statistics.fmean(known)
        text = f"the hypervisor took away {taken:.1%} of the CPU time"
        advice = "use a machine with CPUs of its own"
        # Client and server have a CPU each, and all of it may have been taken from one of them.
        yield _disturbance("noisy-host-steal", text, advice, "stolen", 1 / max(1 - 2 * taken, TINY))


def _load(ordered: Sequence[Sentinel]) -> Iterator[Disturbance]:
    known = [sentinel.busy_elsewhere for sentinel in ordered if sentinel.busy_elsewhere is not None]
    busy = sum(share > LOAD_LIMIT for share in known)
    # One round alone is pairing's business, however few there are.
    if busy > 1 and busy / len(known) >= LOAD_ROUNDS:
        text = f"others used over {LOAD_LIMIT} CPUs in {busy} of {len(known)} watched rounds, at most {max(known):.1f}"
        yield _disturbance(
            "noisy-host-load", text, "stop them and measure again", "preempted", _stretch(ordered)
        )


def _stretch(ordered: Sequence[Sentinel]) -> float:
    """How many times as long CPU work took beside others, on average over the run.

    A fair scheduler gives a process one part of 1 + n beside n others. The n that were there are seen in the sentinel's
    own loop, whose wall time is 1 + n times its CPU time, but only at that moment; the share b of a CPU that they got in
    all is known of the whole run. They got n / (1 + n) while they competed, which was thus (1 + n) / n * b of the time,
    and each such second stretches by n: 1 + (1 + n) * b on average. Where n is not known nothing bounds it here.
    """
    if any(sentinel.cpu_own_s is None for sentinel in ordered):
        return math.inf
    together = max(
        wall / max(own, TINY)
        for sentinel in ordered
        for wall, own in zip(sentinel.cpu_s, sentinel.cpu_own_s or (), strict=True)
    )
    shares = [
        min(1.0, sentinel.busy_elsewhere) for sentinel in ordered if sentinel.busy_elsewhere is not None
    ]
    return 1 + max(2.0, together) * statistics.fmean(shares)


def _disturbance(
    code: str, text: str, advice: str, kind: Kind, size: float = math.inf, step: float = 1.0
) -> Disturbance:
    note = Note(code=code, text=text, advice=advice, invalidates=True)
    return Disturbance(note=note, kind=kind, size=size, step=step)
