"""asyncio.gather over all URLs at once: the client's pool decides how many are in flight."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

FETCH = "async"
LOOPS = ("asyncio", "uvloop")


async def download(fetch: Callable[[str], Awaitable[bytes]], urls: Sequence[str], concurrency: int) -> None:
    """Start everything; ``concurrency`` is left to the client."""
    del concurrency
    await asyncio.gather(*(fetch(url) for url in urls))
