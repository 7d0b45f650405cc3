"""run_in_executor takes no keyword arguments."""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any

CLAIM = (
    "loop.run_in_executor(None, get, url, timeout=5) is a TypeError; functools.partial or to_thread "
    "pass keywords."
)
ADVICE = (
    "Write await asyncio.to_thread(get, url, timeout=5); with an executor of your own, "
    "await loop.run_in_executor(executor, partial(get, url, timeout=5))."
)
OTHER_WAYS = 2


def get(url: str, *, timeout: float) -> tuple[str, float]:
    """Stand for requests.get: give back what arrived."""
    return url, timeout


async def three_ways() -> tuple[str, int]:
    """Return the error of the first way, and how many of the other two passed the keyword."""
    # Any, because a type checker refuses the call, as it should: the lesson is what Python itself says.
    loop: Any = asyncio.get_running_loop()
    error = "nothing"
    try:
        await loop.run_in_executor(None, get, "a.jpg", timeout=5)
    except TypeError as caught:
        error = f"TypeError: {caught}"
    answers = [
        await loop.run_in_executor(None, partial(get, "a.jpg", timeout=5)),
        await asyncio.to_thread(get, "a.jpg", timeout=5),
    ]
    return error, answers.count(("a.jpg", 5))


def observe() -> tuple[bool, str, Mapping[str, float]]:
    """Call get with a keyword in a thread, three ways."""
    error, passed = asyncio.run(three_ways())
    refused = error.startswith("TypeError")
    happened = f"The plain call raised {error}; {passed} of the {OTHER_WAYS} other ways passed the keyword."
    return (
        refused and passed == OTHER_WAYS,
        happened,
        {"plain_call_refused": refused, "other_ways_passed": passed},
    )
