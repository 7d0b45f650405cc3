"""Coroutines that await coroutines: cost per level of depth, and the random retry loop of the article."""

import asyncio
from random import Random
from typing import Any

import pytest
import trio

DEPTHS = (1, 10, 100)
LEVELS = 20_000  # awaited in one run
RETRIES = 300
SEED = 444
LOOPS = ("asyncio", "uvloop", "trio")


async def give_way(loop: str) -> None:
    """Let the others run once."""
    if loop == "trio":
        await trio.lowlevel.checkpoint()
    else:
        await asyncio.sleep(0)


async def descend(depth: int) -> int:
    """Await yourself down to the last level, which returns at once; count the levels."""
    return 1 if depth == 1 else 1 + await descend(depth - 1)


async def descend_and_wait(depth: int, loop: str) -> int:
    """Await yourself down to the last level, which gives way once: the resumption passes every level."""
    if depth == 1:
        await give_way(loop)
        return 1
    return 1 + await descend_and_wait(depth - 1, loop)


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("loop", LOOPS)
def test_await_chain(cost: Any, run: Any, loop: str, depth: int) -> None:
    async def main() -> int:
        return sum([await descend(depth) for _ in range(LEVELS // depth)])

    cost(lambda: run(loop, main), primitive="await chain", loop=loop, size=depth, operations=LEVELS)


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("loop", LOOPS)
def test_await_chain_that_waits(cost: Any, run: Any, loop: str, depth: int) -> None:
    levels = LEVELS // 10

    async def main() -> int:
        return sum([await descend_and_wait(depth, loop) for _ in range(levels // depth)])

    cost(
        lambda: run(loop, main), primitive="await chain that waits", loop=loop, size=depth, operations=levels
    )


def draws_needed(threshold: int) -> int:
    """How many numbers the seeded loops draw in all, found without coroutines."""
    random = Random(SEED)
    draws = 0
    for _ in range(RETRIES):
        draws += 1
        while random.randint(0, 10) <= threshold:
            draws += 1
    return draws


@pytest.mark.parametrize("threshold", [3, 6, 9])
@pytest.mark.parametrize("loop", LOOPS)
def test_random_retry(cost: Any, run: Any, loop: str, threshold: int) -> None:
    async def draw(random: Random) -> int:
        await give_way(loop)
        return random.randint(0, 10)

    async def draw_above(random: Random) -> int:
        draws = 1
        while await draw(random) <= threshold:
            draws += 1
        return draws

    async def main() -> int:
        random = Random(SEED)
        return sum([await draw_above(random) for _ in range(RETRIES)])

    operations = draws_needed(threshold)
    cost(lambda: run(loop, main), primitive="random retry", loop=loop, size=threshold, operations=operations)
