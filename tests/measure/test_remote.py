"""What a failed pass at a server that is not ours was due to: the server is asked itself."""

import hashlib
from contextlib import closing
from typing import Any

import pytest

from harness.measure.remote.fetch import Fetcher
from harness.measure.remote.server import RemoteServer
from harness.measure.server import ServerError
from harness.model import Resource
from tests.site import Said, site

BODY = b"an image"
BUSY = Said(status=503, headers={"Retry-After": "7"})


def excused(said: Said, reason: str = "wrong", **answer: Any) -> float | None:
    """Seconds of the pause; None if the contender failed by itself."""
    with site(lambda _path, _number: said) as there, closing(Fetcher()) as fetcher:
        resource = Resource(
            url=f"{there.origin}/a", sha256=hashlib.sha256(BODY).hexdigest(), size=len(BODY), requests=1
        )
        server = RemoteServer([resource, resource], fetcher)
        is_excused = server.excuses(reason, answer, 1)
        assert is_excused == (server.pause is not None)
        return server.pause.seconds if server.pause else None


@pytest.mark.parametrize(
    ("said", "reason", "answer", "seconds"),
    [
        (BUSY, "wrong", {}, 7.0),  # the server itself says so
        (Said(BODY), "wrong", {}, None),
        (Said(BODY), "wrong", {"status": 429, "retry_after": "3"}, 3.0),  # the client's error does
        (Said(BODY), "wrong", {"status": 404, "retry_after": "3"}, None),
        (Said(BODY), "RuntimeError: HTTP status 429", {}, 5.0),  # its words do
        (Said(BODY), "RuntimeError: HTTP status 503", {}, None),  # for how long, nobody does
        (Said(BODY), "no image of 4290 bytes", {}, None),
    ],
)
def test_who_asked_to_wait(said: Said, reason: str, answer: dict[str, Any], seconds: float | None) -> None:
    assert excused(said, reason, **answer) == seconds


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (Said(status=500), "now answers 500 with another body than at first; what was measured is kept"),
        (Said(b"another"), "now answers 200 with another body than at first"),
        (Said(status=503, headers={"Retry-After": "9999"}), "127.0.0.1 asks to wait for 9999 s"),
        (Said(b"junk", headers={"Content-Encoding": "gzip"}), "the server stopped answering: "),
    ],
)
def test_a_server_that_is_not_as_it_was_ends_the_run(said: Said, message: str) -> None:
    with pytest.raises(ServerError, match=message):
        excused(said)


def test_it_waits_three_times_a_round() -> None:
    with site(lambda _path, _number: BUSY) as there, closing(Fetcher()) as fetcher:
        server = RemoteServer([Resource(url=f"{there.origin}/a", sha256="", size=1, requests=1)], fetcher)
        assert [server.excuses("wrong", {}, 0) for _ in range(3)] == [True] * 3
        with pytest.raises(ServerError, match=r"for the 4\. time in this round"):
            server.excuses("wrong", {}, 0)
