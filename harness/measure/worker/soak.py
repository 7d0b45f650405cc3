"""One client opened once, and batch after batch through it: bodies are checked, failures counted, and nothing is timed."""

from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from itertools import count
from time import monotonic
from typing import Any

from harness.measure.worker import retry
from harness.measure.worker.errors import name_of
from harness.measure.worker.spec import Downloads, Rule
from harness.measure.worker.variant import AsyncFetch, SyncFetch, Variant

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

    def sync(self, fetch: SyncFetch) -> SyncFetch:
        """Wrap a sync fetch; it never raises, so that a batch goes on whatever the model does about errors."""
        tried = retry.sync(fetch, self._rule, self._note)

        def counted(url: str) -> bytes:
            place = self._place[url]
            try:
                return self._counted(place, tried(url, place))
            except Exception as error:  # noqa: BLE001 - any error is an account
                return self._lost(place, error)

        return counted

    def asynchronous(self, fetch: AsyncFetch) -> AsyncFetch:
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


def soak(variant: Variant, downloads: Downloads, *, digests: Sequence[str], batches: int) -> dict[str, Any]:
    """Fetch all URLs so many times through one client.

    Returns:
        what ``Account.told`` returns, and ``seconds``.
    """
    account = Account(downloads.urls, digests, downloads.retry)
    run = variant.composed(account, downloads.urls, times=batches, **downloads.options)
    began = monotonic()
    run()
    return {"seconds": monotonic() - began, **account.told()}
