"""The server on the wire: what it answers, what it refuses, and what it witnesses."""

import hashlib
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.local_server.running import WORKLOAD, Running, get, running


def test_every_image_is_what_the_manifest_says(image_server: Running) -> None:
    _, answer = image_server.control("PUT", "small", WORKLOAD)
    with image_server.connect() as connection:
        for image in answer["images"]:
            connection.request("GET", image["path"])
            response = connection.getresponse()
            body = response.read()
            assert response.headers["Content-Type"] == "image/jpeg"
            assert len(body) == image["bytes"] == 4096
            assert hashlib.sha256(body).hexdigest() == image["sha256"]
    _, seen = image_server.control("POST", "small/window")
    assert seen["connections"] == 1
    assert seen["requests"] == 8
    assert seen["statuses"] == {"200": 8}
    assert seen["bytes"] >= 8 * 4096
    assert seen["peak_in_flight"] == 1
    assert seen["http_version"] == "1.1"
    assert seen["headers"]["accept-encoding"] == "identity"
    assert seen["server_cpu_s"] >= 0


def test_only_harmless_headers_are_told_with_their_values(image_server: Running, paths: list[str]) -> None:
    image_server.control("POST", "small/window")
    secret = {
        "Authorization": "Basic bWU6d29yZA==",
        "X-Api-Key": "abc",
        "Cookie": "a=b",
        "User-Agent": "me/1",
    }
    with image_server.connect() as connection:
        connection.request("GET", paths[0], headers=secret)
        connection.getresponse().read()
    _, seen = image_server.control("POST", "small/window")
    hidden = dict.fromkeys(("authorization", "cookie", "x-api-key"), "(not recorded)")
    assert {name: seen["headers"][name] for name in (*hidden, "user-agent")} == hidden | {
        "user-agent": "me/1"
    }


def test_a_connection_that_was_kept_shows_its_age(image_server: Running, paths: list[str]) -> None:
    seen = []
    with image_server.connect() as connection:
        for _ in range(2):
            began = time.perf_counter()
            connection.request("GET", paths[0])
            connection.getresponse().read()
            ended = time.perf_counter()
            seen.append(image_server.control("POST", "small/window")[1])
            assert began < seen[-1]["answered_at"] < ended
    assert [window["connections"] for window in seen] == [1, 1]
    assert seen[0]["reached_at"] == seen[1]["reached_at"] < began


def test_what_the_server_keeps_waiting_is_told(image_server: Running) -> None:
    _, answer = image_server.control("PUT", "slow", WORKLOAD | {"latency_s": 0.1})
    for image in answer["images"][:2]:
        image_server.get(image["path"])
    assert image_server.control("POST", "slow/window")[1]["waited_s"] >= 0.19  # a timer may be a little early


def test_latency_keeps_requests_in_flight(image_server: Running) -> None:
    _, answer = image_server.control("PUT", "slow", WORKLOAD | {"latency_s": 0.3})
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(image_server.get, [image["path"] for image in answer["images"]]))
    assert [(status, len(body)) for status, body in found] == [(200, 4096)] * 8
    assert image_server.control("POST", "slow/window")[1]["peak_in_flight"] == 8


def test_pipelined_requests_are_answered_in_order(image_server: Running, paths: list[str]) -> None:
    bodies = [image_server.get(path)[1] for path in paths[:2]]
    answer = image_server.raw(f"GET {paths[0]} HTTP/1.1\r\nHost: x\r\n\r\n".encode() + get(paths[1]))
    assert answer.count(b"HTTP/1.1 200 OK") == 2
    assert 0 < answer.index(bodies[0]) < answer.index(bodies[1])


@pytest.mark.parametrize("cut", [10, 40, -2, -1])
@pytest.mark.parametrize(("second", "status"), [("GET {}", b"200"), ("GET {}x", b"404"), ("POST {}", b"405")])
def test_a_request_in_pieces_is_answered_in_its_turn(
    image_server: Running, paths: list[str], second: str, status: bytes, cut: int
) -> None:
    first = f"GET {paths[0]} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    last = f"{second.format(paths[1])} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
    body = image_server.get(paths[0])[1]
    with socket.create_connection((image_server.host, image_server.port), timeout=10) as wire:
        for part in (first, first + last[:cut], last[cut:]):
            wire.sendall(part)
            time.sleep(0.02)  # likely a read of its own; the answer is the same if it is not
        found = b"".join(iter(lambda: wire.recv(65_536), b""))
    answers = found.split(b"HTTP/1.1 ")[1:]
    assert [answer[:3] for answer in answers] == [b"200", b"200", status]
    assert [answer.endswith(body) for answer in answers] == [True, True, False]


