"""Starting the server: whatever goes wrong is one line."""

import socket
import sys

import pytest

from harness.measure import server
from harness.measure.server import ServerError, running_server
from harness.workload import Workload


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("raise SystemExit('cannot listen on 127.0.0.1:80: Address in use')", "did not start: cannot listen"),
        ("pass", "did not start: no message"),
        ("print('hello')", "did not start: no message"),
        ("print('{}')", "did not start: no message"),
    ],
)
def test_a_server_that_does_not_start_is_one_line(code: str, message: str) -> None:
    with pytest.raises(ServerError, match=message), running_server(cpus=(), command=python(code)):
        pass


def test_a_server_that_is_never_ready_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "START_TIMEOUT_S", 0.3)
    silent = python("import sys; sys.stdin.read()")
    with pytest.raises(ServerError, match="was not ready within"), running_server(cpus=(), command=silent):
        pass


def test_a_connection_that_the_server_has_ended_meanwhile_is_opened_anew() -> None:
    """As after a pass that took longer than the server keeps an idle connection."""
    with running_server(cpus=()) as running:
        workload = Workload.of(
            "again", images=1, image_bytes=4096, latency_s=0.0, concurrency=1, sink="memory"
        )
        running.register(workload)
        assert running._connection.sock is not None
        running._connection.sock.shutdown(socket.SHUT_RDWR)
        assert len(running.register(workload).urls) == 1
