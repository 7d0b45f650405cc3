"""gather/aiohttp_session/asyncio as anyone would write it. URLs on standard input; prints seconds per pass."""

import asyncio
import sys
from time import perf_counter

import aiohttp


async def main(urls: list[str], concurrency: int) -> None:
    """Download all URLs and keep the bodies."""
    connector = aiohttp.TCPConnector(limit=concurrency)
    timeout = aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, raise_for_status=True) as session:

        async def fetch(url: str) -> bytes:
            async with session.get(url) as response:
                return await response.read()

        bodies = await asyncio.gather(*(fetch(url) for url in urls))
        assert all(bodies)  # noqa: S101 - an answer without a body would be no download


if __name__ == "__main__":
    passes, concurrency = int(sys.argv[1]), int(sys.argv[2])
    urls = sys.stdin.read().split()
    for _ in range(passes):
        began = perf_counter()
        asyncio.run(main(urls, concurrency))
        print(perf_counter() - began)
