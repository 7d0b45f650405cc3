"""ThreadPoolExecutor with as many threads as the concurrency."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

FETCH = "sync"
LOOPS = ()


def download(fetch: Callable[[str], bytes], urls: Sequence[str], concurrency: int) -> None:
    """Map fetch over the URLs; reading the results raises the first error."""
    with ThreadPoolExecutor(max_workers=concurrency) as pool:
        for _ in pool.map(fetch, urls):
            pass
