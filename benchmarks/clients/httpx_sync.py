"""httpx.Client shared by all threads, its limits set to the concurrency."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx


@contextmanager
def open_client(
    *, concurrency: int, timeout_s: float, ca_file: str | None
) -> Iterator[Callable[[str], bytes]]:
    """Yield a fetch over one pool; the defaults are 100 connections, 20 of them kept alive."""
    limits = httpx.Limits(max_connections=concurrency, max_keepalive_connections=concurrency)
    verify = ssl.create_default_context(cafile=ca_file) if ca_file else True
    with httpx.Client(limits=limits, timeout=timeout_s, verify=verify, follow_redirects=True) as client:

        def fetch(url: str) -> bytes:
            response = client.get(url)
            response.raise_for_status()
            return response.content

        yield fetch
