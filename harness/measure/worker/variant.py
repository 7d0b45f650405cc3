"""A variant loaded in this process: its files, put together into what a user's program would be. It judges nothing."""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from itertools import repeat
from types import ModuleType
from typing import Any, Protocol

from harness.measure.worker.contender import is_async_client, load
from harness.measure.worker.spec import Program

SyncFetch = Callable[[str], bytes]
AsyncFetch = Callable[[str], Awaitable[bytes]]


class Recording(Protocol):
    """What stands between a model and the fetch of a client."""

    def sync(self, fetch: SyncFetch) -> SyncFetch:
        """Wrap a sync fetch."""

    def asynchronous(self, fetch: AsyncFetch) -> AsyncFetch:
        """Wrap an async fetch."""


class Variant:
    """A client, a concurrency model, and a loop where the model needs one.

    Args:
        program: the files that make it.
    """

    def __init__(self, program: Program) -> None:
        self.client = load(program.client)
        self._model = load(program.concurrency_model)
        self._loop = load(program.loop) if program.loop else None

    @property
    def modules(self) -> list[ModuleType]:
        """What was loaded."""
        return [self.client, self._model, *([self._loop] if self._loop else [])]

    @property
    def is_async(self) -> bool:
        """Whether its client is."""
        return is_async_client(self.client)

    def run(self, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run a coroutine on its loop."""
        assert self._loop is not None  # noqa: S101 - no model drives an async client without one
        self._loop.run(main)

    def composed(
        self, recording: Recording, urls: Sequence[str], *, times: int = 1, **options: Any
    ) -> Callable[[], None]:
        """Return what opens the client, downloads all URLs so many times through it, and closes it.

        Args:
            options: of ``open_client``; its concurrency is the model's too.
        """
        open_client, download, loop = self.client.open_client, self._model.download, self._loop
        concurrency = options["concurrency"]

        def plain() -> None:
            with open_client(**options) as fetch:
                for _ in repeat(None, times):
                    download(recording.sync(fetch), urls, concurrency)

        async def sync_client() -> None:
            with open_client(**options) as fetch:
                for _ in repeat(None, times):
                    await download(recording.sync(fetch), urls, concurrency)

        async def async_client() -> None:
            async with open_client(**options) as fetch:
                for _ in repeat(None, times):
                    await download(recording.asynchronous(fetch), urls, concurrency)

        if loop is None:
            return plain
        main: Callable[[], Coroutine[Any, Any, None]] = async_client if self.is_async else sync_client
        return lambda: loop.run(main)
