"""asyncio.gather with return_exceptions: an image that fails costs no other, and the caller hears of it at the end."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

FETCH = "async"
LOOPS = ("asyncio", "uvloop")


async def download(fetch: Callable[[str], Awaitable[bytes]], urls: Sequence[str], concurrency: int) -> None:
    """Start everything; ``concurrency`` is left to the client."""
    del concurrency
    found = await asyncio.gather(*(fetch(url) for url in urls), return_exceptions=True)
    if errors := [error for error in found if isinstance(error, BaseException)]:
        raise BaseExceptionGroup(f"{len(errors)} of {len(urls)} images failed", errors)
