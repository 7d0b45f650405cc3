"""loop.run_in_executor on an executor with as many threads as the concurrency."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

FETCH = "sync"
LOOPS = ("asyncio", "uvloop")


async def download(fetch: Callable[..., bytes], urls: Sequence[str], concurrency: int) -> None:
    """Give the loop an executor of the right size, for this download only."""
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(max_workers=concurrency) as pool:
        await asyncio.gather(*(loop.run_in_executor(pool, partial(fetch, url=url)) for url in urls))
