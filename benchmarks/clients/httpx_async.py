"""httpx.AsyncClient shared by all tasks, its limits set to the concurrency."""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx

LOOPS = ("asyncio", "uvloop", "trio")


@asynccontextmanager
async def open_client(
    *, concurrency: int, timeout_s: float, ca_file: str | None
) -> AsyncIterator[Callable[[str], Awaitable[bytes]]]:
    """Yield a fetch over one pool; the defaults are 100 connections, 20 of them kept alive."""
    limits = httpx.Limits(max_connections=concurrency, max_keepalive_connections=concurrency)
    verify = ssl.create_default_context(cafile=ca_file) if ca_file else True
    async with httpx.AsyncClient(
        limits=limits, timeout=timeout_s, verify=verify, follow_redirects=True
    ) as client:

        async def fetch(url: str) -> bytes:
            response = await client.get(url)
            response.raise_for_status()
            return response.content

        yield fetch
