"""The server on the wire: what it answers, what it refuses, and what it witnesses."""

import hashlib
import http.client
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any

import pytest

from harness.measure.launch import ROOT

WORKLOAD = {"images": 8, "image_bytes": 4096, "latency_s": 0.0, "seed": 1}


class Running:
    """A server process and ways to speak to it."""

    def __init__(self, process: subprocess.Popen[str], ready: dict[str, Any]) -> None:
        self.process = process
        self.ready = ready
        self.host, port = ready["url"].removeprefix("http://").rsplit(":", 1)
        self.port = int(port)

    @contextmanager
    def connect(self) -> Iterator[http.client.HTTPConnection]:
        with closing(http.client.HTTPConnection(self.host, self.port, timeout=10)) as connection:
            yield connection

    def get(self, path: str) -> tuple[int, bytes]:
        with self.connect() as connection:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read()

    def control(
        self, method: str, path: str, body: object = None, token: str | None = None
    ) -> tuple[int, dict[str, Any]]:
        data = body if isinstance(body, bytes) else json.dumps(body)
        headers = {"Authorization": f"Bearer {self.ready['token'] if token is None else token}"}
        with self.connect() as connection:
            connection.request(method, f"/_control/workloads/{path}", data, headers)
            response = connection.getresponse()
            return response.status, json.loads(response.read())

    def raw(self, data: bytes) -> bytes:
        """Send bytes; return all that comes until the server closes or is quiet."""
        with socket.create_connection((self.host, self.port), timeout=0.5) as wire:
            wire.sendall(data)
            found = b""
            try:
                while chunk := wire.recv(65_536):
                    found += chunk
            except TimeoutError:
                pass
        return found


@contextmanager
def running(*options: str) -> Iterator[Running]:
    process = subprocess.Popen(
        [sys.executable, "-m", "local_server", *options],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield Running(process, json.loads(process.stdout.readline()))
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def one() -> Iterator[Running]:
    with running("--exit-with-stdin") as server:
        yield server


@pytest.fixture
def paths(one: Running) -> list[str]:
    status, answer = one.control("PUT", "small", WORKLOAD)
    assert status == 200
    return [image["path"] for image in answer["images"]]


def test_every_image_is_what_the_manifest_says(one: Running) -> None:
    _, answer = one.control("PUT", "small", WORKLOAD)
    with one.connect() as connection:
        for image in answer["images"]:
            connection.request("GET", image["path"])
            response = connection.getresponse()
            body = response.read()
            assert response.headers["Content-Type"] == "image/jpeg"
            assert len(body) == image["bytes"] == 4096
            assert hashlib.sha256(body).hexdigest() == image["sha256"]
    _, seen = one.control("POST", "small/window")
    assert seen["connections"] == 1
    assert seen["requests"] == 8
    assert seen["statuses"] == {"200": 8}
    assert seen["bytes"] >= 8 * 4096
    assert seen["peak_in_flight"] == 1
    assert seen["http_version"] == "1.1"
    assert seen["headers"]["accept-encoding"] == "identity"
    assert seen["server_cpu_s"] >= 0


def test_a_connection_counts_in_its_first_window_only(one: Running, paths: list[str]) -> None:
    counts = []
    with one.connect() as connection:
        for _ in range(2):
            connection.request("GET", paths[0])
            connection.getresponse().read()
            counts.append(one.control("POST", "small/window")[1]["connections"])
    assert counts == [1, 0]


def test_latency_keeps_requests_in_flight(one: Running) -> None:
    _, answer = one.control("PUT", "slow", WORKLOAD | {"latency_s": 0.3})
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(one.get, [image["path"] for image in answer["images"]]))
    assert [(status, len(body)) for status, body in found] == [(200, 4096)] * 8
    assert one.control("POST", "slow/window")[1]["peak_in_flight"] == 8


def test_pipelined_requests_are_answered_in_order(one: Running, paths: list[str]) -> None:
    request = f"GET {paths[0]} HTTP/1.1\r\nHost: x\r\n\r\nGET {paths[1]} HTTP/1.1\r\nHost: x\r\n\r\n"
    answer = one.raw(request.encode())
    assert answer.count(b"HTTP/1.1 200 OK") == 2


@pytest.mark.parametrize(
    "request_line", ["GET {} HTTP/1.0\r\n", "GET {} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"]
)
def test_a_connection_that_may_not_be_kept_is_closed(
    one: Running, paths: list[str], request_line: str
) -> None:
    answer = one.raw((request_line.format(paths[0]) + "\r\n").encode())
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"Connection: close" in head
    assert len(body) == 4096


