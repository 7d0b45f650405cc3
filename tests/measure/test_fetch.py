"""The polite fetch: what it tells of an answer, what it refuses, and how long it waits when it is asked to."""

import gzip
import hashlib
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime

import pytest

from harness.measure.remote.fetch import Fetcher
from harness.measure.remote.hop import FetchError
from harness.measure.remote.pauses import asked_pause_s, fetch_patiently
from tests.site import Said, site

NOW = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)
BODY = bytes(range(256)) * 40


def saying(*answers: Said) -> Callable[[str, int], Said]:
    """One after the other, the last again and again."""
    return lambda _path, number: answers[min(number, len(answers)) - 1]


@pytest.mark.parametrize(
    ("status", "retry_after", "seconds"),
    [
        (200, "5", None),
        (404, "5", None),
        (429, "7", 7.0),
        (429, None, 5.0),
        (429, "soon", 5.0),
        (503, " 2 ", 2.0),
        (503, None, None),
        (503, "soon", None),
        (429, "Thu, 01 Jan 2026 12:00:30 GMT", 30.0),
        (503, "Thu, 01 Jan 2026 11:00:00 GMT", 0.0),
        (429, "9" * 5000, 5.0),
        (503, f"Thu, {'9' * 20} Jan 2026 12:00:30 GMT", None),
        (429, f"Thu, 01 Jan 2026 12:00:30 +{'9' * 20}", 5.0),
        (None, "5", None),
    ],
)
def test_how_long_an_answer_asks_to_wait(
    status: int | None, retry_after: str | None, seconds: float | None
) -> None:
    assert asked_pause_s(status, retry_after, NOW) == seconds


def test_what_is_told_of_an_answer_and_that_the_connection_is_kept() -> None:
    zipped = Said(gzip.compress(BODY), headers={"Content-Encoding": "gzip"})
    with site(saying(Said(BODY), zipped)) as there, closing(Fetcher()) as fetcher:
        plain, packed = (fetcher.fetch(f"{there.origin}/a?b=c") for _ in range(2))
    assert there.asked == ["/a?b=c"] * 2
    assert plain.size == packed.size == len(BODY)
    assert plain.sha256 == packed.sha256 == hashlib.sha256(BODY).hexdigest()
    [first], [second] = plain.hops, packed.hops
    assert first.connect_s is not None
    assert second.connect_s is None
    assert (first.is_gzipped, second.is_gzipped) == (False, True)
    assert first.pieces[-1][1] == len(BODY)
    assert second.pieces[-1][1] < len(BODY)
    assert 0 < first.wait_s < 5


def test_a_redirect_is_followed_to_hosts_that_may_be_asked_alone() -> None:
    with site(saying(Said(BODY)), host="127.0.0.2") as far:
        away = Said(status=302, headers={"Location": f"{far.origin}/there"})
        with site(saying(away)) as near:
            with closing(Fetcher({"127.0.0.1", "127.0.0.2"})) as fetcher:
                found = fetcher.fetch(f"{near.origin}/here")
            assert [hop.status for hop in found.hops] == [302, 200]
            assert found.size == len(BODY)
            with (
                closing(Fetcher({"127.0.0.1"})) as fetcher,
                pytest.raises(FetchError, match=r"redirected to 127\.0\.0\.2"),
            ):
                fetcher.fetch(f"{near.origin}/here")
        assert far.asked == ["/there"]


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (
            Said(BODY, headers={"Content-Length": "20000"}),
            "ends in the middle of its body, after 10,240 bytes",
        ),
        (Said(b"junk", headers={"Content-Encoding": "gzip"}), "cannot be fetched: "),
        (Said(gzip.compress(BODY)[:-20], headers={"Content-Encoding": "gzip"}), "ends in the middle"),
        (Said(b"junk", headers={"Content-Encoding": "br"}), "the coding 'br', which was not asked for"),
        (
            Said(gzip.compress(bytes(17 * 2**20)), headers={"Content-Encoding": "gzip"}),
            "more than 16,777,216 bytes",
        ),
        (Said(status=302, headers={"Location": "/again"}), "is redirected more than 5 times"),
        *(
            (
                Said(status=302, headers={"Location": place}),
                "is redirected to '.*', which is no http or https URL",
            )
            for place in ("file:///etc/hostname", "http://[::1", "http://127.0.0.1:99999/")
        ),
    ],
)
def test_what_is_no_whole_answer_is_one_line(said: Said, message: str) -> None:
    cut = {**said.headers, "Connection": "close"} if said.status == 200 else said.headers
    with (
        site(saying(said._replace(headers=cut))) as there,
        closing(Fetcher()) as fetcher,
        pytest.raises(FetchError, match=message),
    ):
        fetcher.fetch(f"{there.origin}/a")


def test_where_a_redirect_leads_is_asked_for_as_a_url_has_it() -> None:
    away = Said(status=302, headers={"Location": "/b ü%20c".encode().decode("latin-1")})
    with site(saying(away, Said(BODY))) as there, closing(Fetcher()) as fetcher:
        assert fetcher.fetch(f"{there.origin}/a").size == len(BODY)
    assert there.asked == ["/a", "/b%20%C3%BC%20c"]


def test_a_name_that_is_none_is_one_line() -> None:
    with (
        closing(Fetcher()) as fetcher,
        pytest.raises(FetchError, match=r"^has a name that cannot be resolved: it is none$"),
    ):
        fetcher.fetch("http://./a")


def test_a_server_that_is_not_there_is_one_line() -> None:
    with site(saying(Said(BODY))) as there:
        pass
    with (
        closing(Fetcher()) as fetcher,
        pytest.raises(FetchError, match="cannot be fetched: Connection refused"),
    ):
        fetcher.fetch(f"{there.origin}/a")


def test_a_connection_that_the_server_has_ended_is_opened_anew() -> None:
    with site(saying(Said(BODY, ends=True))) as there, closing(Fetcher()) as fetcher:
        found = [fetcher.fetch(f"{there.origin}/a").hops[0] for _ in range(3)]
    assert all(hop.connect_s is not None for hop in found)


def test_it_waits_as_it_is_asked_and_not_for_ever() -> None:
    said: list[str] = []
    busy = Said(status=429, headers={"Retry-After": "0"})
    with site(saying(busy, busy, Said(BODY))) as there, closing(Fetcher()) as fetcher:
        assert fetch_patiently(fetcher, f"{there.origin}/a", said.append).size == len(BODY)
    assert said == ["127.0.0.1 asks to wait: nothing is sent for 0 s"] * 2


@pytest.mark.parametrize(
    ("status", "retry_after", "message"),
    [
        (429, "0", "still answers 429 after 3 pauses; try later"),
        (503, "999", "asks to wait for 999 s; try later"),
    ],
)
def test_it_does_not_wait_for_ever(status: int, retry_after: str, message: str) -> None:
    again = Said(status=status, headers={"Retry-After": retry_after})
    with (
        site(saying(again)) as there,
        closing(Fetcher()) as fetcher,
        pytest.raises(FetchError, match=message),
    ):
        fetch_patiently(fetcher, f"{there.origin}/a", lambda _: None)
