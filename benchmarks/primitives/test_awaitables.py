"""await of a bare coroutine, a Task, a Future; and eager tasks where this Python has them."""

import asyncio
import sys
from typing import Any

import pytest

AWAITS = 5_000
EAGER = pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks are new in Python 3.12")


async def one() -> int:
    """Return at once."""
    return 1


async def bare_coroutine() -> int:
    """Await the coroutine itself: no task, no turn of the loop."""
    return sum([await one() for _ in range(AWAITS)])


async def task() -> int:
    """Make a task of it and await that: one turn of the loop to run it, one to come back."""
    return sum([await asyncio.create_task(one()) for _ in range(AWAITS)])


async def future() -> int:
    """Await a future that the loop sets in its next turn."""
    loop = asyncio.get_running_loop()
    done = 0
    for _ in range(AWAITS):
        result = loop.create_future()
        loop.call_soon(result.set_result, 1)
        done += await result
    return done


async def eager_task() -> int:
    """Tasks that run at once up to their first wait; here they have none, so no turn of the loop is needed."""
    # Not by set_task_factory(asyncio.eager_task_factory): uvloop 0.23 passes it an argument that Python 3.13.0's
    # refuses. Any, because Python 3.11 knows no eager_start.
    make: Any = asyncio.Task
    loop = asyncio.get_running_loop()
    return sum([await make(one(), loop=loop, eager_start=True) for _ in range(AWAITS)])


WAYS = [
    pytest.param("await coroutine", bare_coroutine, id="coroutine"),
    pytest.param("await Task", task, id="task"),
    pytest.param("await Future", future, id="future"),
    pytest.param("await eager Task", eager_task, id="eager_task", marks=EAGER),
]


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
@pytest.mark.parametrize(("primitive", "main"), WAYS)
def test_await(cost: Any, run: Any, primitive: str, main: Any, loop: str) -> None:
    cost(lambda: run(loop, main), primitive=primitive, loop=loop, size=1, operations=AWAITS)


def test_await_on_trio(cost: Any, run: Any) -> None:
    cost(
        lambda: run("trio", bare_coroutine),
        primitive="await coroutine",
        loop="trio",
        size=1,
        operations=AWAITS,
    )
