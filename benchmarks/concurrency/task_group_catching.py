"""asyncio.TaskGroup whose tasks catch their own error, so that none cancels the rest; the caller hears of all at the end."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

FETCH = "async"
LOOPS = ("asyncio", "uvloop")


async def download(fetch: Callable[[str], Awaitable[bytes]], urls: Sequence[str], concurrency: int) -> None:
    """Start everything; ``concurrency`` is left to the client."""
    del concurrency
    errors: list[Exception] = []

    async def fetch_one(url: str) -> None:
        try:
            await fetch(url)
        except Exception as error:
            errors.append(error)

    async with asyncio.TaskGroup() as group:
        for url in urls:
            group.create_task(fetch_one(url))
    if errors:
        raise ExceptionGroup(f"{len(errors)} of {len(urls)} images failed", errors)
