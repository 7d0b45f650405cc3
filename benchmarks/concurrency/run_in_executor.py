"""loop.run_in_executor on the default executor, keyword arguments by partial, as the article ends up."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

FETCH = "sync"
LOOPS = ("asyncio", "uvloop")


async def download(fetch: Callable[..., bytes], urls: Sequence[str], concurrency: int) -> None:
    """Leave ``concurrency`` unused: the default executor has min(32, CPUs + 4) threads, whatever was asked."""
    del concurrency
    loop = asyncio.get_running_loop()
    await asyncio.gather(*(loop.run_in_executor(None, partial(fetch, url=url)) for url in urls))
