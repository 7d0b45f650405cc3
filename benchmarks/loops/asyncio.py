"""The standard library's event loop."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


def run(main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run main to its end on a new asyncio loop."""
    asyncio.run(main())
