"""A fixed number of worker tasks that take URLs from an asyncio.Queue."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

FETCH = "async"
LOOPS = ("asyncio", "uvloop")


async def download(fetch: Callable[[str], Awaitable[bytes]], urls: Sequence[str], concurrency: int) -> None:
    """Fill the queue, then let ``concurrency`` workers empty it; the group raises the first error."""
    queue: asyncio.Queue[str] = asyncio.Queue()
    for url in urls:
        queue.put_nowait(url)

    async def work() -> None:
        while not queue.empty():
            await fetch(queue.get_nowait())

    async with asyncio.TaskGroup() as group:
        for _ in range(concurrency):
            group.create_task(work())
