"""A to_thread without await never runs."""

import asyncio
import gc
import warnings
from collections.abc import Mapping

CLAIM = "asyncio.to_thread(function) only makes a coroutine: without await the function never runs."
ADVICE = (
    "Await it, or make it a task and keep the task. mypy says so before it happens (unused-coroutine); "
    "python -W error makes the late warning loud."
)
WAIT_S = 0.1


async def forget_then_await() -> tuple[int, int]:
    """Return how often the function had run after it was forgotten, and after it was awaited."""
    runs: list[int] = []
    asyncio.to_thread(runs.append, 1)  # type: ignore[unused-coroutine]  # the trap itself
    await asyncio.sleep(WAIT_S)
    forgotten = len(runs)
    await asyncio.to_thread(runs.append, 1)
    return forgotten, len(runs)


def observe() -> tuple[bool, str, Mapping[str, float]]:
    """Call to_thread without await, give it time, then call it with await."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        forgotten, awaited = asyncio.run(forget_then_await())
        gc.collect()
    warned = sum("never awaited" in str(warning.message) for warning in caught)
    happened = (
        f"{WAIT_S * 1000:.0f} ms after the call without await the function had run {forgotten} times, with "
        f"{warned} RuntimeWarning as the only sign; after the call with await {awaited} time."
    )
    figures = {"runs_without_await": forgotten, "runs_with_await": awaited, "warnings": warned}
    return (forgotten, awaited) == (0, 1), happened, figures
