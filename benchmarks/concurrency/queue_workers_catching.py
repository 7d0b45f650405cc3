"""A fixed number of workers on an asyncio.Queue that go on after an error; the caller hears of all at the end."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

FETCH = "async"
LOOPS = ("asyncio", "uvloop")


async def download(fetch: Callable[[str], Awaitable[bytes]], urls: Sequence[str], concurrency: int) -> None:
    """Fill the queue, then let ``concurrency`` workers empty it."""
    queue: asyncio.Queue[str] = asyncio.Queue()
    for url in urls:
        queue.put_nowait(url)
    errors: list[Exception] = []

    async def work() -> None:
        while not queue.empty():
            try:
                await fetch(queue.get_nowait())
            except Exception as error:
                errors.append(error)

    async with asyncio.TaskGroup() as group:
        for _ in range(concurrency):
            group.create_task(work())
    if errors:
        raise ExceptionGroup(f"{len(errors)} of {len(urls)} images failed", errors)
