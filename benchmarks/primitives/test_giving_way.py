"""sleep(0): cost of one switch, and what giving way buys a neighbour of a computation."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

import pytest
import trio

SWITCHES = 5_000
STEPS = 20
LOOPS = ("asyncio", "uvloop", "trio")
SWITCH: dict[str, tuple[str, Callable[[], Awaitable[None]]]] = {
    "asyncio": ("sleep(0)", lambda: asyncio.sleep(0)),
    "uvloop": ("sleep(0)", lambda: asyncio.sleep(0)),
    "trio": ("checkpoint", trio.lowlevel.checkpoint),
}


@pytest.mark.parametrize("loop", LOOPS)
def test_switch(cost: Any, run: Any, loop: str) -> None:
    primitive, switch = SWITCH[loop]

    async def main() -> int:
        done = 0
        for _ in range(SWITCHES):
            await switch()
            done += 1
        return done

    cost(lambda: run(loop, main), primitive=primitive, loop=loop, size=1, operations=SWITCHES)


def compute() -> int:
    """Use the CPU for about a millisecond."""
    return sum(number * number for number in range(20_000))


async def compute_beside(
    neighbour: list[float], switch: Callable[[], Awaitable[None]], *, polite: bool
) -> int:
    """Compute in steps while a neighbour notes the times at which it could run; return the steps done."""
    done = 0
    neighbour.append(time.perf_counter())
    for _ in range(STEPS):
        done += compute() > 0
        if polite:
            await switch()
    neighbour.append(time.perf_counter())
    return done


async def note_times(times: list[float], switch: Callable[[], Awaitable[None]]) -> None:
    """Be the neighbour: run as often as the loop allows, until cancelled."""
    while True:
        times.append(time.perf_counter())
        await switch()


@pytest.mark.parametrize("polite", [False, True], ids=["hogging", "giving_way"])
@pytest.mark.parametrize("loop", LOOPS)
def test_stall(cost: Any, run: Any, seen: dict[str, list[float]], loop: str, *, polite: bool) -> None:
    switch = SWITCH[loop][1]

    async def on_asyncio() -> int:
        times: list[float] = []
        neighbour = asyncio.create_task(note_times(times, switch))
        done = await compute_beside(times, switch, polite=polite)
        neighbour.cancel()
        note_longest(times)
        return done

    async def on_trio() -> int:
        times: list[float] = []
        async with trio.open_nursery() as nursery:
            nursery.start_soon(note_times, times, switch)
            done = await compute_beside(times, switch, polite=polite)
            nursery.cancel_scope.cancel()
        note_longest(times)
        return done

    def note_longest(times: list[float]) -> None:
        seen["longest_stall_s"].append(max(later - earlier for earlier, later in pairwise(times)))

    cost(
        lambda: run(loop, on_trio if loop == "trio" else on_asyncio),
        primitive="computing, giving way" if polite else "computing, never giving way",
        loop=loop,
        size=STEPS,
        operations=STEPS,
    )
