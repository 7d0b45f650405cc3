"""loop.run_in_executor on the default executor, keyword arguments by partial, as the article ends up."""

import asyncio
import os
from collections.abc import Callable, Sequence
from functools import partial

FETCH = "sync"
LOOPS = ("asyncio", "uvloop")
# The threads of the default executor. Since Python 3.13 only the CPUs that the process may use count.
IN_FLIGHT = min(32, (getattr(os, "process_cpu_count", os.cpu_count)() or 1) + 4)


async def download(fetch: Callable[..., bytes], urls: Sequence[str], concurrency: int) -> None:
    """Leave ``concurrency`` unused: the default executor has its own number of threads, whatever was asked."""
    del concurrency
    loop = asyncio.get_running_loop()
    await asyncio.gather(*(loop.run_in_executor(None, partial(fetch, url=url)) for url in urls))
