"""asyncio.TaskGroup over all URLs at once: as gather, but an error cancels the rest."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

FETCH = "async"
LOOPS = ("asyncio", "uvloop")


async def download(fetch: Callable[[str], Awaitable[bytes]], urls: Sequence[str], concurrency: int) -> None:
    """Start everything; ``concurrency`` is left to the client."""
    del concurrency

    async def fetch_one(url: str) -> None:
        await fetch(url)

    async with asyncio.TaskGroup() as group:
        for url in urls:
            group.create_task(fetch_one(url))