def test_a_client_that_leaves_early_is_counted_and_nothing_breaks(one: Running) -> None:
    _, answer = one.control("PUT", "slow", WORKLOAD | {"latency_s": 0.1})
    path = answer["images"][0]["path"]
    with socket.create_connection((one.host, one.port)) as wire:
        wire.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert one.get(path)[0] == 200
    assert one.control("POST", "slow/window")[1]["requests"] in {1, 2}


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        ("GET /small/none.jpg", 404),
        ("GET /elsewhere/none.jpg", 404),
        ("GET /", 404),
        ("GET /../etc/passwd", 404),
        ("GET /small/%2e%2e/x", 404),
        ("HEAD {path}", 405),
        ("POST {path}", 405),
        ("GET /" + "x" * 20_000, 400),
    ],
)
def test_refusals(one: Running, paths: list[str], request_line: str, status: int) -> None:
    answer = one.raw(f"{request_line.format(path=paths[0])} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert answer.split(b" ", 2)[1] == str(status).encode()


def test_refusals_below_a_workload_are_witnessed(one: Running, paths: list[str]) -> None:
    one.control("POST", "small/window")
    one.raw(b"GET /small/none.jpg HTTP/1.1\r\nHost: x\r\n\r\n")
    one.raw(f"PUT {paths[0]} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".encode())
    assert one.control("POST", "small/window")[1]["statuses"] == {"404": 1, "405": 1}


def test_garbage_does_not_stop_the_server(one: Running, paths: list[str]) -> None:
    for garbage in (b"\x00\xff" * 500, b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00"):
        one.raw(garbage)
    assert one.get(paths[0])[0] == 200


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "reason"),
    [
        ("PUT", "Bad", WORKLOAD, 422, "a workload's name matches"),
        ("PUT", "a" * 65, WORKLOAD, 422, "a workload's name matches"),
        ("PUT", "x", {}, 422, "images must be a whole number"),
        ("PUT", "x", WORKLOAD | {"images": 0}, 422, "images must be from 1 to 100,000"),
        ("PUT", "x", WORKLOAD | {"images": True}, 422, "images must be a whole number"),
        ("PUT", "x", WORKLOAD | {"image_bytes": 100}, 422, "image_bytes must be from 2,048"),
        ("PUT", "x", WORKLOAD | {"latency_s": 61}, 422, "latency_s must be from 0 to 60"),
        ("PUT", "x", WORKLOAD | {"latency_s": "1"}, 422, "latency_s must be a number"),
        ("PUT", "x", WORKLOAD | {"images": 100_000, "image_bytes": 99_999}, 422, "must be at most 1,073,741,824"),
        ("PUT", "x", WORKLOAD | {"path": "/etc"}, 422, "unknown field 'path'"),
        ("PUT", "x", b"[]", 422, "must be a JSON object"),
        ("PUT", "x", b"{", 422, "must be JSON"),
        ("PUT", "x", b"[" * 60_000, 422, "must be JSON"),
        ("PUT", "x", b" " * 70_000, 422, "must be at most 65,536 bytes"),
        ("POST", "none/window", None, 404, "no workload none"),
        ("DELETE", "none", None, 404, "no workload none"),
        ("GET", "small", None, 404, "no such route"),
    ],
)  # fmt: skip
def test_control_refuses_with_a_reason(
    one: Running, method: str, path: str, body: object, status: int, reason: str
) -> None:
    found, answer = one.control(method, path, body)
    assert found == status
    assert reason in answer["error"]


@pytest.mark.parametrize("token", ["", "wrong"])
def test_control_needs_the_token(one: Running, token: str) -> None:
    status, answer = one.control("PUT", "x", WORKLOAD, token=token)
    assert status == 401
    assert "token" in answer["error"]


def test_a_removed_workload_is_gone(one: Running) -> None:
    _, answer = one.control("PUT", "gone", WORKLOAD)
    assert one.control("DELETE", "gone") == (200, {})
    path = answer["images"][0]["path"]
    assert one.raw(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()).startswith(b"HTTP/1.1 404 ")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(number: signal.Signals) -> None:
    with running("--images", "2") as server, server.connect() as connection:
        connection.request("GET", server.ready["paths"][0])
        assert connection.getresponse().status == 200  # and the connection stays open
        server.process.send_signal(number)
        assert server.process.wait(timeout=10) == 0


def test_it_ends_with_its_standard_input() -> None:
    with running("--exit-with-stdin") as server:
        assert server.process.stdin is not None
        server.process.stdin.close()
        assert server.process.wait(timeout=10) == 0
        server.process.stdin = None


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--port", "70000"], 2, "'70000' is no port from 0 to 65535"),
        (["--cpus", "a"], 2, "'a' is no list of CPU numbers"),
        (["--cpus", "9999"], 2, "--cpus"),
        (["--images", "0"], 2, "images must be from 1 to 100,000"),
        (["--host", "192.0.2.1"], 1, "cannot listen on 192.0.2.1:0"),
    ],
)
def test_a_wrong_option_is_one_line(options: list[str], code: int, message: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "local_server", *options],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip
    assert done.returncode == code
    assert message in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_a_busy_port_is_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "local_server", "--port", str(port)],
            cwd=ROOT, capture_output=True, text=True, check=False, timeout=30,
        )  # fmt: skip
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert line.endswith(f"cannot listen on 127.0.0.1:{port}: Address already in use")
