"""What a client does with one bad image, and what a whole program does under a limit of its machine. It judges nothing."""

import asyncio
import gc
import os
import re
import resource
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from time import perf_counter
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from harness.measure.worker.contender import is_async_client, load
from harness.measure.worker.spec import Program

SETTLE_S = 0.1  # a loop closes what it was told to close in its next turns
MOST_LETTERS = 240
Visit = tuple[str, float]  # a URL, and the seconds to wait before it is fetched


class Subject:
    """A variant, ready to be looked at.

    Args:
        program: the files that make it; the model is driven by ``strain`` alone.
    """

    def __init__(self, program: Program) -> None:
        self._client = load(program.client)
        self._model = load(program.concurrency_model)
        self._loop = load(program.loop) if program.loop else None

    def meet(self, *, visits: Sequence[Visit], **options: Any) -> dict[str, Any]:
        """Open the client, fetch these one after the other whatever comes of them, and close the client.

        Args:
            options: of ``open_client``.

        Returns:
            ``fetches``: took_s, and either sha256 and bytes or error and message; ``held``: descriptors and threads before
            the client was opened, after the first fetch, after the last, and when it was closed.
        """
        notes = _Notes()
        if not is_async_client(self._client):
            notes.look()
            with self._client.open_client(**options) as fetch:
                for url, pause_s in visits:
                    time.sleep(pause_s)
                    with notes.taken(url) as keep:
                        keep(fetch(url))
                    notes.look_once()
                notes.look()
            notes.look()
            return notes.told()

        async def main() -> None:
            notes.look()
            async with self._client.open_client(**options) as fetch:
                for url, pause_s in visits:
                    await pause(pause_s)
                    with notes.taken(url) as keep:
                        keep(await fetch(url))
                    notes.look_once()
                await pause(SETTLE_S)
                notes.look()
            await pause(SETTLE_S)
            notes.look()

        _running(self._loop).run(main)
        return notes.told()

    def strain(
        self,
        *,
        urls: Sequence[str],
        folder: str | None = None,
        descriptors: int | None = None,
        executor_s: float = 0.0,
        **options: Any,
    ) -> dict[str, Any]:
        """Run the whole program once, under a limit.

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
        ledger = _Ledger(urls, folder)
        raised = None
        began = perf_counter()
        try:
            self._run(ledger, urls, executor_s, options)
        except Exception as error:  # noqa: BLE001 - what the caller is told is the answer
            raised = _class(error)
        return {
            "digests": ledger.digests,
            "errors": ledger.errors,
            "raised": raised,
            "last_s": max(0.0, ledger.last_at - began),
        }

    def _run(
        self, ledger: "_Ledger", urls: Sequence[str], executor_s: float, options: dict[str, Any]
    ) -> None:
        client, model, loop = self._client, self._model, self._loop
        concurrency = options["concurrency"]
        if loop is None:
            with client.open_client(**options) as fetch:
                model.download(ledger.sync(fetch), urls, concurrency)
            return

        async def main() -> None:
            if executor_s:
                _fill_executor(executor_s)
            if is_async_client(client):
                async with client.open_client(**options) as fetch:
                    await model.download(ledger.asynchronous(fetch), urls, concurrency)
            else:
                with client.open_client(**options) as fetch:
                    await model.download(ledger.sync(fetch), urls, concurrency)

        loop.run(main)


class _Notes:
    """What became of each fetch, and what the process held in between."""

    def __init__(self) -> None:
        self._fetches: list[dict[str, Any]] = []
        self._held: list[tuple[int, int]] = []

    def taken(self, url: str) -> "_Fetch":
        return _Fetch(url, self._fetches)

    def look(self) -> None:
        """Count descriptors and threads; what only waits to be collected is not held."""
        gc.collect()
        self._held.append((len(os.listdir("/dev/fd")), threading.active_count()))  # noqa: PTH208 - no path is wanted

    def look_once(self) -> None:
        """Count after the first fetch."""
        if len(self._fetches) == 1:
            self.look()

    def told(self) -> dict[str, Any]:
        return {"fetches": self._fetches, "held": self._held}


class _Fetch:
    """One fetch: how long it took, and its body or its error; of that only words are kept, for it may hold a connection."""

    def __init__(self, url: str, fetches: list[dict[str, Any]]) -> None:
        self._url, self._fetches = url, fetches
        self._found: dict[str, Any] = {}

    def __enter__(self) -> Callable[[Any], None]:
        self._began = perf_counter()
        return self._keep

    def _keep(self, body: Any) -> None:
        self._found = {"sha256": _digest(body), "bytes": len(body) if isinstance(body, bytes) else 0}

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        if isinstance(error, Exception):
            self._found = {"error": _class(error), "message": _words(error, self._url)}
            error = None
        self._fetches.append({"took_s": perf_counter() - self._began, **self._found})
        return error is None


class _Ledger:
    """What a whole program fetched."""

    def __init__(self, urls: Sequence[str], folder: str | None) -> None:
        self._place = {url: place for place, url in enumerate(urls)}
        self._folder = folder
        self.digests: list[str | None] = [None] * len(urls)
        self.errors: dict[str, list[Any]] = {}
        self.last_at = 0.0

    def sync(self, fetch: Callable[[str], bytes]) -> Callable[[str], bytes]:
        def noted(url: str) -> bytes:
            try:
                body = fetch(url)
                self._keep(url, body)
            except Exception as error:
                self._count(url, error)
                raise
            return body

        return noted

    def asynchronous(self, fetch: Callable[[str], Awaitable[bytes]]) -> Callable[[str], Awaitable[bytes]]:
        async def noted(url: str) -> bytes:
            try:
                body = await fetch(url)
                self._keep(url, body)
            except Exception as error:
                self._count(url, error)
                raise
            return body

        return noted

    def _keep(self, url: str, body: bytes) -> None:
        place = self._place[url]
        if self._folder is not None:
            with open(f"{self._folder}/{place}", "wb") as file:  # noqa: PTH123 - as the recorder does
                file.write(body)
        self.digests[place] = _digest(body)
        self.last_at = perf_counter()

    def _count(self, url: str, error: Exception) -> None:
        self.errors.setdefault(_class(error), [0, _words(error, url)])[0] += 1


def _fill_executor(seconds: float) -> None:
    """Give each thread of the running loop's default executor a job that sleeps."""
    loop = asyncio.get_running_loop()
    for _ in range(ThreadPoolExecutor()._max_workers):  # noqa: SLF001 - as the default executor is sized
        loop.run_in_executor(None, time.sleep, seconds)


