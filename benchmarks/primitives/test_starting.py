"""Starting and ending a loop for a coroutine that returns at once."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import trio
import uvloop


async def returns_at_once() -> int:
    """Return at once."""
    return 1


def by_hand(new_loop: Callable[[], asyncio.AbstractEventLoop]) -> int:
    """The low-level way: make a loop, run it, close it."""
    loop = new_loop()
    try:
        return loop.run_until_complete(returns_at_once())
    finally:
        loop.close()


WAYS: list[tuple[str, Callable[[], int], str]] = [
    ("asyncio.run", lambda: asyncio.run(returns_at_once()), "asyncio"),
    ("uvloop.run", lambda: uvloop.run(returns_at_once()), "uvloop"),
    ("trio.run", lambda: trio.run(returns_at_once), "trio"),
    ("new_event_loop", lambda: by_hand(asyncio.new_event_loop), "asyncio"),
    ("new_event_loop", lambda: by_hand(uvloop.new_event_loop), "uvloop"),
]


@pytest.mark.parametrize(
    ("primitive", "work", "loop"), [pytest.param(*way, id=f"{way[0]}-{way[2]}") for way in WAYS]
)
def test_start(cost: Any, primitive: str, work: Callable[[], int], loop: str) -> None:
    cost(work, primitive=primitive, loop=loop, size=1, operations=1)


@pytest.mark.parametrize(
    ("loop", "new_loop"), [("asyncio", asyncio.new_event_loop), ("uvloop", uvloop.new_event_loop)]
)
def test_runner_reused(cost: Any, loop: str, new_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    with asyncio.Runner(loop_factory=new_loop) as runner:
        cost(
            lambda: runner.run(returns_at_once()), primitive="Runner reused", loop=loop, size=1, operations=1
        )
