"""The server as a process: its options, and how it ends."""

import json
import signal
import socket
import subprocess
import sys

import pytest

from tests.local_server.running import ROOT, running


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
