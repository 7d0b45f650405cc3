"""thread_pool/requests_session as anyone would write it. URLs on standard input; prints seconds per pass."""

import sys
from concurrent.futures import ThreadPoolExecutor
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
        assert all(bodies)  # noqa: S101 - an answer without a body would be no download


if __name__ == "__main__":
    passes, concurrency = int(sys.argv[1]), int(sys.argv[2])
    urls = sys.stdin.read().split()
    for _ in range(passes):
        began = perf_counter()
        main(urls, concurrency)
        print(perf_counter() - began)
