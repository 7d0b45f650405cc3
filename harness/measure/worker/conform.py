"""What a client does with one bad image. It judges nothing."""

import gc
import os
import threading
import time
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

from harness.measure.worker.errors import name_of
from harness.measure.worker.retry import sleep
from harness.measure.worker.variant import Variant
from harness.measure.worker.words import digest, words

SETTLE_S = 0.1  # a loop closes what it was told to close in its next turns
Visit = tuple[str, float]  # a URL, and the seconds to wait before it is fetched


def meet(variant: Variant, *, visits: Sequence[Visit], **options: Any) -> dict[str, Any]:
    """Open the client, fetch these one after the other whatever comes of them, and close the client.

    Args:
        options: of ``open_client``.

    Returns:
        ``fetches``: took_s, and either sha256 and bytes or error and message; ``held``: descriptors and threads before
        the client was opened, after the first fetch, after the last, and when it was closed.
    """
    notes = _Notes()
    open_client = variant.client.open_client
    if not variant.is_async:
        notes.look()
        with open_client(**options) as fetch:
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
        async with open_client(**options) as fetch:
            for url, pause_s in visits:
                await sleep(pause_s)
                with notes.taken(url) as keep:
                    keep(await fetch(url))
                notes.look_once()
            await sleep(SETTLE_S)
            notes.look()
        await sleep(SETTLE_S)
        notes.look()

    variant.run(main)
    return notes.told()


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
        self._found = {"sha256": digest(body), "bytes": len(body) if isinstance(body, bytes) else 0}

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        if isinstance(error, Exception):
            self._found = {"error": name_of(error), "message": words(error, self._url)}
            error = None
        self._fetches.append({"took_s": perf_counter() - self._began, **self._found})
        return error is None
