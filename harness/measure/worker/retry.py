"""The retry layer: the one rule of a workload, between what records a fetch and the fetch of any client.

Errors go on to the caller after the last attempt, and what is no ``Exception`` (a cancellation, an interrupt) always does.
"""

import random
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from harness.measure.worker.errors import answer_of, may_pass, name_of
from harness.measure.worker.spec import Rule

MOST_DIGITS = 9  # of seconds: thirty years
Note = Callable[[int, float, float, str], None]


class Failure(NamedTuple):
    """How an attempt failed.

    Attributes:
        name: of the error.
        may_pass: whether another try is worth it.
        asked_s: that the server asks to wait; 0 if it does not.
    """

    name: str
    may_pass: bool
    asked_s: float = 0.0


def retry_after_s(text: str | None, now: datetime) -> float | None:
    """Seconds to wait by a Retry-After, in seconds or as a date (RFC 9110, 10.2.3); None if it is neither. Pure."""
    text = (text or "").strip()
    if text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS:
        return float(text)
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # no date, or one of no calendar
        return None
    return max(0.0, ((when if when.tzinfo else when.replace(tzinfo=UTC)) - now).total_seconds())


def failure_of(error: BaseException, now: datetime) -> Failure:
    """What an error says of its attempt. Pure."""
    if not isinstance(error, Exception):
        return Failure(name_of(error), may_pass=False)
    asked_s = retry_after_s(answer_of(error).retry_after, now)
    return Failure(name_of(error), may_pass(error), asked_s or 0.0)


def decide(rule: Rule, attempt: int, failure: Failure, elapsed_s: float, place: int) -> float | None:
    """Seconds to wait before the next attempt at an image; None if there is to be none. Pure.

    The wait doubles with each attempt, and half of it and more is drawn (after "equal jitter": Brooker 2015), from seed,
    image and attempt: so it is the same for every client.

    Args:
        attempt: that failed, from 1.
        elapsed_s: since the first began.
        place: of the image.
    """
    if not failure.may_pass or attempt >= rule.attempts:
        return None
    share = random.Random(f"{rule.seed}:retry:{place}:{attempt}").uniform(0.5, 1)
    wait_s = max(failure.asked_s, rule.backoff_s * 2 ** (attempt - 1) * share)
    return wait_s if elapsed_s + wait_s <= rule.give_up_s else None


class _Tries:
    """The attempts at one image.

    Args:
        note: told of each attempt as it ends: place, when it began, when it ended, and name of its error or "".
    """

    def __init__(self, rule: Rule, place: int, note: Note) -> None:
        self._rule = rule
        self._place = place
        self._note = note
        self._attempt = 0
        self._first = 0.0

    def begin(self) -> None:
        """Begin the next."""
        self._attempt += 1
        self._began = time.perf_counter()
        self._first = self._first or self._began

    def returned(self, body: object) -> None:
        """The attempt returned: what is no bytes is an error that is told in its own way, and tried no more."""
        name = "" if type(body) is bytes else f"returned {type(body).__name__}"
        self._note(self._place, self._began, time.perf_counter(), name)

    def failed(self, error: BaseException) -> float | None:
        """The attempt raised: seconds to wait before the next, None if there is to be none."""
        ended = time.perf_counter()
        failure = failure_of(error, datetime.now(UTC))
        self._note(self._place, self._began, ended, failure.name)
        return decide(self._rule, self._attempt, failure, ended - self._first, self._place)


def sync(fetch: Callable[[str], bytes], rule: Rule, note: Note) -> Callable[[str, int], bytes]:
    """Wrap a sync fetch; what is returned also takes the place of the image."""

    def tried(url: str, place: int) -> bytes:
        tries = _Tries(rule, place, note)
        while True:
            tries.begin()
            try:
                body = fetch(url)
            except BaseException as error:
                wait_s = tries.failed(error)
                if wait_s is None:
                    raise
            else:
                tries.returned(body)
                return body
            time.sleep(wait_s)

    return tried


def asynchronous(
    fetch: Callable[[str], Awaitable[bytes]], rule: Rule, note: Note
) -> Callable[[str, int], Awaitable[bytes]]:
    """Wrap an async fetch likewise."""

    async def tried(url: str, place: int) -> bytes:
        tries = _Tries(rule, place, note)
        while True:
            tries.begin()
            try:
                body = await fetch(url)
            except BaseException as error:
                wait_s = tries.failed(error)
                if wait_s is None:
                    raise
            else:
                tries.returned(body)
                return body
            await sleep(wait_s)

    return tried


def sleep(seconds: float) -> Awaitable[Any]:
    """Sleep on whatever loop runs: asyncio's kind, else trio."""
    asyncio = sys.modules.get("asyncio")
    try:
        if asyncio is not None and asyncio.get_running_loop():
            sleep: Awaitable[Any] = asyncio.sleep(seconds)
            return sleep
    except RuntimeError:
        pass
    return sys.modules["trio"].sleep(seconds)  # type: ignore[no-any-return] # no other loop is there
