"""Charts drawn by several processes at once: of a large run, drawing takes longer than all the rest of its report.

pandas and matplotlib take seconds to load, so nothing here loads them before the helpers have been started.
"""

import gc
import importlib
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from multiprocessing import connection, get_context, parent_process
from types import TracebackType
from typing import TYPE_CHECKING, Self

from harness.interrupts import SIGNALS

if TYPE_CHECKING:
    from harness.report.charts import Job

MOST_HELPERS = 3  # a report has some twenty charts, and each helper holds pandas and matplotlib in memory


class Studio:
    """Draws here and in helpers of its own, which load while the caller still reads and judges.

    Args:
        helpers: how many processes; 0 draws here alone.
    """

    def __init__(self, helpers: int) -> None:
        self._helpers = helpers
        self._pool = ProcessPoolExecutor(helpers, get_context("spawn"), _begin) if helpers else None
        if self._pool:
            # They inherit what is blocked: an interrupt ends us, and we end them, without a traceback from each.
            blocked = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
            try:
                self._pool.submit(os.getpid)
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, blocked)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool:
            self._pool.shutdown(cancel_futures=True)

    def begin(self, jobs: "Sequence[Job]") -> Callable[[], list[dict[str, bytes]]]:
        """Let the helpers begin; what is returned draws the rest here and gives all charts, in the order of the jobs."""
        from harness.report.charts import render  # noqa: PLC0415

        pool = self._pool
        if pool is None:
            return lambda: [render(*job) for job in jobs]
        waiting = deque(range(len(jobs)))
        given: dict[int, Future[dict[str, bytes]]] = {}

        def give() -> None:
            """The helpers take the first, and never much more than they can draw: nothing needs to be taken back."""
            while waiting and sum(not future.done() for future in given.values()) < 2 * self._helpers:
                try:
                    given[waiting[0]] = pool.submit(render, *jobs[waiting[0]])
                except BrokenExecutor:  # somebody killed a helper: the rest is drawn here
                    return
                waiting.popleft()

        def finish() -> list[dict[str, bytes]]:
            drawn = {}
            while waiting:
                number = waiting.pop()
                drawn[number] = render(*jobs[number])
                give()
            for number, future in given.items():
                try:
                    drawn[number] = future.result()
                except BrokenExecutor:
                    drawn[number] = render(*jobs[number])
            return [drawn[number] for number in range(len(jobs))]

        give()
        return finish


def helpers_for(cells: int) -> int:
    """How many helpers a run of so many cells is worth here: each takes as long to load as a small report takes to draw."""
    spare = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(spare - 1, MOST_HELPERS) if cells >= 40 else 0  # noqa: PLR2004 - the default suite has 48


def _begin() -> None:
    """In a helper: end with the one that started us, even if it is killed; and load what drawing needs."""
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()
    gc.disable()  # as in the process that started us
    importlib.import_module("harness.report.charts")


def _end_with(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)
