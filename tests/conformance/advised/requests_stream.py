"""requests that reads piece by piece, and looks at the clock."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

import requests


@contextmanager
def open_client(
    *, concurrency: int, timeout_s: float, ca_file: str | None
) -> Iterator[Callable[[str], bytes]]:
    """Yield a fetch."""
    del concurrency
    with requests.Session() as session:

        def fetch(url: str) -> bytes:
            ends = monotonic() + timeout_s
            pieces = []
            with session.get(url, timeout=timeout_s, verify=ca_file or True, stream=True) as response:
                response.raise_for_status()
                if not {"Content-Length", "Transfer-Encoding"} & {*response.headers}:
                    raise ConnectionError("the head was cut off")
                while piece := response.raw.read1(65_536, decode_content=True):
                    pieces.append(piece)
                    if monotonic() > ends:
                        raise TimeoutError("it took too long")
            return b"".join(pieces)

        yield fetch
