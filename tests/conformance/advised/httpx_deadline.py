"""httpx.AsyncClient with a connection for every image and a time for all of it."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx

LOOPS = ("asyncio",)


@asynccontextmanager
async def open_client(
    *, concurrency: int, timeout_s: float, ca_file: str | None
) -> AsyncIterator[Callable[[str], Awaitable[bytes]]]:
    """Yield a fetch."""
    verify = ssl.create_default_context(cafile=ca_file) if ca_file else True
    limits = httpx.Limits(max_connections=concurrency, max_keepalive_connections=0)
    async with httpx.AsyncClient(limits=limits, timeout=timeout_s, verify=verify) as client:

        async def fetch(url: str) -> bytes:
            async with asyncio.timeout(timeout_s):
                response = await client.get(url)
            response.raise_for_status()
            return response.content

        yield fetch
