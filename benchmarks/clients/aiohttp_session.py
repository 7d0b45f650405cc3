"""aiohttp.ClientSession shared by all tasks, its connector limited to the concurrency."""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp

LOOPS = ("asyncio", "uvloop")


@asynccontextmanager
async def open_client(
    *, concurrency: int, timeout_s: float, ca_file: str | None
) -> AsyncIterator[Callable[[str], Awaitable[bytes]]]:
    """Yield a fetch over one connector; its default limit is 100."""
    connector = aiohttp.TCPConnector(
        limit=concurrency, ssl=ssl.create_default_context(cafile=ca_file) if ca_file else True
    )
    timeout = aiohttp.ClientTimeout(total=timeout_s)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, raise_for_status=True) as session:

        async def fetch(url: str) -> bytes:
            async with session.get(url) as response:
                return await response.read()

        yield fetch
