"""asyncio.to_thread on the default executor, with keyword arguments, as in the article."""

import asyncio
import os
from collections.abc import Callable, Sequence

FETCH = "sync"
LOOPS = ("asyncio", "uvloop")
# The threads of the default executor. Since Python 3.13 only the CPUs that the process may use count.
IN_FLIGHT = min(32, (getattr(os, "process_cpu_count", os.cpu_count)() or 1) + 4)


async def download(fetch: Callable[..., bytes], urls: Sequence[str], concurrency: int) -> None:
    """Leave ``concurrency`` unused: the default executor has its own number of threads, whatever was asked."""
    del concurrency
    await asyncio.gather(*(asyncio.to_thread(fetch, url=url) for url in urls))
