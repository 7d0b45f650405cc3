"""httpx.Client that reads piece by piece, and looks at the clock."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

import httpx


@contextmanager
def open_client(
    *, concurrency: int, timeout_s: float, ca_file: str | None
) -> Iterator[Callable[[str], bytes]]:
    """Yield a fetch."""
    verify = ssl.create_default_context(cafile=ca_file) if ca_file else True
    limits = httpx.Limits(max_connections=concurrency, max_keepalive_connections=0)
    with httpx.Client(limits=limits, timeout=timeout_s, verify=verify) as client:

        def fetch(url: str) -> bytes:
            ends = monotonic() + timeout_s
            pieces = []
            with client.stream("GET", url) as response:
                response.raise_for_status()
                for piece in response.iter_bytes():
                    pieces.append(piece)
                    if monotonic() > ends:
                        raise TimeoutError("it took too long")
            return b"".join(pieces)

        yield fetch
