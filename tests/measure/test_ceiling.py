"""The server's ceiling: of any legal size there is one, however little comes in a window; else it is missing, never 0."""

import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import hpack
import pytest

from harness.measure import ceiling
from harness.measure.manifest import Manifest
from harness.measure.server import Server
from harness.measure.worker import saturate, wires
from harness.measure.worker.wires import Http2
from harness.workload import AnswerKind, Workload

SIZE = 4_096
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % SIZE + b"x" * SIZE


@contextmanager
def answering(answer: Callable[[int], bytes]) -> Iterator[str]:
    """A server whose connections each do what ``answer`` says to their first, second, ... request; b"" closes."""

    def serve(wire: socket.socket) -> None:
        count, rest = 0, b""
        with wire:
            while chunk := wire.recv(65_536):
                rest += chunk
                *whole, rest = rest.split(b"\r\n\r\n")
                for _ in whole:
                    reply = answer(count)
                    if not reply:
                        return
                    wire.sendall(reply)
                    count += 1

    def accept() -> None:
        while True:
            try:
                wire, _ = listener.accept()
            except OSError:
                return
            threads.append(threading.Thread(target=_quietly, args=(serve, wire), daemon=True))
            threads[-1].start()

    threads: list[threading.Thread] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/x"
        listener.shutdown(socket.SHUT_RDWR)


def _quietly(serve: Callable[[socket.socket], None], wire: socket.socket) -> None:
    with suppress(OSError):  # the client has left
        serve(wire)


@dataclass
class OneServer:
    """As much of a server as a ceiling needs."""

    url: str
    removed: list[str] = field(default_factory=list)

    def register(self, _workload: Any) -> Manifest:
        return Manifest(urls=(self.url,), digests=("",), meets=(None,))

    def remove(self, name: str) -> None:
        self.removed.append(name)


def test_part_of_an_answer_counts_as_part() -> None:
    """Of 16 MiB not one burst came whole in the time; here each answer stops in the middle."""
    part = ANSWER[: len(ANSWER) // 2]
    with answering(lambda count: ANSWER if count == 0 else part if count == 1 else b"") as url:
        assert 0 < saturate._window([url], "1.1", 1, 1, 0.05) * 0.05 <= len(part) / len(ANSWER)


def test_a_disturbed_window_is_not_the_ceiling(monkeypatch: pytest.MonkeyPatch) -> None:
    rates = iter([3.0, 1.0, 9.0, 2.0, 0.0, 4.0])
    monkeypatch.setattr(saturate, "_window", lambda *_: next(rates))
    assert saturate.saturate(["http://x"], 0.6, "1.1") == 9.0


@pytest.mark.parametrize("answers", [1, 3])
def test_without_a_result_the_ceiling_is_missing(answers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ceiling, "SECONDS", 0.06)
    with answering(lambda count: ANSWER if count < answers else b"") as url:
        server: Any = OneServer(url)
        assert list(ceiling.ceilings(server, sys.executable, (), [AnswerKind(SIZE)])) == []
    assert server.removed == [f"ceiling-{SIZE}"]


@pytest.mark.parametrize("kind", [AnswerKind(16 * 1024**2), AnswerKind(16 * 1024**2, tls=True, http="2")])
def test_the_largest_legal_image_has_a_ceiling(
    server: Server, kind: AnswerKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ceiling, "IMAGES", 1)
    [found] = ceiling.ceilings(server, sys.executable, (), [kind])
    assert found.answer_kind == kind
    assert 0 < found.requests_per_s < 100_000


def test_over_http_2_the_ceiling_is_of_answers_that_came(server: Server) -> None:
    asked = Workload.of(
        name="counted", images=4, image_bytes=SIZE, latency_s=0.0, tls=True, http="2",
        concurrency=1, sink="memory",
    )  # fmt: skip
    urls = list(server.register(asked).urls)
    server.window("counted")
    wire = Http2(urls)
    assert wire.size() == SIZE
    wire.ask()
    counted = 0
    while counted < 4 * SIZE:
        counted += wire.receive()
    wire.socket.close()
    assert counted == 4 * SIZE
    seen = server.window("counted")
    assert (seen.requests, seen.connections, seen.http_version) == (5, 1, "2")


class Pieces:
    """A socket that gives these bytes, a few at a time, and keeps what is sent."""

    def __init__(self, data: bytes, step: int) -> None:
        self.pieces = [data[place : place + step] for place in range(0, len(data), step)]
        self.sent = b""

    def recv_into(self, buffer: bytearray) -> int:
        piece = self.pieces.pop(0) if self.pieces else b""
        buffer[: len(piece)] = piece
        return len(piece)

    def sendall(self, data: bytes) -> None:
        self.sent += data


FRAMES = (
    b"\0\0\6\4\0" + bytes(4) + b"\0\3\0\0\0\xc8"  # SETTINGS
    b"\0\0\1\1\4\0\0\0\1\x88"  # HEADERS of stream 1
    b"\0\0\5\0\0\0\0\0\1abcde"  # DATA
    b"\0\0\4\x08\0" + bytes(4) + b"\0\0\0\1"  # WINDOW_UPDATE
    b"\0\0\0\0\1\0\0\0\1"  # DATA, empty, the last
    b"\0\0\3\0\1\0\0\0\3xyz"  # DATA of stream 3, the last
)  # fmt: skip


@pytest.mark.parametrize("step", [1, 2, 3, 7, 9, 10, 64, 200])
def test_frames_are_counted_however_they_come(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = Pieces(FRAMES, step)
    monkeypatch.setattr(wires, "_connected", lambda *_: pieces)
    wire = Http2(["https://x:1/a"])
    assert pieces.sent.startswith(b"PRI * HTTP/2.0")
    assert sum(wire.receive() for _ in range(-(-len(FRAMES) // step))) == 5 + 3
    assert wire._ended == 2
    assert pieces.sent.endswith(b"\0\0\0\4\1\0\0\0\0")  # what the server has set is acknowledged, once
    assert pieces.sent.count(b"\0\0\0\4\1\0\0\0\0") == 1
    with pytest.raises(ConnectionError, match="the server closed a connection"):
        wire.receive()


@pytest.mark.parametrize("kind", [3, 7])
def test_a_server_that_gives_up_ends_the_window(kind: int, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = b"\0\0\4" + bytes([kind]) + bytes(9)
    monkeypatch.setattr(wires, "_connected", lambda *_: Pieces(frame, 64))
    with pytest.raises(ConnectionError, match="the server ended a stream or a connection"):
        Http2(["https://x:1/a"]).receive()


def test_a_request_is_packed_as_the_standard_says(monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = Pieces(b"", 1)
    monkeypatch.setattr(wires, "_connected", lambda *_: pieces)
    wire = Http2(["https://127.0.0.1:8443/ab/c.jpg"] * 2)
    pieces.sent = b""
    wire.ask()
    first, second = pieces.sent[: len(pieces.sent) // 2], pieces.sent[len(pieces.sent) // 2 :]
    assert first[:9] == (len(first) - 9).to_bytes(3) + b"\1\5\0\0\0\1"
    assert second[5:9] == b"\0\0\0\3"
    assert list(hpack.Decoder().decode(first[9:], raw=True)) == [
        (b":method", b"GET"), (b":scheme", b"https"), (b":authority", b"127.0.0.1:8443"), (b":path", b"/ab/c.jpg"),
    ]  # fmt: skip
