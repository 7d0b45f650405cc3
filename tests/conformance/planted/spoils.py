"""Fails once more after a failure."""

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
    failed: list[URLError] = []

    def fetch(url: str) -> bytes:
        if failed:
            raise ConnectionError(str(failed.pop()))
        try:
            with urlopen(url, timeout=timeout_s) as response:
                body: bytes = response.read()
        except URLError as error:
            failed.append(error)
            raise
        return body

    yield fetch
