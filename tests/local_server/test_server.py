"""The server on the wire: what it answers, what it refuses, and what it witnesses."""

import hashlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from harness.draws import moved
from harness.workload import check
from local_server.answers import served
from local_server.images import MIN_BYTES
from local_server.listeners import Origin
from local_server.server import ImageServer

ROOT = Path(__file__).resolve().parents[2]
WORKLOAD = {"images": 8, "image_bytes": 4096, "latency_s": 0.0, "seed": 1}


class Running:
    """A server process and ways to speak to it."""

    def __init__(self, process: subprocess.Popen[str], ready: dict[str, Any]) -> None:
        self.process = process
        self.ready = ready
        self.host, port = ready["url"].removeprefix("http://").rsplit(":", 1)
        self.port = int(port)
        self.paths = [urlsplit(url).path for url in ready.get("urls", ())]

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
            return response.status, json.loads(response.read(), object_hook=_with_path)

    def raw(self, data: bytes) -> bytes:
        """Send bytes; return all that comes until the server closes."""
        with socket.create_connection((self.host, self.port), timeout=10) as wire:
            wire.sendall(data)
            found = b""
            while chunk := wire.recv(65_536):
                found += chunk
        return found

    def ended(self) -> tuple[int, str]:
        """Ask it to end; return its exit code and what it wrote to standard error."""
        self.process.terminate()
        _, complaints = self.process.communicate(timeout=10)
        return self.process.returncode, complaints


@contextmanager
def running(*options: str, env: dict[str, str] | None = None) -> Iterator[Running]:
    process = subprocess.Popen(
        [sys.executable, "-m", "local_server", *options],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | (env or {}),
    )
    assert process.stdout is not None
    try:
        yield Running(process, json.loads(process.stdout.readline()))
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def _with_path(answer: dict[str, Any]) -> dict[str, Any]:
    return answer | ({"path": urlsplit(answer["url"]).path} if "url" in answer else {})


def get(path: str) -> bytes:
    """A request after which the server closes."""
    return f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()


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


def test_only_harmless_headers_are_told_with_their_values(one: Running, paths: list[str]) -> None:
    one.control("POST", "small/window")
    secret = {
        "Authorization": "Basic bWU6d29yZA==",
        "X-Api-Key": "abc",
        "Cookie": "a=b",
        "User-Agent": "me/1",
    }
    with one.connect() as connection:
        connection.request("GET", paths[0], headers=secret)
        connection.getresponse().read()
    _, seen = one.control("POST", "small/window")
    hidden = dict.fromkeys(("authorization", "cookie", "x-api-key"), "(not recorded)")
    assert {name: seen["headers"][name] for name in (*hidden, "user-agent")} == hidden | {
        "user-agent": "me/1"
    }


def test_a_connection_that_was_kept_shows_its_age(one: Running, paths: list[str]) -> None:
    seen = []
    with one.connect() as connection:
        for _ in range(2):
            began = time.perf_counter()
            connection.request("GET", paths[0])
            connection.getresponse().read()
            ended = time.perf_counter()
            seen.append(one.control("POST", "small/window")[1])
            assert began < seen[-1]["answered_at"] < ended
    assert [window["connections"] for window in seen] == [1, 1]
    assert seen[0]["reached_at"] == seen[1]["reached_at"] < began


def test_what_the_server_keeps_waiting_is_told(one: Running) -> None:
    _, answer = one.control("PUT", "slow", WORKLOAD | {"latency_s": 0.1})
    for image in answer["images"][:2]:
        one.get(image["path"])
    assert one.control("POST", "slow/window")[1]["waited_s"] >= 0.19  # a timer may be a little early


def test_latency_keeps_requests_in_flight(one: Running) -> None:
    _, answer = one.control("PUT", "slow", WORKLOAD | {"latency_s": 0.3})
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(one.get, [image["path"] for image in answer["images"]]))
    assert [(status, len(body)) for status, body in found] == [(200, 4096)] * 8
    assert one.control("POST", "slow/window")[1]["peak_in_flight"] == 8


def test_pipelined_requests_are_answered_in_order(one: Running, paths: list[str]) -> None:
    bodies = [one.get(path)[1] for path in paths[:2]]
    answer = one.raw(f"GET {paths[0]} HTTP/1.1\r\nHost: x\r\n\r\n".encode() + get(paths[1]))
    assert answer.count(b"HTTP/1.1 200 OK") == 2
    assert 0 < answer.index(bodies[0]) < answer.index(bodies[1])


