"""Rules on processes, seen from outside: who waits for his turn does nothing, and nobody does anything to him."""

from collections.abc import Collection, Sequence
from time import monotonic

from harness.measure.processes.usage import Family, Standing

# A blocked read costs nothing. A runtime's idle threads wake now and then; what is above this slows the others down.
IDLE_S = 0.01
IDLE_SHARE = 0.02
SLACK_S = 0.02  # of children that have ended the system tells user and system time to the tick, 10 ms each


class Wait:
    """A process from now on, while it has nothing to do or another has the word.

    Args:
        family: of the process.
    """

    def __init__(self, family: Family) -> None:
        self._family = family
        self._began = monotonic()
        self._cpu_s = family.cpu_s()
        self._standing = family.standing()

    def harm(self) -> str | None:
        """What somebody has done to it; None for nothing."""
        return harm(self._standing, self._family.standing())

    def unrest(self) -> str | None:
        """What it did that slows others down; None for nothing."""
        return unrest(self._family.cpu_s() - self._cpu_s, monotonic() - self._began)


def harm(before: Standing | None, now: Standing | None) -> str | None:
    """What a process that only waits has suffered between two looks; None for nothing. Pure."""
    if before is None or before == now:
        return None
    if now is None:
        return "was killed"
    if now.is_stopped:
        return "was stopped"
    return "was given another priority, other CPUs or other limits"


def unrest(cpu_s: float, waited_s: float) -> str | None:
    """Complain of a process that used CPU while it had to wait. Pure."""
    if cpu_s <= IDLE_S + IDLE_SHARE * waited_s:
        return None
    return f"used {cpu_s:.2g} s of CPU in the {waited_s:.2g} s in which it waited for its turn: it slows the others down"


def overreach(cpu_s: float, elapsed_s: float, used: Collection[int], asked: Sequence[int]) -> str | None:
    """Complain of a process that had more CPUs than it was given. Pure.

    Args:
        cpu_s: CPU seconds of the process and its descendants.
        elapsed_s: in which they were used.
        used: CPUs that any of their threads may use; none if that is unknown.
        asked: CPUs that were given; () for any.
    """
    if not asked:
        return None
    if set(used) - set(asked):
        return f"may use the CPUs {_listed(used)} where {_listed(asked)} was given: leave the affinity alone"
    if cpu_s > len(asked) * elapsed_s + SLACK_S:
        return f"used {cpu_s:.2g} s of CPU in {elapsed_s:.2g} s, more than the {len(asked)} CPU given has"
    return None


def haste(now: int | None, given: int | None) -> str | None:
    """Complain of a process that runs before those that began with the same priority. Pure.

    Args:
        now: priority of its most urgent thread, the less the sooner; None if that is unknown.
        given: that which it was started with.
    """
    if now is None or given is None or now >= given:
        return None
    return f"has the priority {now} where {given} was given: leave niceness and scheduling alone"


def _listed(cpus: Collection[int]) -> str:
    return ", ".join(map(str, sorted(cpus)))
