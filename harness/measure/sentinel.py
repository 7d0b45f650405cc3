"""A fixed piece of work, done once a round: it tells how fit the host is to measure on. It judges nothing."""

import os
import resource
import socket
from collections.abc import Callable, Sequence
from time import perf_counter, thread_time, time
from typing import TypeVar

import psutil

from harness.measured import Sentinel
from harness.model import HarnessError

Times = TypeVar("Times")

CPU_STEPS = 150_000
ECHOES = 500
REPEATS = 3
SHORTEST_S = 1.0  # the kernel counts CPU time in ticks of up to 10 ms: a share of less time would be noise


class Watch:
    """Watches the host from the begin of a round, before anything of it is started, to its end.

    Args:
        cpus: CPUs to do the CPU loop on, one after the other; () leaves the choice to the kernel.
    """

    def __init__(self, cpus: Sequence[int]) -> None:
        self._cpus = cpus
        self._began = _reading(())

    def work(self) -> None:
        """Do the fixed work once, while nothing else of ours runs."""
        self._started_at = time()
        self._loops = _on_cpus(self._cpus, _count)
        self._echoes = _on_cpus(self._cpus[:1], _echoes)

    def sentinel(self, number: int, servers: Sequence[int]) -> Sentinel:
        """End of the round of this number, before its servers end.

        Args:
            servers: processes whose CPU time is ours, not the host's.
        """
        ended = _reading(servers)
        elapsed, total, steal, busy, ours = (now - then for now, then in zip(ended, self._began, strict=True))
        return Sentinel(
            round=number,
            started_at=self._started_at,
            cpu_s=tuple(wall for wall, _ in self._loops),
            cpu_own_s=tuple(own for _, own in self._loops),
            echo_s=tuple(self._echoes),
            steal=steal / total if elapsed > SHORTEST_S and total > 0 else None,
            busy_elsewhere=max(0.0, busy - ours) / elapsed if elapsed > SHORTEST_S else None,
        )


def _reading(servers: Sequence[int]) -> tuple[float, float, float, float, float]:
    """Wall seconds; then CPU seconds of the host: all, stolen, busy, and busy by us with all that we started."""
    times = psutil.cpu_times()
    steal = getattr(times, "steal", 0.0)
    idle = times.idle + getattr(times, "iowait", 0.0)
    total = (
        sum(getattr(times, name, 0.0) for name in ("user", "nice", "system", "irq", "softirq")) + idle + steal
    )
    ours = 0.0
    for pid in servers:
        try:
            server = psutil.Process(pid).cpu_times()
        except psutil.Error:
            raise HarnessError("the image server stopped answering: its process has ended") from None
        ours += server.user + server.system
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        usage = resource.getrusage(who)
        ours += usage.ru_utime + usage.ru_stime
    return perf_counter(), total, steal, total - idle - steal, ours


def _on_cpus(cpus: Sequence[int], work: Callable[[], Times]) -> list[Times]:
    """Repeat the work on each CPU in turn; return its times, and leave the affinity as it was."""
    if not cpus:
        return [work() for _ in range(REPEATS)]
    before = os.sched_getaffinity(0)
    try:
        found = []
        for cpu in cpus:
            os.sched_setaffinity(0, {cpu})
            found += [work() for _ in range(REPEATS)]
        return found
    finally:
        os.sched_setaffinity(0, before)


def _timed(work: Callable[[], object]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began


def _count() -> tuple[float, float]:
    """Wall and CPU seconds of a fixed loop."""
    began, own = perf_counter(), thread_time()
    total = 0
    for number in range(CPU_STEPS):
        total += number
    return perf_counter() - began, thread_time() - own


def _echoes() -> float:
    """Seconds of a fixed number of one-byte round trips over loopback TCP."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()) as near,
        listener.accept()[0] as far,
    ):
        near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        far.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def echo() -> None:
            for _ in range(ECHOES):
                near.send(b"x")
                far.send(far.recv(1))
                near.recv(1)

        return _timed(echo)
