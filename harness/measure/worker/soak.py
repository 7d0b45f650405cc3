"""One client opened once, and batch after batch through it: bodies are checked, failures counted, and nothing is timed."""

from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from hashlib import sha256
from itertools import count
from time import monotonic
from types import ModuleType
from typing import Any

from harness.measure.worker import retry
from harness.measure.worker.contender import is_async_client
from harness.measure.worker.errors import name_of
from harness.measure.worker.spec import Downloads, Rule

ONCE = Rule(attempts=1, backoff_s=0.0, give_up_s=0.0, seed=0)


class Account:
    """What became of every image, by the place of its URL.

    Args:
        urls: of one batch.
        digests: SHA-256 of what each gives.
        rule: of the retries; None tries each image once.
    """

    def __init__(self, urls: Sequence[str], digests: Sequence[str], rule: Rule | None) -> None:
        self._place = {url: place for place, url in enumerate(urls)}
        self._digests = digests
        self._rule = rule or ONCE
        self._verified = [0] * len(urls)
        self._wrong = [0] * len(urls)
        self._failed: list[Counter[str]] = [Counter() for _ in urls]
        self._attempts = count()  # threads share it, and its step is one

    def sync(self, fetch: Callable[[str], bytes]) -> Callable[[str], bytes]:
        """Wrap a sync fetch; it never raises, so that a batch goes on whatever the model does about errors."""
        tried = retry.sync(fetch, self._rule, self._note)

        def counted(url: str) -> bytes:
            place = self._place[url]
            try:
                return self._counted(place, tried(url, place))
            except Exception as error:  # noqa: BLE001 - any error is an account
                return self._lost(place, error)

        return counted

    def asynchronous(self, fetch: Callable[[str], Awaitable[bytes]]) -> Callable[[str], Awaitable[bytes]]:
        """Wrap an async fetch likewise."""
        tried = retry.asynchronous(fetch, self._rule, self._note)

        async def counted(url: str) -> bytes:
            place = self._place[url]
            try:
                return self._counted(place, await tried(url, place))
            except Exception as error:  # noqa: BLE001 - as above
                return self._lost(place, error)

        return counted

    def _note(self, _place: int, _began: float, _ended: float, _error: str) -> None:
        next(self._attempts)

    def _counted(self, place: int, body: bytes) -> bytes:
        is_right = sha256(body).hexdigest() == self._digests[place]
        (self._verified if is_right else self._wrong)[place] += 1
        return b""

    def _lost(self, place: int, error: Exception) -> bytes:
        self._failed[place][name_of(error)] += 1
        return b""

    def told(self) -> dict[str, Any]:
        """Attempts in all; per place: images verified, wrong, and failed by the name of the last error."""
        return {
            "attempts": next(self._attempts),
            "verified": self._verified,
            "wrong": self._wrong,
            "failed": [dict(classes) for classes in self._failed],
        }


def soak(
    *,
    client: ModuleType,
    model: ModuleType,
    loop: ModuleType | None,
    downloads: Downloads,
    digests: Sequence[str],
    batches: int,
) -> dict[str, Any]:
    """Fetch all URLs so many times through one client.

    Returns:
        what ``Account.told`` returns, and ``seconds``.
    """
    urls, concurrency = downloads.urls, downloads.concurrency
    account = Account(urls, digests, downloads.retry)

    def opened() -> Any:
        return client.open_client(
            concurrency=concurrency, timeout_s=downloads.timeout_s, ca_file=downloads.ca_file
        )

    def plain() -> None:
        with opened() as fetch:
            for _ in range(batches):
                model.download(account.sync(fetch), urls, concurrency)

    async def sync_client() -> None:
        with opened() as fetch:
            for _ in range(batches):
                await model.download(account.sync(fetch), urls, concurrency)

    async def async_client() -> None:
        async with opened() as fetch:
            for _ in range(batches):
                await model.download(account.asynchronous(fetch), urls, concurrency)

    began = monotonic()
    if loop is None:
        plain()
    else:
        main: Callable[[], Coroutine[Any, Any, None]]
        main = async_client if is_async_client(client) else sync_client
        loop.run(main)
    return {"seconds": monotonic() - began, **account.told()}
