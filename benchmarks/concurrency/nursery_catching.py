"""A trio nursery behind a capacity limiter; each task catches its own error, and the caller hears of all at the end."""

from collections.abc import Awaitable, Callable, Sequence

import trio

FETCH = "async"
LOOPS = ("trio",)


async def download(fetch: Callable[[str], Awaitable[bytes]], urls: Sequence[str], concurrency: int) -> None:
    """Start all tasks; each waits for a place before it fetches."""
    places = trio.CapacityLimiter(concurrency)
    errors: list[Exception] = []

    async def fetch_in_turn(url: str) -> None:
        async with places:
            try:
                await fetch(url)
            except Exception as error:
                errors.append(error)

    async with trio.open_nursery() as nursery:
        for url in urls:
            nursery.start_soon(fetch_in_turn, url)
    if errors:
        raise ExceptionGroup(f"{len(errors)} of {len(urls)} images failed", errors)
