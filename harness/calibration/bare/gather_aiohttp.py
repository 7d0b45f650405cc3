"""gather/aiohttp_session/asyncio as anyone would write it. A file of URLs; one pass per line of input."""

import asyncio
import gc
import sys
from pathlib import Path
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
        assert all(bodies)


if __name__ == "__main__":
    urls = Path(sys.argv[1]).read_text().split()
    concurrency = int(sys.argv[2])
    for _ in sys.stdin:
        gc.collect()  # each pass begins as in a program of its own
        began = perf_counter()
        asyncio.run(main(urls, concurrency))
        print(perf_counter() - began, flush=True)
