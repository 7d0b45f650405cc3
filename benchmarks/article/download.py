"""Download images with blocking requests in threads and save each to a file.

Run: python benchmarks/article/download.py --base http://127.0.0.1:8000/ cat.jpg dog.jpg
"""

import argparse
import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import requests


def fetch(session: requests.Session, url: str, *, into: Path, timeout_s: float) -> Path:
    """Fetch one image and save it; this runs in a thread, so neither blocks the loop."""
    response = session.get(url, timeout=timeout_s)
    response.raise_for_status()
    path = into / Path(urlsplit(url).path).name
    path.write_bytes(response.content)
    return path


async def main(urls: list[str], into: Path, threads: int = 10) -> list[Path]:
    """Fetch all; an executor of our own, because the default one may be smaller (see the lessons)."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(threads))
    with requests.Session() as session:  # its pool keeps 10 connections, as many as there are threads
        fetches = [asyncio.to_thread(fetch, session, url, into=into, timeout_s=10) for url in urls]
        return await asyncio.gather(*fetches)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Download images into a folder.")
    parser.add_argument("urls", nargs="+", help="of images, whole or relative to --base")
    parser.add_argument("--base", default="", help="URL that the others are relative to")
    parser.add_argument("--into", type=Path, default=Path(), help="folder that exists")
    asked = parser.parse_args()
    print(*asyncio.run(main([urljoin(asked.base, url) for url in asked.urls], asked.into)), sep="\n")
