"""The default executor runs only a few blocking jobs at once."""

import asyncio
import os
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

CLAIM = "Without an executor of your own, at most min(32, CPUs + 4) blocking jobs run at once."
ADVICE = (
    "Give the work an executor of the size that you mean: ThreadPoolExecutor(max_workers=n) as the first "
    "argument of run_in_executor, or loop.set_default_executor for to_thread."
)
PYTHON = (
    "Up to 3.12 the CPUs are those of the machine (os.cpu_count); from 3.13 on, those that this process "
    "may use (os.process_cpu_count), so that pinning a program to one core shrinks its executor to five "
    "threads."
)
JOBS = 64
WAIT_S = 0.1  # long enough for every thread to start beside the first, also on a busy machine


def cpus() -> int:
    """CPUs as ThreadPoolExecutor counts them on this Python."""
    return getattr(os, "process_cpu_count", os.cpu_count)() or 1


class Crowd:
    """Blocking jobs that count how many of them run at one time."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.running = self.peak = 0

    def job(self) -> None:
        """Wait as a download waits for its server."""
        with self.lock:
            self.running += 1
            self.peak = max(self.peak, self.running)
        time.sleep(WAIT_S)
        with self.lock:
            self.running -= 1


async def run_jobs(executor: ThreadPoolExecutor | None) -> tuple[int, float]:
    """Return the most jobs that ran at once and the seconds that all took."""
    crowd, loop, started = Crowd(), asyncio.get_running_loop(), time.perf_counter()
    await asyncio.gather(*(loop.run_in_executor(executor, crowd.job) for _ in range(JOBS)))
    return crowd.peak, time.perf_counter() - started


def observe() -> tuple[bool, str, Mapping[str, float]]:
    """Run the jobs on the default executor, then on one with a thread for each."""
    ceiling = min(32, cpus() + 4)
    peak, default_s = asyncio.run(run_jobs(None))
    with ThreadPoolExecutor(JOBS) as executor:
        sized_peak, sized_s = asyncio.run(run_jobs(executor))
    happened = (
        f"With {cpus()} CPUs the ceiling should be {ceiling}; {peak} of {JOBS} jobs of {WAIT_S * 1000:.0f} "
        f"ms ran at once and all took {default_s * 1000:.0f} ms, against {sized_s * 1000:.0f} ms with "
        f"{JOBS} threads."
    )
    figures = {
        "cpus": cpus(),
        "ceiling_threads": ceiling,
        "default_peak_threads": peak,
        "default_s": default_s,
        "sized_peak_threads": sized_peak,
        "sized_s": sized_s,
    }
    return peak == ceiling, happened, figures
