"""requests.get inside a coroutine stops the loop and downloads one by one."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from itertools import pairwise
from typing import Any

import requests

CLAIM = (
    "Under gather, coroutines that call requests.get run one after the other, and nothing else runs "
    "meanwhile."
)
ADVICE = (
    "Call await asyncio.to_thread(requests.get, url, timeout=10), or use an async client (aiohttp, httpx)."
)
IMAGES = 5
Fetch = Callable[[str], Coroutine[Any, Any, None]]


class Web:
    """Fetches images and notes when the first fetch began and the last one ended."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def get(self, url: str) -> None:
        """Fetch one image."""
        self.times.append(time.perf_counter())
        requests.get(url, timeout=10).raise_for_status()
        self.times.append(time.perf_counter())

    async def get_here(self, url: str) -> None:
        """Block inside the coroutine."""
        self.get(url)

    async def get_in_thread(self, url: str) -> None:
        """Block a thread of the default executor instead."""
        await asyncio.to_thread(self.get, url)


async def run(web: Web, fetch: Fetch, urls: Sequence[str]) -> tuple[int, float, float]:
    """Return how often a neighbour ran meanwhile, its longest wait and the time of all, in seconds."""
    beats: list[float] = []

    async def neighbour() -> None:
        while True:
            beats.append(time.perf_counter())
            await asyncio.sleep(0.001)

    task = asyncio.create_task(neighbour())
    await asyncio.gather(*map(fetch, urls))
    task.cancel()
    started, ended = min(web.times), max(web.times)
    during = [beat for beat in beats if started < beat < ended]
    longest_s = max(later - earlier for earlier, later in pairwise([started, *during, ended]))
    return len(during), longest_s, ended - started


def observe(urls: Sequence[str]) -> tuple[bool, str, Mapping[str, float]]:
    """Fetch the same images both ways beside a neighbour that wants to run every millisecond."""
    urls = urls[:IMAGES]
    web = Web()
    here_turns, here_stall_s, here_s = asyncio.run(run(web, web.get_here, urls))
    web = Web()
    thread_turns, thread_stall_s, thread_s = asyncio.run(run(web, web.get_in_thread, urls))
    happened = (
        f"{len(urls)} images inside coroutines took {here_s * 1000:.0f} ms, in which the neighbour ran "
        f"{here_turns} times and waited {here_stall_s * 1000:.0f} ms; with to_thread they took "
        f"{thread_s * 1000:.0f} ms, it ran {thread_turns} times, its longest wait "
        f"{thread_stall_s * 1000:.0f} ms."
    )
    figures = {
        "images": len(urls),
        "turns_in_coroutine": here_turns,
        "stall_in_coroutine_s": here_stall_s,
        "wall_in_coroutine_s": here_s,
        "turns_in_thread": thread_turns,
        "stall_in_thread_s": thread_stall_s,
        "wall_in_thread_s": thread_s,
    }
    return here_turns == 0 < thread_turns, happened, figures
