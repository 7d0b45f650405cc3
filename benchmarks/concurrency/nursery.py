"""A trio nursery behind a capacity limiter."""

from collections.abc import Awaitable, Callable, Sequence

import trio

FETCH = "async"
LOOPS = ("trio",)


async def download(fetch: Callable[[str], Awaitable[bytes]], urls: Sequence[str], concurrency: int) -> None:
    """Start all tasks; each waits for a place before it fetches."""
    places = trio.CapacityLimiter(concurrency)

    async def fetch_in_turn(url: str) -> None:
        async with places:
            await fetch(url)

    async with trio.open_nursery() as nursery:
        for url in urls:
            nursery.start_soon(fetch_in_turn, url)
