"""The retry rule, and what is read from an error: of any client, by what clients' errors have in common."""

import asyncio
import time
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from http.client import IncompleteRead
from types import SimpleNamespace
from typing import Any
from urllib.error import HTTPError

import aiohttp
import httpx
import pytest
import requests
import trio
import urllib3
from hypothesis import given
from hypothesis import strategies as st

from harness.measure.worker import retry
from harness.measure.worker.errors import Answer, answer_of, may_pass, name_of
from harness.measure.worker.retry import Failure, decide, failure_of
from harness.measure.worker.spec import Rule

RULE = Rule(attempts=4, backoff_s=0.1, give_up_s=10.0, seed=5)
NOW = datetime(2026, 11, 26, 12, 0, 0, tzinfo=UTC)
PASSES = Failure("TimeoutError", may_pass=True)


def with_attributes(error: Exception, **attributes: Any) -> Exception:
    for name, value in attributes.items():
        setattr(error, name, value)
    return error


def status(code: int, **headers: str) -> Exception:
    """As requests and httpx tell it: by the response of the error."""
    return with_attributes(OSError("no"), response=SimpleNamespace(status_code=code, headers=headers))


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (status(503, **{"Retry-After": "7"}), Answer(503, "7")),
        (with_attributes(OSError(), status=404), Answer(404)),
        (HTTPError("http://x", 429, "no", {"Retry-After": "1"}, None), Answer(429, "1")),  # type: ignore[arg-type]
        (RuntimeError("HTTP status 503"), Answer(503)),
        (RuntimeError("HTTP/1.1 404 Not Found"), Answer(404)),
        (RuntimeError("status_code=500"), Answer(500)),
        (RuntimeError("status code 500"), Answer(500)),
        (RuntimeError("503 bytes of 6144"), Answer(None)),
        (RuntimeError("HTTP status 5031"), Answer(None)),
        (RuntimeError("Max retries exceeded with url http://127.0.0.1:80/a"), Answer(None)),
        (RuntimeError("HTTP/2 503"), Answer(503)),
        (with_attributes(OSError(), code=28), Answer(None)),  # curl's own number of a time-out
        (with_attributes(OSError(), status=True), Answer(None)),
        (ExceptionGroup("all", [ExceptionGroup("inner", [status(404)]), OSError()]), Answer(404)),
        (requests.ConnectionError("no"), Answer(None)),
    ],
)
def test_the_answer_that_an_error_is_about(error: Exception, answer: Answer) -> None:
    assert answer_of(error) == answer


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (TimeoutError(), "TimeoutError"),
        (httpx.ReadError("x"), "httpx.ReadError"),
        (aiohttp.ServerDisconnectedError(), "aiohttp.ServerDisconnectedError"),
        (status(404), "OSError 404"),
        (ExceptionGroup("all", [zlib.error("x")]), "zlib.error"),
        (asyncio.CancelledError(), "asyncio.CancelledError"),
    ],
)
def test_an_error_is_named_by_its_class_and_package(error: BaseException, name: str) -> None:
    assert name_of(error) == name


@pytest.mark.parametrize("code", range(400, 600))
def test_of_the_statuses_seven_are_worth_another_try(code: int) -> None:
    assert may_pass(status(code)) == (code in {408, 425, 429, 500, 502, 503, 504})


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (TimeoutError(), True),
        (ConnectionResetError(), True),
        (ConnectionRefusedError(), True),
        (EOFError(), True),
        (IncompleteRead(b""), True),
        (zlib.error("incorrect header check"), True),
        (UnicodeDecodeError("ascii", b"\xff", 0, 1, "no"), True),
        (httpx.DecodingError("x"), True),
        (httpx.RemoteProtocolError("peer closed connection"), True),
        (aiohttp.ClientPayloadError("x"), True),
        (requests.exceptions.ChunkedEncodingError("x"), True),
        (urllib3.exceptions.ReadTimeoutError(None, "/", "timed out"), True),  # type: ignore[arg-type]
        (RuntimeError("unable to perform operation on <TCPTransport closed=True>"), True),  # uvloop's
        (TypeError("x"), False),
        (KeyError("x"), False),
        (NotImplementedError(), False),
        (requests.exceptions.InvalidURL("x"), False),
        (requests.exceptions.TooManyRedirects("Exceeded 30 redirects."), False),
        (httpx.TooManyRedirects("x"), False),
        (urllib3.exceptions.ResponseError("too many redirects"), False),
        (OSError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired"), False),
        (caused(OSError("no"), ValueError("hostname mismatch, certificate is not valid for 'x'")), False),
    ],
)  # fmt: skip
def test_what_may_pass_is_worth_another_try(error: Exception, *, passes: bool) -> None:
    assert may_pass(error) is passes


def test_a_cancellation_is_never_worth_another_try() -> None:
    assert failure_of(asyncio.CancelledError(), NOW) == Failure("asyncio.CancelledError", may_pass=False)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("Thu, 26 Nov 2026 12:00:09 GMT", 9.0),
        ("Thu, 26 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", 0.0),
        ("-1", 0.0),
        ("1e9", 0.0),
    ],
)
def test_a_server_that_asks_to_wait_is_heard(header: str, seconds: float) -> None:
    assert failure_of(status(503, **{"Retry-After": header}), NOW).asked_s == seconds


