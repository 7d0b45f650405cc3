"""urllib3.PoolManager, what requests itself stands on, sized to the concurrency."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from urllib.error import HTTPError

import urllib3


@contextmanager
def open_client(
    *, concurrency: int, timeout_s: float, ca_file: str | None
) -> Iterator[Callable[[str], bytes]]:
    """Yield a fetch over one pool that never opens more than ``concurrency`` connections to a host."""
    # Follow, and try nothing again: not after a Retry-After either.
    retries = urllib3.Retry(connect=0, read=0, other=0, redirect=5, respect_retry_after_header=False)
    with urllib3.PoolManager(
        maxsize=concurrency, block=True, timeout=timeout_s, retries=retries, ca_certs=ca_file
    ) as pool:

        def fetch(url: str) -> bytes:
            response = pool.request("GET", url)
            if not HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES:
                # Its headers are there for Retry-After; it reads them as a mapping, though typeshed wants a Message.
                raise HTTPError(url, response.status, response.reason or "", response.headers, None)  # type: ignore[arg-type] # a mapping will do
            return response.data

        yield fetch
