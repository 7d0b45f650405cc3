"""get_event_loop without a loop is silent, warns or raises, depending on the Python."""

import asyncio
import sys
import warnings
from collections.abc import Mapping

CLAIM = "asyncio.get_event_loop() outside a coroutine does what the list for its Python version says."
ADVICE = (
    "Start with asyncio.run or asyncio.Runner, and inside a coroutine use asyncio.get_running_loop(). "
    "The low-level way is loop = asyncio.new_event_loop(), run_until_complete, close."
)
PYTHON = (
    "3.11.0 and 3.11.1 made a loop and warned, 3.11.2 and later make one in silence, 3.12 and 3.13 make "
    "one with a DeprecationWarning, 3.14 and later raise RuntimeError. Once asyncio.run has ended, every "
    "version raises."
)


def expected(version: tuple[int, ...]) -> str:
    """What a first call does on this version of Python."""
    if version >= (3, 14):
        return "RuntimeError"
    silent = (3, 11, 2) <= version < (3, 12)
    return "silence" if silent else "DeprecationWarning"


def call() -> str:
    """Call it without a loop and name what happened."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            asyncio.get_event_loop().close()
        except RuntimeError:
            return "RuntimeError"
    return caught[0].category.__name__ if caught else "silence"


def observe() -> tuple[bool, str, Mapping[str, float]]:
    """Call get_event_loop in a process that never had a loop, and once more after asyncio.run."""
    first = call()
    asyncio.run(asyncio.sleep(0))
    later = call()
    want = expected(sys.version_info[:3])
    happened = (
        f"On Python {'.'.join(map(str, sys.version_info[:3]))} the first call gave {first} (expected "
        f"{want}), and after asyncio.run {later} (expected RuntimeError)."
    )
    figures = {"first_as_expected": first == want, "later_as_expected": later == "RuntimeError"}
    return (first, later) == (want, "RuntimeError"), happened, figures
