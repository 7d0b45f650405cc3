"""aiohttp that sends a request once: a middleware makes the errors that it would try again into others."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp

LOOPS = ("asyncio", "uvloop")


class NotSent(Exception):  # noqa: N818 - of a test
    """The connection broke."""


async def once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Let no error through that aiohttp would answer with a second request."""
    try:
        return await handler(request)
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise NotSent(str(error)) from error


@asynccontextmanager
async def open_client(
    *, concurrency: int, timeout_s: float, ca_file: str | None
) -> AsyncIterator[Callable[[str], Awaitable[bytes]]]:
    """Yield a fetch."""
    del concurrency, ca_file
    timeout = aiohttp.ClientTimeout(total=timeout_s)
    async with aiohttp.ClientSession(timeout=timeout, raise_for_status=True, middlewares=(once,)) as session:

        async def fetch(url: str) -> bytes:
            async with session.get(url) as response:
                return await response.read()

        yield fetch
