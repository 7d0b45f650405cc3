"""Starting the server: whatever goes wrong is one line."""

import sys

import pytest

from harness.measure import server
from harness.measure.server import ServerError, running_server


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
