"""Waiting as a server asks for it, within bounds."""

from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from time import sleep

from harness.measure.remote.fetch import Fetched, Fetcher
from harness.measure.remote.hop import FetchError
from harness.measure.worker.retry import retry_after_s

LONGEST_PAUSE_S = 300.0
MOST_PAUSES = 3  # of one fetch, and of one round
USUAL_PAUSE_S = 5.0  # where a 429 does not say how long


def asked_pause_s(status: int | None, retry_after: str | None, now: datetime) -> float | None:
    """Seconds that an answer asks to wait before the next request; None if it does not ask. Pure.

    Args:
        status: of the answer: 429, or 503 with a ``retry_after``.
        retry_after: the header, in seconds or as a date (RFC 9110, 10.2.3).
        now: with its time zone.
    """
    if status not in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        return None
    asked_s = retry_after_s(retry_after, now)
    return USUAL_PAUSE_S if asked_s is None and status == HTTPStatus.TOO_MANY_REQUESTS else asked_s


def fetch_patiently(fetcher: Fetcher, url: str, say: Callable[[str], None]) -> Fetched:
    """Fetch the URL, and wait as often and as long as the server asks for, within bounds.

    Args:
        say: told in one line of each pause.

    Raises:
        FetchError: see ``Fetcher.fetch``, or it asks for more.
    """
    for _ in range(MOST_PAUSES + 1):
        found = fetcher.fetch(url)
        pause_s = asked_pause_s(found.status, found.hops[-1].retry_after, datetime.now(UTC))
        if pause_s is None:
            return found
        if pause_s > LONGEST_PAUSE_S:
            raise FetchError(f"answers {found.status} and asks to wait for {pause_s:,.0f} s; try later")
        say(f"{found.hops[-1].origin.host} asks to wait: nothing is sent for {pause_s:.0f} s")
        sleep(pause_s)
    raise FetchError(f"still answers {found.status} after {MOST_PAUSES} pauses; try later")
