"""Faults on the wire: what comes, how it ends, what the witness counts, and when the image comes after all."""

import hashlib
import ssl
import time
from collections import Counter
from urllib.parse import urlsplit

import pytest

from harness.draws import moved
from harness.faults import Faults, fixed_places
from local_server import faulty as acted
from tests.local_server.faulty import FAREWELL, STALL_S, Faulty, asked, image_of
from tests.local_server.running import WORKLOAD, Running, running


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize(
    ("fault", "ending", "statuses"),
    [
        ("reset_before_head", "reset", {}),
        ("reset_in_head", "reset", {}),
        ("reset_in_body", "reset", {"200": 1}),
        ("short_body", "end", {"200": 1}),
        ("stall_before_head", "reset", {}),
        ("stall_in_body", "reset", {"200": 1}),
        ("trickle", "reset", {"200": 1}),
        ("closed_after_idle", "end", {"200": 1}),
        ("closed_after_answer", "end", {"200": 1}),
    ],
)
def test_a_connection_ends_as_the_fault_says_and_then_the_image_comes(
    image_server: Running, fault: str, ending: str, statuses: dict[str, int], *, tls: bool
) -> None:
    faulty = Faulty(image_server, faults={fault: 1.0}, tls=tls)
    [url] = faulty.urls
    body = faulty.body()
    faulty.seen(seed=1)
    expected = acted.faulty(fault, image_of(body), url, Faults(stall_s=STALL_S)).wire
    assert faulty.got(url) == (expected, ending)
    seen = faulty.seen()
    assert (seen["requests"], seen["statuses"], seen["faults"]) == (1, statuses, {fault: 1})
    assert (seen["bytes"], seen["peak_in_flight"], seen["waited_s"]) == (len(expected), 1, 0.0)
    assert (seen["answered_at"] is None) == (not expected)
    assert faulty.body() == body
    assert faulty.seen()["faults"] == {}
    assert faulty.got(url) == (expected, ending)  # and it begins anew
    assert faulty.seen()["faults"] == {fault: 1}


@pytest.mark.parametrize(
    "fault",
    [
        *("not_found", "gone", "forbidden", "too_many_requests", "unavailable"),
        *("redirect_loop", "long_body", "wrong_coding"),
    ],
)
def test_a_connection_is_kept_where_the_fault_is_the_answer_alone(image_server: Running, fault: str) -> None:
    faulty = Faulty(image_server, faults={fault: 1.0}, retry_after_s=9)
    [url], [met] = faulty.urls, faulty.meets
    lasts = met is not None and met.attempts is None
    image = image_of(b"" if lasts else faulty.body())
    faulty.seen(seed=1)
    reply = acted.faulty(fault, image, url, Faults(retry_after_s=9))
    found, _ = faulty.got(url, url, url + FAREWELL)
    expected = reply.wire + (reply if lasts else image).wire
    assert found.startswith(expected + b"HTTP/1.1 404 Not Found\r\n")
    seen = faulty.seen()
    assert (seen["requests"], seen["connections"]) == (3, 1)
    assert seen["faults"] == {fault: 2 if lasts else 1}
    assert seen["statuses"] == Counter(
        str(status) for status in (reply.status, reply.status if lasts else 200, 404)
    )


def test_a_connection_on_which_more_is_asked_is_not_idle(image_server: Running) -> None:
    faulty = Faulty(image_server, faults={"closed_after_idle": 1.0})
    with faulty.connected(faulty.urls[0]) as wire:
        wire.settimeout(0.15)
        wire.sendall(2 * asked(faulty.urls[0]))
        whole = 2 * len(image_of(bytes(4096)).wire)
        while whole > 0:
            whole -= len(wire.recv(whole))
        with pytest.raises(TimeoutError):
            wire.recv(1)


def test_as_many_attempts_meet_the_fault_as_the_manifest_says_and_then_it_begins_anew(
    image_server: Running,
) -> None:
    faulty = Faulty(image_server, faults={"unavailable": 1.0}, images=3, fault_attempts=3)
    assert sorted(met.attempts or 0 for met in faulty.meets if met) == [1, 2, 3]
    for url, met in zip(faulty.urls, faulty.meets, strict=True):
        assert met is not None
        expected = ([503] * (met.attempts or 0) + [200]) * 5
        assert [faulty.status(url) for _ in range(9)] == expected[:9]


