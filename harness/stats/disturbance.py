"""How far what the host did can have moved a ratio that was measured pass by pass in turn, by what the ratio is of.

Two cells of a round meet the same host, so what it does to both in the same way cancels. What can remain has a cause:
a disturbance stretches CPU work and leaves waiting alone, so it displaces cells that have different shares of CPU work
in their time. With w the measured time, c the CPU seconds in it and u = c / w, the time without the disturbance is

* w * (1 - (s - 1) * u), where others made CPU work wait, so that it took s times as long. CPU seconds do not grow by
  waiting, and the work alone took at least c, so s is at most 1 / u;
* w * (1 - (1 - 1 / k) * u), where the CPU itself was k times slower: CPU seconds grow with it.

The log of the factor of the cell less that of its reference is how far the true ratio lies from the measured one. Which
CPU was disturbed, the client's, the server's or both, is not known, so each is asked and the widest counts. A speed that
changes from each round to the next by a step may displace by that step besides, in either direction.

CPU seconds do not grow by waiting for a turn. Several speeds stretch them, of both cells alike unless the two meet the
speeds in other shares: a cell that never waits meets each speed in proportion to time, work that begins when an answer
arrives in proportion to answers. The mean slowness is then the harmonic or the arithmetic mean over time, and those of
two speeds 1 and k are at most (1 + k)**2 / (4 * k) apart (Kantorovich 1948): that, to the power of the difference of the
shares of CPU work, bounds what is left. Memory and what came of the images are moved by neither.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from harness.measured import Trial
from harness.metrics import STEADY, Quantity
from harness.stats.notes import Note

Kind = Literal["preempted", "stolen", "slowed", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """CPU seconds per second of the timed passes of a cell.

    Attributes:
        client: of the measured process, over ``cpus``, the CPUs that it may use.
        server: of the server.
    """

    client: float
    server: float
    cpus: int

    @property
    def shares(self) -> tuple[float, ...]:
        """What may have been stretched: the client on one CPU, the client evenly on its CPUs, the server, both."""
        found = (self.client, self.client / self.cpus, self.server, self.client + self.server)
        return tuple(min(1.0, share) for share in found)

    def cpu_shares(self, quantity: Quantity) -> tuple[float, ...]:
        """Shares of its time in which the client worked, on one CPU or evenly on its CPUs; or the server."""
        return self.shares[:2] if quantity == "client CPU" else self.shares[2:3]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Where the true log-ratio may lie: between ``low`` (0 or less) and ``high`` (0 or more) from the measured one.

    Above 0 is for the worse, whichever way is better for the metric.
    """

    low: float = 0.0
    high: float = 0.0

    def __add__(self, other: "Reach") -> "Reach":
        return Reach(low=self.low + other.low, high=self.high + other.high)

    @property
    def factor(self) -> float:
        """The same as a factor of the ratio, e.g. 1.3; infinite if nothing bounds it."""
        return math.exp(min(max(-self.low, self.high), 700.0))


STILL = Reach()


@dataclass(frozen=True, slots=True, kw_only=True)
class Disturbance:
    """What ``fitness`` saw of the host.

    Attributes:
        note: the same for people.
        kind: preempted or stolen: CPU work had to wait; slowed: the CPU had several speeds; unknown: nothing bounds it.
        size: how many times as long CPU work took.
        step: the same from each round to the next, of a speed that changed all along.
    """

    note: Note
    kind: Kind
    size: float
    step: float = 1.0

    def reach(self, cell: Work | None, reference: Work | None, quantity: Quantity) -> Reach:
        """How far it can have moved the ratio of these two; unbounded where the CPU seconds are not known."""
        if quantity in STEADY:
            return STILL
        if self.kind == "unknown" or cell is None or reference is None:
            return Reach(low=-math.inf, high=math.inf)
        order = Reach(low=-math.log(self.step), high=math.log(self.step))
        if quantity == "time":
            shares = zip(cell.shares, reference.shares, strict=True)
            return order + _widest(move for pair in shares for move in self._moves_of_time(*pair))
        shares = zip(cell.cpu_shares(quantity), reference.cpu_shares(quantity), strict=True)
        return order + _widest(self._move_of_cpu(*pair) for pair in shares)

    def _moves_of_time(self, share: float, reference: float) -> Iterator[float]:
        if self.kind != "slowed":
            stretched = min(self.size, 1 / max(share, reference, 1e-9)) - 1
            yield _move(stretched, share, reference)
        if self.kind != "preempted":  # of stolen time the kernel may or may not count CPU seconds
            yield _move(1 - 1 / self.size, share, reference)

    def _move_of_cpu(self, share: float, reference: float) -> float:
        if self.kind == "preempted" or share == reference:
            return 0.0
        apart = 2 * math.log1p(self.size) - math.log(4 * self.size) if math.isfinite(self.size) else math.inf
        return (share - reference) * apart


def total(
    disturbances: Sequence[Disturbance], cell: Work | None, reference: Work | None, quantity: Quantity
) -> Reach:
    """The reach of all together: they may have moved the ratio in the same direction."""
    return sum((disturbance.reach(cell, reference, quantity) for disturbance in disturbances), STILL)


def work_of(trials: Iterable[Trial]) -> Work | None:
    """CPU seconds per second over all timed passes; None without any."""
    trials = list(trials)
    passes = [pass_ for trial in trials for pass_ in trial.timed]
    wall_s = math.fsum(pass_.wall_s for pass_ in passes)  # whatever the order of the trials
    if not wall_s > 0:
        return None
    return Work(
        client=math.fsum(pass_.client_cpu_s for pass_ in passes) / wall_s,
        server=math.fsum(pass_.witness.server_cpu_s for pass_ in passes if pass_.witness) / wall_s,
        cpus=max(1, *(len(trial.cpus) for trial in trials)),
    )


def _move(stretched: float, share: float, reference: float) -> float:
    """Log of the undisturbed share of the cell's time less that of its reference's."""
    return math.log1p(-stretched * share) - math.log1p(-stretched * reference)


def _widest(moves: Iterable[float]) -> Reach:
    found = [0.0, *moves]
    return Reach(low=min(found), high=max(found))
