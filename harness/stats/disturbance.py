"""How far what the host did can have moved a ratio that was measured pass by pass in turn.

Two cells of a round meet the same host, so what it does to both in the same way cancels. What can remain has a cause:
a disturbance stretches CPU work and leaves waiting alone, so it displaces cells that have different shares of CPU work
in their time. With w the measured time, c the CPU seconds in it and u = c / w, the time without the disturbance is

* w * (1 - (s - 1) * u), where others made CPU work wait, so that it took s times as long. CPU seconds do not grow by
  waiting, and the work alone took at least c, so s is at most 1 / u;
* w * (1 - (1 - 1 / k) * u), where the CPU itself was k times slower: CPU seconds grow with it.

The log of the factor of the cell less that of its reference is how far the true ratio lies from the measured one. Which
CPU was disturbed, the client's, the server's or both, is not known, so each is asked and the widest counts. A speed that
changes from each round to the next by a step may displace by that step besides, in either direction.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from harness.model import Note, Trial

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
        return tuple(min(1.0, one) for one in found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Where the true log-ratio may lie: between ``low`` (0 or less) and ``high`` (0 or more) from the measured one."""

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

    def reach(self, cell: Work | None, reference: Work | None) -> Reach:
        """How far it can have moved the ratio of these two; unbounded where the CPU seconds are not known."""
        if self.kind == "unknown" or cell is None or reference is None:
            return Reach(low=-math.inf, high=math.inf)
        shares = zip(cell.shares, reference.shares, strict=True)
        order = Reach(low=-math.log(self.step), high=math.log(self.step))
        return order + _widest(one for pair in shares for one in self._moves(*pair))

    def _moves(self, share: float, reference: float) -> Iterator[float]:
        if self.kind != "slowed":
            stretched = min(self.size, 1 / max(share, reference, 1e-9)) - 1
            yield _move(stretched, share, reference)
        if self.kind != "preempted":  # of stolen time the kernel may or may not count CPU seconds
            yield _move(1 - 1 / self.size, share, reference)


def total(disturbances: Sequence[Disturbance], cell: Work | None, reference: Work | None) -> Reach:
    """The reach of all together: they may have moved the ratio in the same direction."""
    return sum((one.reach(cell, reference) for one in disturbances), STILL)


def work_of(trials: Iterable[Trial]) -> Work | None:
    """CPU seconds per second over all timed passes; None without any."""
    trials = list(trials)
    passes = [one for trial in trials for one in trial.timed]
    wall_s = math.fsum(one.wall_s for one in passes)  # whatever the order of the trials
    if not wall_s > 0:
        return None
    return Work(
        client=math.fsum(one.client_cpu_s for one in passes) / wall_s,
        server=math.fsum(one.witness.server_cpu_s for one in passes) / wall_s,
        cpus=max(1, *(len(one.cpus) for one in trials)),
    )


def _move(stretched: float, share: float, reference: float) -> float:
    """Log of the undisturbed share of the cell's time less that of its reference's."""
    return math.log1p(-stretched * share) - math.log1p(-stretched * reference)


def _widest(moves: Iterable[float]) -> Reach:
    found = [0.0, *moves]
    return Reach(low=min(found), high=max(found))