async def pause(seconds: float) -> None:
    """Wait on whatever loop runs."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        await sys.modules["trio"].sleep(seconds)
    else:
        await asyncio.sleep(seconds)


def _running(loop: ModuleType | None) -> ModuleType:
    assert loop is not None  # noqa: S101 - no model drives an async client without one
    return loop


def _digest(body: Any) -> str:
    return sha256(body).hexdigest() if isinstance(body, bytes) else type(body).__name__


def _class(error: BaseException) -> str:
    """Its class in full; of a group, that of its first leaf."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _words(error: BaseException, url: str) -> str:
    """What it says in one line, and what the system said beneath it; nothing that differs from one run to the next."""
    said, seen = _line(error, url), {id(error)}
    cause = error.__cause__ or error.__context__
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        beneath = cause
        cause = cause.__cause__ or cause.__context__
        if cause is None and isinstance(beneath, OSError) and (words := _line(beneath, url)) not in said:
            said = f"{said} (from {_class(beneath)}: {words})"
    return said.encode(errors="replace").decode()[:MOST_LETTERS]


def _line(error: BaseException, url: str) -> str:
    parts = urlsplit(url)
    text = " ".join(str(error).split()).replace(url, "URL").replace(parts.path, "/IMAGE")
    text = re.sub(r" at 0x[0-9a-f]+", "", text)
    return text.replace(f"{parts.hostname}:{parts.port}", "HOST").replace(f"port={parts.port}", "port=PORT")
