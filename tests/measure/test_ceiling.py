"""The server's ceiling: of any legal size there is one, however little comes in a window; else it is missing, never 0."""

import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from harness.measure import ceiling
from harness.measure.server import Manifest, Server
from harness.measure.worker import saturate
from harness.workload import AnswerKind

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
        return Manifest(urls=(self.url,), digests=("",))

    def remove(self, name: str) -> None:
        self.removed.append(name)


def test_part_of_an_answer_counts_as_part() -> None:
    """Of 16 MiB not one burst came whole in the time; here each answer stops in the middle."""
    part = ANSWER[: len(ANSWER) // 2]
    with answering(lambda count: ANSWER if count == 0 else part if count == 1 else b"") as url:
        assert 0 < saturate._window([url], 1, 1, 0.05) * 0.05 <= len(part) / len(ANSWER)


def test_a_disturbed_window_is_not_the_ceiling(monkeypatch: pytest.MonkeyPatch) -> None:
    rates = iter([3.0, 1.0, 9.0, 2.0, 0.0, 4.0])
    monkeypatch.setattr(saturate, "_window", lambda *_: next(rates))
    assert saturate.saturate(["http://x"], 0.6) == 9.0


@pytest.mark.parametrize("answers", [1, 3])
def test_without_a_result_the_ceiling_is_missing(answers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ceiling, "SECONDS", 0.06)
    with answering(lambda count: ANSWER if count < answers else b"") as url:
        server: Any = OneServer(url)
        assert list(ceiling.ceilings(server, sys.executable, (), [AnswerKind(SIZE)])) == []
    assert server.removed == [f"ceiling-{SIZE}"]


def test_the_largest_legal_image_has_a_ceiling(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ceiling, "IMAGES", 1)
    [found] = ceiling.ceilings(server, sys.executable, (), [AnswerKind(16 * 1024**2)])
    assert 0 < found.requests_per_s < 100_000