def test_faults_move_with_their_images_and_begin_anew(image_server: Running) -> None:
    shares = {"not_found": 0.3, "unavailable": 0.3, "refused": 0.2}
    faulty = Faulty(image_server, faults=shares, images=10)
    meets, fixed = faulty.meets, fixed_places(faulty.meets)
    assert len(fixed) == 2
    statuses = {"not_found": 404, "unavailable": 503, None: 200}
    for seed in (3, 0, 3, 999_999):
        faulty.seen(seed)
        meets = moved(meets, seed, fixed)
        for place, (url, met) in enumerate(zip(faulty.urls, meets, strict=True)):
            if place in fixed:
                with pytest.raises(ConnectionRefusedError):
                    faulty.status(url)
            else:
                assert faulty.status(url) == statuses[met.fault if met else None]
        seen = faulty.seen()
        assert (seen["requests"], seen["faults"]) == (8, {"not_found": 3, "unavailable": 3})


def test_a_new_window_alone_does_not_begin_anew(image_server: Running) -> None:
    faulty = Faulty(image_server, faults={"unavailable": 1.0})
    found = []
    for seed in (None, 1, 1, None):
        faulty.seen(seed)
        found.append(faulty.status(faulty.urls[0]))
    assert found == [503, 503, 503, 200]


def test_a_stall_holds_up_nobody_else_and_counts_before_it_ends(image_server: Running) -> None:
    faulty = Faulty(image_server, faults={"stall_before_head": 1.0}, stall_s=600)
    [url] = faulty.urls
    with faulty.connected(url) as wire:
        wire.sendall(asked(url))
        while not (seen := faulty.seen())["requests"]:
            time.sleep(0.01)
        assert (seen["statuses"], seen["faults"]) == ({}, {"stall_before_head": 1})
        assert faulty.status(url) == 200


def test_a_server_ends_in_the_middle_of_a_stall_without_a_word() -> None:
    with running() as server:
        faulty = Faulty(server, faults={"stall_in_body": 1.0}, stall_s=600)
        [url] = faulty.urls
        with faulty.connected(url) as wire:
            wire.sendall(asked(url))
            assert wire.recv(65_536)
            assert server.ended() == (0, "")


def test_half_of_a_large_body_reaches_a_slow_reader_before_an_orderly_end(image_server: Running) -> None:
    faulty = Faulty(image_server, faults={"short_body": 1.0}, image_bytes=8_000_000)
    [url] = faulty.urls
    with faulty.connected(url) as wire:
        wire.sendall(asked(url))
        assert faulty.status(url) == 200  # nobody waits for it
        found = b"".join(iter(lambda: wire.recv(100_000), b""))
    assert len(found.partition(b"\r\n\r\n")[2]) == 4_000_000
    assert faulty.seen()["faults"] == {"short_body": 1}


@pytest.mark.parametrize(
    ("fault", "reason"),
    [("expired_certificate", "certificate has expired"), ("wrong_certificate_name", "IP address mismatch")],
)
def test_a_client_that_bears_with_a_wrong_certificate_is_seen(
    image_server: Running, fault: str, reason: str
) -> None:
    faulty = Faulty(image_server, faults={fault: 0.5}, images=2, tls=True, redirect_share=1.0)
    [place] = fixed_places(faulty.meets)
    url, plain = faulty.urls[place], faulty.urls[1 - place]
    assert urlsplit(url).netloc != urlsplit(plain).netloc
    with pytest.raises(ssl.SSLCertVerificationError, match=reason):
        faulty.got(url)
    assert faulty.seen()["requests"] == 0
    found, _ = faulty.got(url, url + FAREWELL, is_verified=False)
    assert (
        hashlib.sha256(found.partition(b"\r\n\r\n")[2][:4096]).hexdigest() == faulty.images[place]["sha256"]
    )
    seen = faulty.seen()
    assert (seen["statuses"], seen["faults"]) == ({"200": 1, "404": 1}, {fault: 1})


def test_an_address_that_is_nobodys_needs_a_line(image_server: Running) -> None:
    asked_for = WORKLOAD | {"faults": {"unroutable": 0.5}}
    status, answer = image_server.control("PUT", "faulty", asked_for)
    assert (status, answer["error"]) == (
        422, "faults has unroutable, which needs a host of a line, in 198.18.0.0/15; this one is 127.0.0.1",
    )  # fmt: skip


def test_thinking_time_is_not_charged_for_a_fault(image_server: Running) -> None:
    faulty = Faulty(image_server, faults={"unavailable": 1.0}, latency_s=0.05)
    assert faulty.status(faulty.urls[0]) == 503
    assert faulty.seen()["waited_s"] == 0
    assert faulty.status(faulty.urls[0]) == 200
    assert faulty.seen()["waited_s"] > 0
