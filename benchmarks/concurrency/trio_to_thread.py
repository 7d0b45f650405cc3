"""trio.to_thread.run_sync with a capacity limiter; without one trio allows 40 threads."""

from collections.abc import Callable, Sequence

import trio

FETCH = "sync"
LOOPS = ("trio",)


async def download(fetch: Callable[[str], bytes], urls: Sequence[str], concurrency: int) -> None:
    """Start all tasks; each waits for a thread."""
    places = trio.CapacityLimiter(concurrency)

    async def fetch_in_thread(url: str) -> None:
        await trio.to_thread.run_sync(fetch, url, limiter=places)

    async with trio.open_nursery() as nursery:
        for url in urls:
            nursery.start_soon(fetch_in_thread, url)
