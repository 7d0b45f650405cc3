"""urllib3 that reads piece by piece, and looks at the clock."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from time import monotonic

import urllib3


@contextmanager
def open_client(
    *, concurrency: int, timeout_s: float, ca_file: str | None
) -> Iterator[Callable[[str], bytes]]:
    """Yield a fetch."""
    with urllib3.PoolManager(maxsize=concurrency, timeout=timeout_s, retries=False, ca_certs=ca_file) as pool:

        def fetch(url: str) -> bytes:
            ends = monotonic() + timeout_s
            pieces = []
            with closing(pool.request("GET", url, preload_content=False)) as response:
                if not 200 <= response.status < 300:
                    raise RuntimeError(f"HTTP status {response.status}")
                if not {"Content-Length", "Transfer-Encoding"} & {*response.headers}:
                    raise ConnectionError("the head was cut off")
                while piece := response.read1(65_536):
                    pieces.append(piece)
                    if monotonic() > ends:
                        raise TimeoutError("it took too long")
            return b"".join(pieces)

        yield fetch