@pytest.mark.parametrize(
    ("attempt", "failure", "elapsed_s", "low", "high"),
    [
        (1, PASSES, 0.0, 0.05, 0.1),
        (2, PASSES, 0.0, 0.1, 0.2),
        (3, PASSES, 0.0, 0.2, 0.4),
        (1, Failure("x", may_pass=True, asked_s=3.0), 0.0, 3.0, 3.0),
        (3, Failure("x", may_pass=True, asked_s=0.1), 0.0, 0.2, 0.4),
        (1, Failure("x", may_pass=True, asked_s=3.0), 7.0, 3.0, 3.0),
    ],
)
def test_a_wait_doubles_and_is_never_shorter_than_the_server_asks(
    attempt: int, failure: Failure, elapsed_s: float, low: float, high: float
) -> None:
    wait_s = decide(RULE, attempt, failure, elapsed_s, place=3)
    assert wait_s is not None
    assert low <= wait_s <= high


@pytest.mark.parametrize(
    ("attempt", "failure", "elapsed_s"),
    [
        (4, PASSES, 0.0),
        (1, Failure("x", may_pass=False), 0.0),
        (1, PASSES, 9.99),
        (1, Failure("x", may_pass=True, asked_s=3.0), 7.1),
    ],
)
def test_there_is_an_end_of_trying(attempt: int, failure: Failure, elapsed_s: float) -> None:
    assert decide(RULE, attempt, failure, elapsed_s, place=3) is None


@given(st.integers(0, 2**31), st.integers(0, 99_999), st.integers(1, 3))
def test_a_wait_follows_from_seed_image_and_attempt_alone(seed: int, place: int, attempt: int) -> None:
    rule = Rule(attempts=4, backoff_s=1.0, give_up_s=1e9, seed=seed)
    first, again = (decide(rule, attempt, PASSES, 0.0, place) for _ in range(2))
    assert first == again
    assert first is not None
    assert 2 ** (attempt - 1) / 2 <= first <= 2 ** (attempt - 1)


class Fetch:
    """A fetch that raises these errors, one after the other, and then returns a body."""

    def __init__(self, *errors: BaseException) -> None:
        self.errors = list(errors)

    def __call__(self, url: str) -> bytes:
        if self.errors:
            raise self.errors.pop(0)
        return url.encode()

    async def asynchronous(self, url: str) -> bytes:
        return self(url)


def run_sync(fetch: Fetch, note: retry.Note) -> bytes:
    return retry.sync(fetch, RULE, note)("u", 7)


def run_asyncio(fetch: Fetch, note: retry.Note) -> bytes:
    async def main() -> bytes:
        return await retry.asynchronous(fetch.asynchronous, RULE, note)("u", 7)

    return asyncio.run(main())


def run_trio(fetch: Fetch, note: retry.Note) -> bytes:
    return trio.run(retry.asynchronous(fetch.asynchronous, RULE, note), "u", 7)


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that were waited, without the wait."""
    found: list[float] = []

    async def sleep(seconds: float) -> None:
        found.append(seconds)

    monkeypatch.setattr(time, "sleep", found.append)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    monkeypatch.setattr(trio, "sleep", sleep)
    return found


RUNS = pytest.mark.parametrize("run", [run_sync, run_asyncio, run_trio])
Run = Callable[[Fetch, retry.Note], bytes]


@RUNS
def test_each_attempt_is_noted_and_each_wait_is_the_rules(run: Run, slept: list[float]) -> None:
    noted: list[tuple[int, str]] = []
    body = run(
        Fetch(TimeoutError(), status(503, **{"Retry-After": "2"})),
        lambda place, _start, _end, error: noted.append((place, error)),
    )
    assert body == b"u"
    assert noted == [(7, "TimeoutError"), (7, "OSError 503"), (7, "")]
    assert slept == [decide(RULE, 1, PASSES, 0.0, 7), 2.0]


@RUNS
@pytest.mark.parametrize(
    ("errors", "attempts"),
    [([TypeError("no")], 1), ([status(404)], 1), ([TimeoutError(str(number)) for number in range(9)], 4)],
)
def test_the_last_error_goes_on_to_the_caller(
    run: Run, slept: list[float], errors: list[Exception], attempts: int
) -> None:
    noted: list[str] = []
    with pytest.raises(type(errors[0])) as caught:
        run(Fetch(*errors), lambda _place, _start, _end, error: noted.append(error))
    assert caught.value is errors[attempts - 1]
    assert (len(noted), len(slept)) == (attempts, attempts - 1)


@RUNS
def test_an_interrupt_goes_on_at_once(run: Run, slept: list[float]) -> None:
    noted: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        run(Fetch(KeyboardInterrupt()), lambda _place, _start, _end, error: noted.append(error))
    assert (noted, slept) == (["KeyboardInterrupt"], [])


def test_what_is_no_body_is_no_success() -> None:
    noted: list[str] = []
    tried = retry.sync(lambda _: None, RULE, lambda *told: noted.append(told[3]))  # type: ignore[arg-type, return-value]
    assert tried("u", 1) is None
    assert noted == ["returned NoneType"]
