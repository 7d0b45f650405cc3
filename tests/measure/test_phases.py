"""Phases of an image, by moments typed by hand, for any moments, and as a server over HTTPS tells them."""

import http.client
import math
import socket
import ssl
from contextlib import closing
from dataclasses import asdict
from time import perf_counter, sleep
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.measure.phases import Moments, phases
from harness.measure.server import Server
from harness.workload import Workload

URL = "https://a/s/one.jpg"
# Called at 100.0, the body was there at 100.9, and in the sink at 101.0.
TOLD = {"began_at": 99.0, "start_s": [1.0], "fetched_s": [0.9], "latency_s": [1.0]}


def split(round_trip_s: float, *found: Moments) -> dict[str, float]:
    """The phases of one image that took time, by the moments of its requests."""
    moments = {f"/s/{number}/one.jpg": request for number, request in enumerate(found)}
    told = phases([URL], TOLD, moments, round_trip_s)
    return {name: values[0] for name, values in asdict(told).items() if values is not None and values[0]}


@pytest.mark.parametrize(
    ("round_trip_s", "found", "expected"),
    [
        pytest.param(
            # It begins to connect at 100.1; TCP takes until 100.2, TLS until 100.3, and the request is sent at 100.35.
            0.1,
            [(100.25, 100.35, 100.4, 100.45)],
            {"unsent_s": 0.15, "connecting_s": 0.1, "tls_s": 0.1, "waiting_s": 0.15},
            id="a connection of its own, over a line",
        ),
        pytest.param(
            0.0,
            [(100.2, 100.3, 100.4, None)],
            {"unsent_s": 0.3, "tls_s": 0.1},
            id="a connection of its own, without a line",
        ),
        pytest.param(
            0.1,
            [(100.15, 100.15, 100.15, None)],
            {"connecting_s": 0.1, "waiting_s": 0.1},
            id="a connection of its own, without TLS",
        ),
        pytest.param(
            0.1,
            [(None, None, 100.45, None)],
            {"unsent_s": 0.4, "waiting_s": 0.1},
            id="a connection that was kept",
        ),
        pytest.param(
            0.1,
            [(100.05, 100.15, 100.25, None)],
            {"connecting_s": 0.0, "tls_s": 0.1, "unsent_s": 0.1, "waiting_s": 0.1},
            id="a connection that was being made when it was called",
        ),
        pytest.param(
            0.1,
            [(99.5, 99.6, 100.25, None)],
            {"unsent_s": 0.2, "waiting_s": 0.1},
            id="a connection that was made before it was called",
        ),
        pytest.param(
            # Another host gives it, which it begins to connect to at 100.25, when the first has sent it on at 100.2.
            0.1,
            [(100.15, 100.15, 100.15, None), (100.4, 100.5, 100.55, 100.65)],
            {"unsent_s": 0.1, "connecting_s": 0.2, "tls_s": 0.1, "waiting_s": 0.3},
            id="behind a redirect",
        ),
        pytest.param(
            0.1,
            [(None, 100.35, 100.4, None)],
            {"opening_s": 0.3, "unsent_s": 0.05, "waiting_s": 0.1},
            id="a connection that nobody saw being made",
        ),
    ],
)
def test_the_phases_of_an_image(
    round_trip_s: float, found: list[Moments], expected: dict[str, float]
) -> None:
    rest = 0.9 - sum(expected.values())
    whole = {name: value for name, value in expected.items() if value} | {
        "receiving_s": rest,
        "saving_s": 0.1,
    }
    assert split(round_trip_s, *found) == pytest.approx(whole)


def test_what_is_not_told_apart_is_none_and_no_zero() -> None:
    seen = phases([URL], TOLD, {"/s/one.jpg": (None, None, 100.4, None)}, 0.0)
    unseen = phases([URL], TOLD, {"/s/one.jpg": (None, 100.4, 100.4, None)}, 0.0)
    assert (seen.opening_s, seen.connecting_s, seen.tls_s) == (None, (0.0,), (0.0,))
    assert (unseen.opening_s, unseen.connecting_s, unseen.tls_s) == ((0.4,), None, None)


