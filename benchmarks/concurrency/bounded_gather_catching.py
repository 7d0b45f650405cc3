"""asyncio.gather behind a semaphore; each task catches its own error, and the caller hears of all at the end."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

FETCH = "async"
LOOPS = ("asyncio", "uvloop")


async def download(fetch: Callable[[str], Awaitable[bytes]], urls: Sequence[str], concurrency: int) -> None:
    """Create all tasks; each waits for a place before it fetches."""
    places = asyncio.Semaphore(concurrency)
    errors: list[Exception] = []

    async def fetch_in_turn(url: str) -> None:
        async with places:
            try:
                await fetch(url)
            except Exception as error:
                errors.append(error)

    await asyncio.gather(*map(fetch_in_turn, urls))
    if errors:
        raise ExceptionGroup(f"{len(errors)} of {len(urls)} images failed", errors)
