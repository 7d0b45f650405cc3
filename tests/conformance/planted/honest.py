"""Raises whatever goes wrong."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.request import urlopen


@contextmanager
def open_client(
    *, concurrency: int, timeout_s: float, ca_file: str | None
) -> Iterator[Callable[[str], bytes]]:
    """Yield a fetch."""
    del concurrency, ca_file

    def fetch(url: str) -> bytes:
        with urlopen(url, timeout=timeout_s) as response:
            body: bytes = response.read()
        return body

    yield fetch
