"""asyncio.to_thread on a default executor of the right size, gathered with return_exceptions."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

FETCH = "sync"
LOOPS = ("asyncio", "uvloop")


async def download(fetch: Callable[..., bytes], urls: Sequence[str], concurrency: int) -> None:
    """Set the default executor once; every later to_thread of the program uses it too."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(max_workers=concurrency))
    found = await asyncio.gather(*(asyncio.to_thread(fetch, url=url) for url in urls), return_exceptions=True)
    if errors := [error for error in found if isinstance(error, BaseException)]:
        raise BaseExceptionGroup(f"{len(errors)} of {len(urls)} images failed", errors)
