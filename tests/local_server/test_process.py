"""The server as a process: its options, and how it ends."""

import json
import resource
import signal
import socket
import ssl
import struct
import subprocess
import sys
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

from tests.local_server.running import ROOT, WORKLOAD, running

BEGUN = b"\x16\x03\x01\x00\xa5\x01"  # the first bytes of a ClientHello (RFC 8446, 4.1.2 and 5.1)


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


def test_it_takes_as_many_connections_as_the_system_allows() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 200), hard))
    try:
        with running() as server:
            assert resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE) == (hard, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


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


def test_what_clients_do_to_a_handshake_is_no_word_of_ours() -> None:
    with running() as server:
        asked = {**WORKLOAD, "tls": True}
        _, manifest = server.control("PUT", "secured", asked)
        where = urlsplit(manifest["images"][0]["url"])
        distrusting = ssl.create_default_context()
        for number in range(20):
            with socket.create_connection((where.hostname or "", where.port or 0), timeout=10) as wire:
                if number % 4 == 0:
                    with pytest.raises(ssl.SSLError):
                        distrusting.wrap_socket(wire, server_hostname=where.hostname)
                elif number % 4 == 1:
                    wire.sendall(b"GET / HTTP/1.1\r\n\r\n")
                    with suppress(ConnectionError):
                        wire.recv(1_000)
                elif number % 4 == 2:  # the handshake is begun, and the connection is reset
                    wire.sendall(BEGUN)
                    wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                else:  # and the connection is closed
                    wire.sendall(BEGUN)
                    wire.shutdown(socket.SHUT_WR)
                    assert wire.recv(1_000) == b""
        assert server.ended() == (0, "")
