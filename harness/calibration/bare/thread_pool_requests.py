"""thread_pool/requests_session as anyone would write it. A file of URLs; one pass per line of input."""

import gc
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter

import requests
from requests.adapters import HTTPAdapter


def main(urls: list[str], concurrency: int) -> None:
    """Download all URLs and keep the bodies."""
    with requests.Session() as session:
        session.mount("http://", HTTPAdapter(pool_maxsize=concurrency))

        def fetch(url: str) -> bytes:
            response = session.get(url, timeout=60)
            response.raise_for_status()
            return response.content

        with ThreadPoolExecutor(concurrency) as pool:
            bodies = list(pool.map(fetch, urls))
        assert all(bodies)


if __name__ == "__main__":
    urls = Path(sys.argv[1]).read_text().split()
    concurrency = int(sys.argv[2])
    for _ in sys.stdin:
        gc.collect()  # each pass begins as in a program of its own
        began = perf_counter()
        main(urls, concurrency)
        print(perf_counter() - began, flush=True)
