"""asyncio.run refuses to start inside a running loop."""

import asyncio
from collections.abc import Mapping

CLAIM = "asyncio.run called from inside a coroutine is a RuntimeError: one thread runs one loop at a time."
ADVICE = (
    "Inside a coroutine await the other coroutine. A notebook runs a loop already: await there too. From "
    "blocking code in a thread, asyncio.run_coroutine_threadsafe(coroutine, loop).result()."
)
CALLS = 3


async def fetch() -> str:
    """Stand for a download."""
    await asyncio.sleep(0)
    return "image"


async def main() -> tuple[list[str], list[str]]:
    """Return the errors of the nested runs, and what await of the same function gives."""
    errors = []
    for nested in [fetch() for _ in range(CALLS)]:
        try:
            asyncio.run(nested)
        except RuntimeError as caught:
            errors.append(f"RuntimeError: {caught}")
            nested.close()
    return errors, [await fetch() for _ in range(CALLS)]


def observe() -> tuple[bool, str, Mapping[str, float]]:
    """Run a coroutine that calls asyncio.run, then awaits instead."""
    errors, awaited = asyncio.run(main())
    refused, worked = len(errors), awaited.count("image")
    happened = (
        f"{refused} of {CALLS} nested calls were refused ({', '.join(sorted(set(errors)))}); "
        f"{worked} of {CALLS} awaits gave an image."
    )
    figures = {"calls": CALLS, "nested_runs_refused": refused, "awaits_worked": worked}
    return refused == worked == CALLS, happened, figures
