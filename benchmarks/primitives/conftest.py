"""How every primitive is measured: on a loop, many times in one run, and only if the work was really done.

The time is that of the loop from start to end, so each benchmark repeats its primitive until starting the loop is a
small part of it; ``per operation`` is the time divided by what was done. ``test_starting.py`` measures the start itself.
"""

import asyncio
import statistics
from collections import defaultdict
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

import pytest
import trio
import uvloop
from pytest_benchmark.fixture import BenchmarkFixture

Main = Callable[[], Coroutine[Any, Any, int]]
RUNS: dict[str, Callable[[Main], int]] = {
    "asyncio": lambda main: asyncio.run(main()),
    "uvloop": lambda main: uvloop.run(main()),
    "trio": trio.run,
    "none": lambda main: pytest.fail(f"{main} needs a loop"),
}


class Cost(Protocol):
    """The fixture ``cost``: times one call and records what was done in it."""

    def __call__(
        self, work: Callable[[], int], *, primitive: str, loop: str, size: int, operations: int
    ) -> None:
        """Time ``work`` and check in every round that it did all its operations.

        Args:
            work: does the operations and returns how many it did.
            primitive: what is measured, as people write it.
            loop: what runs it; "none" if it needs no loop.
            size: how many at once, how deep, how many variables: the axis that the benchmark varies.
            operations: how often the primitive is used in one call of ``work``.
        """


@pytest.fixture
def cost(request: pytest.FixtureRequest, benchmark: BenchmarkFixture, seen: dict[str, list[float]]) -> Cost:
    """Time a piece of work (see ``Cost``); figures noted in ``seen`` are kept as medians over the rounds."""

    def time(work: Callable[[], int], *, primitive: str, loop: str, size: int, operations: int) -> None:
        def checked() -> None:
            done = work()
            if done != operations:
                pytest.fail(f"{done} of {operations} operations were done")

        benchmark.group = request.node.path.stem.removeprefix("test_")
        benchmark(checked)
        benchmark.extra_info |= {"primitive": primitive, "loop": loop, "size": size, "operations": operations}
        benchmark.extra_info |= {name: statistics.median(values) for name, values in seen.items()}

    return time


@pytest.fixture
def seen() -> dict[str, list[float]]:
    """Figures beside the time, one value per round: name with its unit -> values."""
    return defaultdict(list)


@pytest.fixture
def run() -> Callable[[str, Main], int]:
    """Run a coroutine function on the loop of that name."""
    return lambda loop, main: RUNS[loop](main)
