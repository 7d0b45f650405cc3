"""requests.Session shared by all threads, its connection pool sized to the concurrency."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import requests
from requests.adapters import HTTPAdapter


@contextmanager
def open_client(
    *, concurrency: int, timeout_s: float, ca_file: str | None
) -> Iterator[Callable[[str], bytes]]:
    """Yield a fetch over one pool; the default of 10 would open surplus connections and throw them away."""
    with requests.Session() as session:
        adapter = HTTPAdapter(pool_maxsize=concurrency)
        session.mount("http://", adapter)
        session.mount("https://", adapter)

        def fetch(url: str) -> bytes:
            response = session.get(url, timeout=timeout_s, verify=ca_file or True)
            response.raise_for_status()
            return response.content

        yield fetch