def test_a_connection_is_kept_without_the_compiled_parser() -> None:
    with (
        running("--images", "2", env={"AIOHTTP_NO_EXTENSIONS": "1"}) as server,
        server.connect() as connection,
    ):
        for path in server.paths:
            connection.request("GET", path)
            assert len(connection.getresponse().read()) == 6144
        assert server.control("POST", "images/window")[1]["connections"] == 1


def test_who_asks_much_and_reads_nothing_fills_no_buffer(image_server: Running) -> None:
    _, answer = image_server.control("PUT", "large", WORKLOAD | {"images": 1, "image_bytes": 8_000_000})
    path = answer["images"][0]["path"]
    with socket.create_connection((image_server.host, image_server.port), timeout=10) as wire:
        wire.sendall(20 * f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert wire.recv(10) == b"HTTP/1.1 2"
        for _ in range(20):  # as many turns for the others: the first answer still waits for its reader
            assert image_server.get(f"{path}x")[0] == 404
        assert image_server.control("POST", "large/window")[1]["statuses"] == {"404": 20}


def test_a_large_image_reaches_a_slow_reader_whole(image_server: Running) -> None:
    _, answer = image_server.control("PUT", "large", WORKLOAD | {"images": 1, "image_bytes": 8_000_000})
    [image] = answer["images"]
    with socket.create_connection((image_server.host, image_server.port), timeout=10) as wire:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        wire.sendall(get(image["path"]))
        assert image_server.get(f"{image['path']}x")[0] == 404  # the others do not wait for the slow one
        found = b"".join(iter(lambda: wire.recv(100_000), b""))
    assert hashlib.sha256(found.partition(b"\r\n\r\n")[2]).hexdigest() == image["sha256"]


@pytest.mark.parametrize(
    "request_line", ["GET {} HTTP/1.0\r\n", "GET {} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"]
)
def test_a_connection_that_may_not_be_kept_is_closed(
    image_server: Running, paths: list[str], request_line: str
) -> None:
    answer = image_server.raw((request_line.format(paths[0]) + "\r\n").encode())
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"Connection: close" in head
    assert len(body) == 4096


def test_a_client_that_leaves_early_is_counted_and_nothing_breaks(image_server: Running) -> None:
    _, answer = image_server.control("PUT", "slow", WORKLOAD | {"latency_s": 0.1})
    path = answer["images"][0]["path"]
    with socket.create_connection((image_server.host, image_server.port)) as wire:
        wire.sendall(get(path))
    assert image_server.get(path)[0] == 200
    assert image_server.control("POST", "slow/window")[1]["requests"] == 2  # the first was due first


def test_a_client_that_breaks_off_a_large_answer_is_no_news() -> None:
    with running("--images", "1", "--image-bytes", "8000000") as server:
        for _ in range(2):
            with socket.create_connection((server.host, server.port)) as wire:
                wire.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0"
                )  # reset, no farewell
                wire.sendall(get(server.paths[0]))
                assert wire.recv(10) == b"HTTP/1.1 2"
        assert server.get(server.paths[0])[0] == 200
        seen = server.control("POST", "images/window")[1]
        assert (seen["connections"], seen["statuses"]) == (3, {"200": 3})
        assert server.control("POST", "images/window")[1]["peak_in_flight"] == 0
        assert server.ended() == (0, "")


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        ("GET {path}x", 404),
        ("GET {path}?x", 404),
        ("GET /elsewhere/none.jpg", 404),
        ("GET /", 404),
        ("GET /../etc/passwd", 404),
        ("GET {path}/%2e%2e/x", 404),
        ("HEAD {path}", 405),
        ("POST {path}", 405),
        ("GET /" + "x" * 20_000, 400),
    ],
)
def test_refusals(image_server: Running, paths: list[str], request_line: str, status: int) -> None:
    line = request_line.format(path=paths[0])
    answer = image_server.raw(f"{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    assert answer.split(b" ", 2)[1] == str(status).encode()
    assert (b"Allow: GET" in answer) == (status == 405)


def test_refusals_below_a_workload_are_witnessed(image_server: Running, paths: list[str]) -> None:
    image_server.control("POST", "small/window")
    image_server.raw(get(f"{paths[0]}x"))
    image_server.raw(get(paths[0]).replace(b"GET", b"DELETE"))
    seen = image_server.control("POST", "small/window")[1]
    assert (seen["statuses"], seen["strangers"]) == ({"404": 1, "405": 1}, 0)


def test_garbage_is_refused_and_fills_no_log() -> None:
    with running("--images", "1") as server:
        for garbage in (b"\x00\xff" * 500, b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00\r\n", get("/\xff")):
            assert b" 400 Bad Request" in server.raw(garbage)
        assert server.get(server.paths[0])[0] == 200
        assert server.ended() == (0, "")
