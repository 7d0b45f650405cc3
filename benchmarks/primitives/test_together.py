"""N coroutines together: cost of each under gather, wait, a TaskGroup and a trio nursery."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import trio

SIZES = (3, 10, 100, 1_000, 10_000)
COROUTINES = 3_000  # in one run, so that the start of the loop is a small part
Together = Callable[[int], Coroutine[Any, Any, int]]


async def one() -> int:
    """Stand for a download that has to wait once."""
    await asyncio.sleep(0)
    return 1


async def gather(size: int) -> int:
    """All under asyncio.gather."""
    return sum(await asyncio.gather(*(one() for _ in range(size))))


async def wait(size: int) -> int:
    """All as tasks given to asyncio.wait."""
    done, _ = await asyncio.wait([asyncio.create_task(one()) for _ in range(size)])
    return sum(task.result() for task in done)


async def task_group(size: int) -> int:
    """All in one asyncio.TaskGroup."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one()) for _ in range(size)]
    return sum(task.result() for task in tasks)


async def nursery(size: int) -> int:
    """All in one trio nursery, which has no results: they count themselves."""
    done = []

    async def one_here() -> None:
        await trio.lowlevel.checkpoint()
        done.append(1)

    async with trio.open_nursery() as opened:
        for _ in range(size):
            opened.start_soon(one_here)
    return sum(done)


WAYS: list[tuple[str, Together, str]] = [
    *((name, way, loop) for name, way in [("gather", gather), ("wait", wait), ("TaskGroup", task_group)]
      for loop in ("asyncio", "uvloop")),
    ("nursery", nursery, "trio"),
]  # fmt: skip


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("way", WAYS, ids=[f"{name}-{loop}" for name, _, loop in WAYS])
def test_together(cost: Any, run: Any, way: tuple[str, Together, str], size: int) -> None:
    primitive, together, loop = way
    repeats = max(1, COROUTINES // size)

    async def main() -> int:
        return sum([await together(size) for _ in range(repeats)])

    cost(lambda: run(loop, main), primitive=primitive, loop=loop, size=size, operations=repeats * size)
