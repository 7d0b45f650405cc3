"""asyncio.wait refuses bare coroutines."""

import asyncio
from collections.abc import Mapping
from typing import Any

CLAIM = "asyncio.wait([coroutine, ...]) is a TypeError; it takes tasks."
ADVICE = (
    "Make tasks: await asyncio.wait([asyncio.create_task(c) for c in coroutines]). Where all results are "
    "wanted, asyncio.gather or asyncio.TaskGroup say it in fewer words."
)
PYTHON = "Deprecated since 3.8, refused since 3.11."
COROUTINES = 3


async def fetch(number: int) -> int:
    """Stand for a download."""
    await asyncio.sleep(0)
    return number


async def both_ways() -> tuple[str, int]:
    """Return the error for bare coroutines, and how many tasks were done."""
    # Typed as Any because a type checker refuses them too.
    bare: list[Any] = [fetch(number) for number in range(COROUTINES)]
    error = "nothing"
    try:
        await asyncio.wait(bare)
    except TypeError as caught:
        error = f"TypeError: {caught}"
        for coroutine in bare:
            coroutine.close()
    done, _ = await asyncio.wait([asyncio.create_task(fetch(number)) for number in range(COROUTINES)])
    return error, len(done)


def observe() -> tuple[bool, str, Mapping[str, float]]:
    """Wait for three coroutines, first bare, then as tasks."""
    error, done = asyncio.run(both_ways())
    refused = error.startswith("TypeError")
    happened = (
        f"{COROUTINES} bare coroutines raised {error.rstrip('.')}; of {COROUTINES} tasks {done} were done."
    )
    return refused and done == COROUTINES, happened, {"bare_refused": refused, "tasks_done": done}
