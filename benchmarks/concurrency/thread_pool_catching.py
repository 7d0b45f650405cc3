"""ThreadPoolExecutor with a future for each image, every one of which is asked for its error at the end."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

FETCH = "sync"
LOOPS = ()


def download(fetch: Callable[[str], bytes], urls: Sequence[str], concurrency: int) -> None:
    """Submit everything; the end of the block waits for all."""
    with ThreadPoolExecutor(max_workers=concurrency) as pool:
        futures = [pool.submit(fetch, url) for url in urls]
    if errors := [error for future in futures if (error := future.exception())]:
        raise BaseExceptionGroup(f"{len(errors)} of {len(urls)} images failed", errors)
