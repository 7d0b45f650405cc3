"""httpx.AsyncClient over HTTP/2, a semaphore around its requests, as they share connections."""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import anyio
import h2  # noqa: F401 - what httpx speaks HTTP/2 by: without it this client is unavailable, and says so
import httpx

LOOPS = ("asyncio", "uvloop", "trio")
HTTP = ("2",)


@asynccontextmanager
async def open_client(
    *, concurrency: int, timeout_s: float, ca_file: str | None
) -> AsyncIterator[Callable[[str], Awaitable[bytes]]]:
    """Yield a fetch over one pool; by itself it has up to 100 requests under way on each connection."""
    limits = httpx.Limits(max_connections=concurrency, max_keepalive_connections=concurrency)
    verify = ssl.create_default_context(cafile=ca_file) if ca_file else True
    free = anyio.Semaphore(concurrency, fast_acquire=True)
    async with httpx.AsyncClient(
        http1=False, http2=True, limits=limits, timeout=timeout_s, verify=verify, follow_redirects=True
    ) as client:

        async def fetch(url: str) -> bytes:
            async with free:
                response = await client.get(url)
            response.raise_for_status()
            return response.content

        yield fetch
