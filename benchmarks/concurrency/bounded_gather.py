"""asyncio.gather behind a semaphore, so that only as many fetches start as may be in flight."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

FETCH = "async"
LOOPS = ("asyncio", "uvloop")


async def download(fetch: Callable[[str], Awaitable[bytes]], urls: Sequence[str], concurrency: int) -> None:
    """Create all tasks; each waits for a place before it fetches."""
    places = asyncio.Semaphore(concurrency)

    async def fetch_in_turn(url: str) -> None:
        async with places:
            await fetch(url)

    await asyncio.gather(*map(fetch_in_turn, urls))
