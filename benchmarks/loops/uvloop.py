"""asyncio on uvloop, an event loop built on libuv."""

from collections.abc import Callable, Coroutine
from typing import Any

import uvloop


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run main to its end on a new uvloop."""
    uvloop.run(main())
