"""Tries again by itself."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.error import URLError
from urllib.request import urlopen


@contextmanager
def open_client(
    *, concurrency: int, timeout_s: float, ca_file: str | None
) -> Iterator[Callable[[str], bytes]]:
    """Yield a fetch."""
    del concurrency, ca_file

    def fetch_once(url: str) -> bytes:
        with urlopen(url, timeout=timeout_s) as response:
            body: bytes = response.read()
        return body

    def fetch(url: str) -> bytes:
        try:
            return fetch_once(url)
        except URLError:
            return fetch_once(url)

    yield fetch
