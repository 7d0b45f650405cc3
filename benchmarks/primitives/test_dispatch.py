"""Handing blocking work to a thread and back: the cost of one dispatch, one after the other."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar, copy_context
from functools import partial
from typing import Any

import anyio.to_thread
import pytest
import trio

JOBS = 500
COPIES = 20_000
Send = Callable[[], Awaitable[int]]


def job(*, done: int = 1) -> int:
    """Do nothing, in a thread."""
    return done


WAYS: list[tuple[str, Send, tuple[str, ...]]] = [
    ("run_in_executor", lambda: asyncio.get_running_loop().run_in_executor(None, job), ("asyncio", "uvloop")),
    (
        "run_in_executor + partial",
        lambda: asyncio.get_running_loop().run_in_executor(None, partial(job, done=1)),
        ("asyncio", "uvloop"),
    ),
    ("asyncio.to_thread", lambda: asyncio.to_thread(job, done=1), ("asyncio", "uvloop")),
    ("trio.to_thread.run_sync", lambda: trio.to_thread.run_sync(job), ("trio",)),
    ("anyio.to_thread.run_sync", lambda: anyio.to_thread.run_sync(job), ("asyncio", "uvloop", "trio")),
]
CASES = [pytest.param(name, send, loop, id=f"{name}-{loop}") for name, send, loops in WAYS for loop in loops]


@pytest.mark.parametrize(("primitive", "send", "loop"), CASES)
def test_dispatch(cost: Any, run: Any, primitive: str, send: Send, loop: str) -> None:
    async def main() -> int:
        return sum([await send() for _ in range(JOBS)])

    cost(lambda: run(loop, main), primitive=primitive, loop=loop, size=1, operations=JOBS)


def test_submit(cost: Any) -> None:
    with ThreadPoolExecutor(1) as executor:

        def work() -> int:
            return sum(executor.submit(job).result() for _ in range(JOBS))

        cost(work, primitive="ThreadPoolExecutor.submit", loop="none", size=1, operations=JOBS)


@pytest.mark.parametrize("variables", [0, 1_000])
def test_context_copy(cost: Any, variables: int) -> None:
    context = copy_context()
    for number in range(variables):
        context.run(ContextVar[int](f"variable_{number}").set, number)

    def work() -> int:
        return sum(context.copy().run(job) for _ in range(COPIES))

    cost(work, primitive="copy and enter a context", loop="none", size=variables, operations=COPIES)
