"""What the system says of a process and of all that it started: never what they say of themselves."""

import ctypes
import os
import resource
import signal
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psutil

IS_LINUX = sys.platform == "linux"
LISTS_CHILDREN = Path(f"/proc/self/task/{os.getpid()}/children").exists()
PR_SET_CHILD_SUBREAPER = 36
PF_EXITING = 4
TICK_S = 1 / os.sysconf("SC_CLK_TCK")
LIMITS = tuple(getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a process stands while it waits: nothing of this changes by itself.

    Attributes:
        is_stopped: by a signal or by a tracer.
        terms: its priority, scheduling policy, CPUs and limits, as the system gives them.
    """

    is_stopped: bool
    terms: tuple[object, ...]


class Family:
    """A process with all that descends from it, also what has left its session or lost its parent.

    Args:
        pid: of the process.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._roots = {pid}
        self._killed: set[int] = set()

    def adopt(self, pids: Iterable[int]) -> None:
        """Count these processes, whose parents have gone, as descendants."""
        self._roots |= set(pids)

    def forget(self, pid: int) -> None:
        """This member has been reaped."""
        self._roots.discard(pid)

    def members(self) -> list[int]:
        """The process and its descendants, those that wait to be reaped too."""
        found = list(self._roots)
        for parent in found:
            found += [child for child in children(parent) if child not in found]
        return found

    def cpu_s(self) -> float:
        """CPU seconds that all members have used, and those that they have reaped."""
        return sum(map(_cpu_s, self.members()))

    def cpus(self) -> set[int]:
        """CPUs that any thread of any member may use; none where the system does not tell."""
        found: set[int] = set()
        for thread in (thread for member in self.members() for thread in _threads(member)):
            with suppress(ProcessLookupError):
                found |= os.sched_getaffinity(thread)
        return found

    def priority(self) -> int | None:
        """That of the most urgent thread of any member (see ``priority``)."""
        threads = (thread for member in self.members() for thread in _threads(member))
        return min((found for found in map(priority, threads) if found is not None), default=None)

    def standing(self) -> Standing | None:
        """How the process itself stands; None if it has ended or is about to, or where the system does not tell."""
        if not IS_LINUX:
            return None
        try:
            terms = (
                os.getpriority(os.PRIO_PROCESS, self.pid),
                os.sched_getscheduler(self.pid),
                frozenset(os.sched_getaffinity(self.pid)),
                tuple(resource.prlimit(self.pid, limit) for limit in LIMITS),
            )
            state, flags, pending = (_stat(self.pid)[place] for place in (0, 6, 28))
        except OSError:
            return None
        # A kill takes a moment: it waits to be taken, then the process puts its things away.
        is_ending = state in "ZX" or int(flags) & PF_EXITING or int(pending) >> signal.SIGKILL - 1 & 1
        return None if is_ending else Standing(is_stopped=state in "Tt", terms=terms)

    def peak_rss_bytes(self) -> int | None:
        """Most resident memory of the process itself; None where the system does not tell.

        Not ru_maxrss: Linux carries the launcher's own peak over into it (setmax_mm_hiwater_rss in exec).
        """
        with suppress(OSError):
            for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
        return None

    def kill(self) -> None:
        """Kill every member; what a member starts meanwhile is found in the next look."""
        while found := set(self.members()) - self._killed:
            for pid in found:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self._killed |= found

    def reap(self) -> None:
        """Take what was killed off the table of processes, once the process itself has been waited for."""
        for pid in self._killed:
            with suppress(ChildProcessError):
                os.waitpid(pid, 0)


class Orphans:
    """Makes us the parent of every descendant that loses its own, so that none can slip away (Linux; prctl(2)).

    Used as a context manager; what is still adopted when the block ends is ended with it.
    """

    def __init__(self) -> None:
        _reap_for_descendants(on=True)
        self._known = children(os.getpid())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        while found := self.found():
            for pid in found:
                end(pid)
        _reap_for_descendants(on=False)

    def know(self, pids: Iterable[int]) -> None:
        """These are our own children, and no orphans."""
        self._known |= set(pids)

    def found(self) -> set[int]:
        """Processes that we were made the parent of since the last call."""
        new = children(os.getpid()) - self._known
        self._known |= new
        return new


def _reap_for_descendants(*, on: bool) -> None:
    if IS_LINUX:
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, int(on), 0, 0, 0)


def end(pid: int) -> None:
    """Kill a process that we are the parent of, with all that descends from it."""
    family = Family(pid)
    family.kill()
    family.reap()


def children(pid: int) -> set[int]:
    """Children of a process, none if it has ended."""
    if not LISTS_CHILDREN:
        with suppress(psutil.Error):
            return {child.pid for child in psutil.Process(pid).children()}
        return set()
    found = ""
    for thread in _threads(pid):
        with suppress(OSError):
            found += Path(f"/proc/{pid}/task/{thread}/children").read_text()
    return set(map(int, found.split()))


def session(pid: int) -> int | None:
    """The session that a process is in; each worker leads its own. None if the process has ended."""
    with suppress(OSError):
        return os.getsid(pid)
    return None


def priority(thread: int) -> int | None:
    """Priority as in proc_pid_stat(5): the less, the sooner it runs, below 0 in real time; None where it is not told."""
    with suppress(OSError):
        return int(_stat(thread)[15])
    return None


def _threads(pid: int) -> list[int]:
    with suppress(OSError):
        return [int(thread) for thread in os.listdir(f"/proc/{pid}/task")]  # noqa: PTH208 - no path is wanted
    return []


def _stat(pid: int) -> list[str]:
    """Fields of proc_pid_stat(5) from the third on: the second is a name that may hold anything."""
    return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()


def _cpu_s(pid: int) -> float:
    """CPU seconds of a process with all its threads, to the nanosecond; to the tick of those that it has reaped."""
    try:
        if not IS_LINUX:
            times = psutil.Process(pid).cpu_times()
            return float(times.user + times.system)
        # The clock of a process by its number, as clock_getcpuclockid(3) makes it.
        own = time.clock_gettime(~pid << 3 | 2)
        return own + sum(map(int, _stat(pid)[13:15])) * TICK_S
    except (OSError, psutil.Error):
        return 0.0  # it has ended, and stands in its parent's figure
