"""Charts drawn by several processes at once: of a large run, drawing takes longer than all the rest of its report.

pandas and matplotlib take seconds to load, so nothing here loads them before the helpers have been started.
"""

import importlib
import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from multiprocessing import connection, get_context, parent_process
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from harness.report.charts import Job

MOST_HELPERS = 3  # a report has some twenty charts, and each helper holds pandas and matplotlib in memory


class Studio:
    """Draws here and in helpers of its own, which load while the caller still reads and judges.

    Args:
        helpers: how many processes; 0 draws here alone.
    """

    def __init__(self, helpers: int) -> None:
        self._pool = ProcessPoolExecutor(helpers, get_context("spawn"), _begin) if helpers else None
        if self._pool:
            # They inherit what is blocked: Ctrl-C ends us, and we end them, without a traceback from each.
            blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
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
        futures = [pool.submit(render, *job) for job in jobs]
        # The helpers take the first; we take from the end what none of them has begun.
        last_first = list(zip(futures, jobs, strict=True))[::-1]
        return lambda: [_drawn(future, job) for future, job in last_first][::-1]


def helpers_for(cells: int) -> int:
    """How many helpers a run of so many cells is worth here: each takes as long to load as a small report takes to draw."""
    spare = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(spare - 1, MOST_HELPERS) if cells >= 40 else 0  # noqa: PLR2004 - the default suite has 48


def _drawn(future: Future[dict[str, bytes]], job: "Job") -> dict[str, bytes]:
    from harness.report.charts import render  # noqa: PLC0415

    if future.cancel():
        return render(*job)
    try:
        return future.result()
    except BrokenExecutor:  # somebody killed a helper: its charts are drawn here
        return render(*job)


def _begin() -> None:
    """In a helper: end with the one that started us, even if it is killed; and load what drawing needs."""
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()
    importlib.import_module("harness.report.book")


def _end_with(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)
