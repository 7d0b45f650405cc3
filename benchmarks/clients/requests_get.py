"""requests.get: a session and a connection of its own for every image, as in the article."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import requests


@contextmanager
def open_client(
    *, concurrency: int, timeout_s: float, ca_file: str | None
) -> Iterator[Callable[[str], bytes]]:
    """Yield a fetch that shares nothing between images, so ``concurrency`` has nothing to size."""
    del concurrency

    def fetch(url: str) -> bytes:
        response = requests.get(url, timeout=timeout_s, verify=ca_file or True)
        response.raise_for_status()
        return response.content

    yield fetch
