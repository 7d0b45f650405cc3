"""Throughput and queue wait as an executor of eight threads fills with blocking jobs."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio
import anyio.to_thread
import pytest
import trio

THREADS = 8
JOB_S = 0.002
SIZES = (1, 8, 32, 128)


class Queue:
    """Jobs that note how long they waited between being handed over and being started."""

    def __init__(self) -> None:
        self.waits_s: list[float] = []

    def job(self, asked: float) -> int:
        """Block as a download does."""
        self.waits_s.append(time.perf_counter() - asked)
        time.sleep(JOB_S)
        return 1

    def note(self, seen: dict[str, list[float]]) -> None:
        """Keep the figures of this round."""
        seen["queue_wait_p50_s"].append(statistics.median(self.waits_s))
        seen["queue_wait_max_s"].append(max(self.waits_s))


Fill = Callable[[Queue, int], Awaitable[int]]


async def run_in_executor(queue: Queue, size: int) -> int:
    """All jobs at once to an executor of our own."""
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(THREADS) as executor:
        asked = [loop.run_in_executor(executor, queue.job, time.perf_counter()) for _ in range(size)]
        return sum(await asyncio.gather(*asked))


async def to_thread(queue: Queue, size: int) -> int:
    """All jobs at once to a default executor of that size."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS))
    asked = [asyncio.to_thread(queue.job, time.perf_counter()) for _ in range(size)]
    return sum(await asyncio.gather(*asked))


async def trio_to_thread(queue: Queue, size: int) -> int:
    """All jobs at once behind trio's limiter."""
    limiter, done = trio.CapacityLimiter(THREADS), []

    async def job() -> None:
        done.append(await trio.to_thread.run_sync(queue.job, time.perf_counter(), limiter=limiter))

    async with trio.open_nursery() as nursery:
        for _ in range(size):
            nursery.start_soon(job)
    return sum(done)


async def anyio_to_thread(queue: Queue, size: int) -> int:
    """All jobs at once behind anyio's limiter."""
    limiter, done = anyio.CapacityLimiter(THREADS), []

    async def job() -> None:
        done.append(await anyio.to_thread.run_sync(queue.job, time.perf_counter(), limiter=limiter))

    async with anyio.create_task_group() as group:
        for _ in range(size):
            group.start_soon(job)
    return sum(done)


WAYS: list[tuple[str, Fill, tuple[str, ...]]] = [
    ("run_in_executor", run_in_executor, ("asyncio", "uvloop")),
    ("asyncio.to_thread", to_thread, ("asyncio", "uvloop")),
    ("trio.to_thread.run_sync", trio_to_thread, ("trio",)),
    ("anyio.to_thread.run_sync", anyio_to_thread, ("asyncio", "trio")),
]
CASES = [(name, fill, loop) for name, fill, loops in WAYS for loop in loops]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("case", CASES, ids=[f"{name}-{loop}" for name, _, loop in CASES])
def test_filling(
    cost: Any, run: Any, seen: dict[str, list[float]], case: tuple[str, Fill, str], size: int
) -> None:
    primitive, fill, loop = case

    async def main() -> int:
        queue = Queue()
        done = await fill(queue, size)
        queue.note(seen)
        return done

    cost(lambda: run(loop, main), primitive=primitive, loop=loop, size=size, operations=size)


@pytest.mark.parametrize("size", SIZES)
def test_filling_without_a_loop(cost: Any, seen: dict[str, list[float]], size: int) -> None:
    def work() -> int:
        queue = Queue()
        with ThreadPoolExecutor(THREADS) as executor:
            asked = [executor.submit(queue.job, time.perf_counter()) for _ in range(size)]
            done = sum(future.result() for future in asked)
        queue.note(seen)
        return done

    cost(work, primitive="ThreadPoolExecutor.submit", loop="none", size=size, operations=size)
