"""asyncio.to_thread on the default executor, with keyword arguments, as in the article."""

import asyncio
from collections.abc import Callable, Sequence

FETCH = "sync"
LOOPS = ("asyncio", "uvloop")


async def download(fetch: Callable[..., bytes], urls: Sequence[str], concurrency: int) -> None:
    """Leave ``concurrency`` unused: the default executor has min(32, CPUs + 4) threads, whatever was asked."""
    del concurrency
    await asyncio.gather(*(asyncio.to_thread(fetch, url=url) for url in urls))
