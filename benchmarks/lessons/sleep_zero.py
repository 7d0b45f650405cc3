"""await asyncio.sleep(0) gives way to the other coroutines."""

import asyncio
import time
from collections.abc import Mapping
from itertools import pairwise

CLAIM = (
    "A coroutine that computes stops all others until it awaits; sleep(0) between its steps lets them run."
)
ADVICE = (
    "Put await asyncio.sleep(0) between the steps of a short computation. A long one belongs in a process "
    "(ProcessPoolExecutor): giving way keeps the loop alive, it does not make the work parallel."
)
STEPS = 20


def compute() -> int:
    """Use the CPU for some milliseconds."""
    return sum(number * number for number in range(50_000))


async def run(*, give_way: bool) -> tuple[int, float]:
    """Return how often a neighbour ran during the computation, and its longest wait in seconds."""
    beats: list[float] = []

    async def neighbour() -> None:
        while True:
            beats.append(time.perf_counter())
            await asyncio.sleep(0)

    task = asyncio.create_task(neighbour())
    await asyncio.sleep(0)
    started = time.perf_counter()
    for _ in range(STEPS):
        compute()
        if give_way:
            await asyncio.sleep(0)
    ended = time.perf_counter()
    task.cancel()
    during = [beat for beat in beats if started < beat < ended]
    return len(during), max(later - earlier for earlier, later in pairwise([started, *during, ended]))


def observe() -> tuple[bool, str, Mapping[str, float]]:
    """Compute beside a neighbour, without and with giving way."""
    silent_beats, silent_stall_s = asyncio.run(run(give_way=False))
    beats, stall_s = asyncio.run(run(give_way=True))
    happened = (
        f"During {STEPS} steps the neighbour ran {silent_beats} times without sleep(0) and waited "
        f"{silent_stall_s * 1000:.0f} ms; with it {beats} times, its longest wait {stall_s * 1000:.0f} ms."
    )
    figures = {
        "steps": STEPS,
        "turns_without": silent_beats,
        "stall_without_s": silent_stall_s,
        "turns_with": beats,
        "stall_with_s": stall_s,
    }
    return silent_beats == 0 and beats >= STEPS - 1, happened, figures