@pytest.mark.parametrize("cut", [10, 40, -2, -1])
@pytest.mark.parametrize(("second", "status"), [("GET {}", b"200"), ("GET {}x", b"404"), ("POST {}", b"405")])
def test_a_request_in_pieces_is_answered_in_its_turn(
    one: Running, paths: list[str], second: str, status: bytes, cut: int
) -> None:
    first = f"GET {paths[0]} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    last = f"{second.format(paths[1])} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
    body = one.get(paths[0])[1]
    with socket.create_connection((one.host, one.port), timeout=10) as wire:
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


def test_who_asks_much_and_reads_nothing_fills_no_buffer(one: Running) -> None:
    _, answer = one.control("PUT", "large", WORKLOAD | {"images": 1, "image_bytes": 8_000_000})
    path = answer["images"][0]["path"]
    with socket.create_connection((one.host, one.port), timeout=10) as wire:
        wire.sendall(20 * f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert wire.recv(10) == b"HTTP/1.1 2"
        for _ in range(20):  # as many turns for the others: the first answer still waits for its reader
            assert one.get(f"{path}x")[0] == 404
        assert one.control("POST", "large/window")[1]["statuses"] == {"404": 20}


def test_a_large_image_reaches_a_slow_reader_whole(one: Running) -> None:
    _, answer = one.control("PUT", "large", WORKLOAD | {"images": 1, "image_bytes": 8_000_000})
    [image] = answer["images"]
    with socket.create_connection((one.host, one.port), timeout=10) as wire:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        wire.sendall(get(image["path"]))
        assert one.get(f"{image['path']}x")[0] == 404  # the others do not wait for the slow one
        found = b"".join(iter(lambda: wire.recv(100_000), b""))
    assert hashlib.sha256(found.partition(b"\r\n\r\n")[2]).hexdigest() == image["sha256"]


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
        wire.sendall(get(path))
    assert one.get(path)[0] == 200
    assert one.control("POST", "slow/window")[1]["requests"] == 2  # the first was due first


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
def test_refusals(one: Running, paths: list[str], request_line: str, status: int) -> None:
    line = request_line.format(path=paths[0])
    answer = one.raw(f"{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    assert answer.split(b" ", 2)[1] == str(status).encode()
    assert (b"Allow: GET" in answer) == (status == 405)


def test_refusals_below_a_workload_are_witnessed(one: Running, paths: list[str]) -> None:
    one.control("POST", "small/window")
    one.raw(get(f"{paths[0]}x"))
    one.raw(get(paths[0]).replace(b"GET", b"DELETE"))
    seen = one.control("POST", "small/window")[1]
    assert (seen["statuses"], seen["strangers"]) == ({"404": 1, "405": 1}, 0)


def test_a_new_window_may_move_the_images(one: Running) -> None:
    _, answer = one.control("PUT", "small", WORKLOAD)
    paths, digests = ([image[key] for image in answer["images"]] for key in ("path", "sha256"))
    for seed in ("3", None, "0", "3", "999999"):
        assert one.control("POST", f"small/window/{seed}" if seed else "small/window")[0] == 200
        found = [hashlib.sha256(one.get(path)[1]).hexdigest() for path in paths]
        expected = moved(digests, int(seed)) if seed else digests
        assert found == expected
        assert not seed or all(now != before for now, before in zip(found, digests, strict=True))
        digests = expected
    assert one.control("POST", "small/window/x")[0] == 404


def test_who_does_not_know_the_paths_is_a_stranger_and_counted_apart(one: Running, paths: list[str]) -> None:
    one.control("POST", "small/window")
    name = paths[0].rpartition("/")[2]
    for path in ("/small/x", f"/small/{name}", f"/{name}", "/", "/_control/workloads/small/window"):
        one.raw(get(path))
    one.get(paths[0])
    seen = one.control("POST", "small/window")[1]
    assert (seen["requests"], seen["connections"], seen["statuses"]) == (1, 1, {"200": 1})
    assert seen["strangers"] == 5
    assert one.control("POST", "small/window")[1]["strangers"] == 0


def test_paths_are_secret_and_of_one_length(one: Running) -> None:
    found = []
    for name in ("small", "of-another-name", "small"):
        _, answer = one.control("PUT", name, WORKLOAD)
        found.append([image["path"] for image in answer["images"]])
    assert (
        len({path for paths in found for path in paths}) == 24
    )  # also of a workload that is registered again
    assert len({len(path) for paths in found for path in paths}) == 1
    assert all(len(path.split("/")[1]) >= 22 for paths in found for path in paths)  # 128 bits
    assert one.get(found[0][0])[0] == 404
    assert one.get(found[2][0])[0] == 200


def test_workloads_are_bounded_in_sum_before_they_are_made() -> None:
    server = ImageServer()
    for number in range(3):
        server.claim(f"w{number}", 300 * 1024**2)
    with pytest.raises(
        ValueError, match=r"^its images have 314,572,800 bytes and those of other workloads 943,718,400; "
    ):
        server.claim("w3", 300 * 1024**2)
    server.claim("w2", 300 * 1024**2)  # instead of its own, not beside them
    server.claim("w1", 1)
    server.claim("w3", 300 * 1024**2)
    server.remove("w3")
    fields = check({"images": 2, "image_bytes": MIN_BYTES, "latency_s": 0.0, "seed": 1}, served=True)
    server.add("w3", served(fields), [Origin("http", "127.0.0.1", 1)])
    assert server._held == {"w0": 314_572_800, "w2": 314_572_800, "w1": 1, "w3": 2 * MIN_BYTES}


def test_garbage_is_refused_and_fills_no_log() -> None:
    with running("--images", "1") as server:
        for garbage in (b"\x00\xff" * 500, b"GET\r\n\r\n", b"\x16\x03\x01\x02\x00\r\n", get("/\xff")):
            assert b" 400 Bad Request" in server.raw(garbage)
        assert server.get(server.paths[0])[0] == 200
        assert server.ended() == (0, "")


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "reason"),
    [
        ("PUT", "Bad", WORKLOAD, 422, "a workload's name matches"),
        ("PUT", "a" * 65, WORKLOAD, 422, "a workload's name matches"),
        ("PUT", "x", {}, 422, "images must be a whole number"),
        ("PUT", "x", WORKLOAD | {"images": 0}, 422, "images must be from 1 to 100,000"),
        ("PUT", "x", WORKLOAD | {"images": True}, 422, "images must be a whole number"),
        ("PUT", "x", WORKLOAD | {"image_bytes": 100}, 422, "image_bytes must be from 1,024"),
        ("PUT", "x", WORKLOAD | {"latency_s": 61}, 422, "latency_s must be from 0 to 60"),
        ("PUT", "x", WORKLOAD | {"latency_s": "1"}, 422, "latency_s must be a number"),
        ("PUT", "x", WORKLOAD | {"images": 100_000, "image_bytes": 99_999}, 422, "must be at most 1,073,741,824"),
        ("PUT", "x", WORKLOAD | {"path": "/etc"}, 422, "path is no field"),
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


def test_a_body_that_breaks_off_is_refused_or_dropped_and_fills_no_log() -> None:
    with running() as server:
        head = f"PUT /_control/workloads/x HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.ready['token']}\r\n"
        with socket.create_connection((server.host, server.port)) as wire:
            wire.sendall(f"{head}Content-Length: 100\r\n\r\nabc".encode())
        packed = f"{head}Content-Encoding: gzip\r\nContent-Length: 4\r\nConnection: close\r\n\r\nabcd"
        assert b"the body must be JSON" in server.raw(packed.encode())
        assert server.ended() == (0, "")


@pytest.mark.parametrize("token", ["", "wrong", "\xff"])
def test_control_needs_the_token(one: Running, token: str) -> None:
    status, answer = one.control("PUT", "x", WORKLOAD, token=token)
    assert status == 401
    assert "token" in answer["error"]


def test_a_removed_workload_is_gone(one: Running) -> None:
    _, answer = one.control("PUT", "gone", WORKLOAD)
    assert one.control("DELETE", "gone") == (200, {})
    path = answer["images"][0]["path"]
    assert one.raw(get(path)).startswith(b"HTTP/1.1 404 ")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(number: signal.Signals) -> None:
    with running("--images", "2") as server, server.connect() as connection:
        connection.request("GET", server.paths[0])
        assert connection.getresponse().status == 200  # and the connection stays open
        server.process.send_signal(number)
        assert server.process.wait(timeout=10) == 0


def test_it_ends_with_its_standard_input() -> None:
    with running("--exit-with-stdin") as server:
        assert server.process.stdin is not None
        server.process.stdin.close()
        assert server.process.wait(timeout=10) == 0


def test_standard_input_may_be_no_pipe() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "local_server", "--exit-with-stdin"],
        cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=30,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["url"].startswith("http://127.0.0.1:")


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--port", "70000"], 2, "'70000' is no port from 0 to 65535"),
        (["--cpus", "a"], 2, "'a' is no list of CPU numbers"),
        (["--cpus", "9999"], 2, "--cpus: "),
        (["--cpus", "9" * 30], 2, "--cpus: "),
        (["--host", ""], 2, "it is empty; 127.0.0.1 is loopback alone"),
        (["--host", "a..b"], 1, "cannot listen on a..b:0"),
        (["--host", "no.such.invalid"], 1, "cannot listen on no.such.invalid:0"),
        (["--images", "0"], 2, "--images: must be from 1 to 100,000"),
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
