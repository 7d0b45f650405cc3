"""One pass of a whole program, under a limit of its machine or none: what came, and what was raised. It judges nothing."""

import asyncio
import resource
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import Any

from harness.measure.worker.errors import name_of
from harness.measure.worker.variant import AsyncFetch, SyncFetch, Variant
from harness.measure.worker.words import digest, words


def whole_pass(
    variant: Variant,
    *,
    urls: Sequence[str],
    folder: str | None = None,
    descriptors: int | None = None,
    executor_s: float = 0.0,
    **options: Any,
) -> dict[str, Any]:
    """Run the whole program once.

    Args:
        urls: of the images.
        folder: where bodies are saved; None keeps nothing.
        descriptors: how many this process may have open; None leaves that alone.
        executor_s: for so long the loop's default executor is full of jobs that sleep.
        options: of ``open_client``.

    Returns:
        ``digests``: of the body of each URL, None without one; ``errors``: class -> how many fetches raised it, and the
        words of the first; ``raised``: class of what the model let out, None if nothing; ``last_s``: when the last body
        had come, in seconds from the start.
    """
    if descriptors is not None:
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (descriptors, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
        )
    found = _Found(urls, folder, executor_s)
    raised = None
    began = perf_counter()
    try:
        variant.composed(found, urls, **options)()
    except Exception as error:  # noqa: BLE001 - what the caller is told is the answer
        raised = name_of(error)
    return {
        "digests": found.digests,
        "errors": found.errors,
        "raised": raised,
        "last_s": max(0.0, found.last_at - began),
    }


class _Found:
    """What a whole program fetched."""

    def __init__(self, urls: Sequence[str], folder: str | None, executor_s: float) -> None:
        self._place = {url: place for place, url in enumerate(urls)}
        self._folder = folder
        self._executor_s = executor_s
        self.digests: list[str | None] = [None] * len(urls)
        self.errors: dict[str, list[Any]] = {}
        self.last_at = 0.0

    def sync(self, fetch: SyncFetch) -> SyncFetch:
        self._fill_executor()

        def noted(url: str) -> bytes:
            try:
                body = fetch(url)
                self._keep(url, body)
            except Exception as error:
                self._count(url, error)
                raise
            return body

        return noted

    def asynchronous(self, fetch: AsyncFetch) -> AsyncFetch:
        self._fill_executor()

        async def noted(url: str) -> bytes:
            try:
                body = await fetch(url)
                self._keep(url, body)
            except Exception as error:
                self._count(url, error)
                raise
            return body

        return noted

    def _fill_executor(self) -> None:
        """Give each thread of the running loop's default executor a job that sleeps."""
        if self._executor_s:
            loop = asyncio.get_running_loop()
            for _ in range(ThreadPoolExecutor()._max_workers):  # noqa: SLF001 - as the default executor is sized
                loop.run_in_executor(None, time.sleep, self._executor_s)

    def _keep(self, url: str, body: bytes) -> None:
        place = self._place[url]
        if self._folder is not None:
            with open(f"{self._folder}/{place}", "wb") as file:  # noqa: PTH123 - as the recorder does
                file.write(body)
        self.digests[place] = digest(body)
        self.last_at = perf_counter()

    def _count(self, url: str, error: Exception) -> None:
        self.errors.setdefault(name_of(error), [0, words(error, url)])[0] += 1