@pytest.mark.parametrize(
    ("told", "complaint"),
    [
        pytest.param({"latency_s": [0.5]}, "saving_s.0: .* greater than or equal to 0", id="saved too early"),
        pytest.param(
            {"fetched_s": [-0.5]}, "fetched_s.0: .* greater than or equal to 0", id="before the call"
        ),
        pytest.param({"latency_s": [math.nan]}, "latency_s.0: .* less than", id="no number"),
        pytest.param({"start_s": []}, "argument", id="one too few"),
        pytest.param({"fetched_s": None}, "fetched_s: .* valid array", id="nothing"),
    ],
)
def test_an_answer_that_cannot_be_true_is_refused(told: dict[str, object], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        phases([URL], TOLD | told, {"/s/one.jpg": (None, None, 100.4, None)}, 0.0)


def test_an_image_that_the_server_saw_no_request_for_has_no_phases() -> None:
    with pytest.raises(ValueError, match="saw no request for https://a/s/one"):
        phases([URL], TOLD, {"/s/two.jpg": (None, None, 100.2, None)}, 0.0)


moment = st.floats(98.0, 103.0)
opening = st.one_of(st.tuples(moment, moment), st.tuples(st.none(), moment), st.just((None, None)))
requests = st.lists(st.tuples(opening, moment, st.none() | moment), min_size=1, max_size=3)


@given(requests, st.floats(0, 2))
def test_phases_make_up_the_latency_and_none_is_negative(
    found: list[tuple[tuple[float | None, float | None], float, float | None]], round_trip_s: float
) -> None:
    parts = split(round_trip_s, *[(*opened, arrived, answered) for opened, arrived, answered in found])
    assert sum(parts.values()) == pytest.approx(1.0, abs=5e-6)
    assert min(parts.values()) > 0


def waited(server: Server) -> float:
    """Wait when the server has dealt with all before; return the seconds that must stand between this and what follows."""
    address = urlsplit(server.url)
    with closing(http.client.HTTPConnection(address.hostname or "", address.port, timeout=10)) as other:
        for _ in range(2):  # what had come when the first was read is dealt with before the second is
            other.request("GET", "/")
            other.getresponse().read()
    began = perf_counter()
    sleep(0.003)
    return perf_counter() - began


def get(connection: ssl.SSLSocket, url: str) -> None:
    connection.sendall(f"GET {urlsplit(url).path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    assert answer.read()


def test_over_https_what_a_client_waits_for_stands_in_its_phase(server: Server) -> None:
    """A cause comes before its effect: so this holds however busy the host is."""
    asked = Workload.of(
        "phases", images=2, image_bytes=2048, latency_s=0.005, concurrency=1, sink="memory", tls=True
    )
    manifest = server.register(asked)
    context = ssl.create_default_context(cadata="\n".join(manifest.authority or ()))
    server.window("phases", seed=1, is_watched=True)
    first, second = manifest.urls
    address = urlsplit(first)
    began = perf_counter()
    before_connecting = waited(server)
    with socket.create_connection((address.hostname, address.port or 0), timeout=10) as wire:
        before_tls = waited(server)
        with context.wrap_socket(wire, server_hostname=address.hostname) as secured:
            before_request = waited(server)
            get(secured, first)
            called = perf_counter()
            on_the_kept_one = waited(server)
            get(secured, second)
    ended = perf_counter()
    server.window("phases")
    times = [called - began, ended - called]
    told = {"began_at": began, "start_s": [0.0, called - began], "fetched_s": times, "latency_s": times}
    found = phases(manifest.urls, told, server.moments, 0.0)
    server.remove("phases")
    assert found.connecting_s == (0.0, 0.0)
    assert found.tls_s is not None
    assert found.tls_s[0] >= before_tls - 1e-6
    assert found.tls_s[1] == 0.0
    assert found.unsent_s[0] >= before_connecting + before_request - 1e-6
    assert found.unsent_s[1] >= on_the_kept_one - 1e-6
    assert min(found.waiting_s) >= 0.004  # libuv counts whole milliseconds
    assert min(found.receiving_s) > 0.0
    assert found.saving_s == (0.0, 0.0)
