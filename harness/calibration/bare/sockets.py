"""Two ends of a line by sockets alone: ``serve HOST CERTIFICATE`` or ``ask HOST PORTS CA PLAN``; each prints a line of JSON.

The first byte on a connection says what it is for: e to echo, d to send without end, u to take what comes and tell how much.
"""

import json
import socket
import ssl
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from time import perf_counter, sleep

CHUNK = bytes(1 << 16)
DATAGRAM = bytes(100)
TOLD = 100  # bytes of what is told before sending begins
BURST = 5  # datagrams that are sent at once


def serve(host: str, certificate: str) -> None:
    """Serve until standard input ends."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    plain, secure = (socket.create_server((host, 0), backlog=64) for _ in range(2))
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    datagrams.bind((host, 0))
    counted = [0]
    _start(_accept, plain, lambda near: _serve_one(near, counted))
    _start(_accept, secure, lambda near: context.wrap_socket(near, server_side=True).read(1))
    _start(_echo_datagrams, datagrams, counted)
    print(json.dumps([listener.getsockname()[1] for listener in (plain, secure, datagrams)]), flush=True)
    sys.stdin.read()


def _start(do: Callable[..., None], *arguments: object) -> None:
    threading.Thread(target=do, args=arguments, daemon=True).start()


def _accept(listener: socket.socket, do: Callable[[socket.socket], object]) -> None:
    while True:
        near, _ = listener.accept()
        near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _start(_until_closed, near, do)


def _until_closed(near: socket.socket, do: Callable[[socket.socket], object]) -> None:
    with near, suppress(OSError):
        do(near)


def _serve_one(near: socket.socket, counted: list[int]) -> None:
    kind = near.recv(1)
    if kind == b"e":
        while data := near.recv(1):
            near.send(data)
    elif kind == b"d":
        while True:
            near.sendall(CHUNK)
    elif kind == b"u":
        warm_s, seconds = json.loads(near.recv(TOLD, socket.MSG_WAITALL))
        near.sendall(json.dumps(_rate(near, warm_s, seconds)).encode())
    else:
        near.sendall(json.dumps(counted[0]).encode())


def _echo_datagrams(here: socket.socket, counted: list[int]) -> None:
    while True:
        data, sender = here.recvfrom(2_048)
        counted[0] += 1
        here.sendto(data, sender)


def _rate(near: socket.socket, warm_s: float, seconds: float) -> float:
    """Bytes per second that arrive, once the sender has had so long to find its rate."""
    buffer = memoryview(bytearray(1 << 20))
    began = perf_counter()
    while perf_counter() - began < warm_s:
        near.recv_into(buffer)
    taken, began = 0, perf_counter()
    while perf_counter() - began < seconds:
        taken += near.recv_into(buffer)
    return taken / (perf_counter() - began)


def ask(host: str, ports: list[int], authority: str, plan: dict[str, float]) -> dict[str, object]:
    """Measure from the client's end.

    Args:
        plan: how many ``echoes`` (and the ``rest_s`` before each), ``connects`` (likewise ``pause_s``) and ``datagrams``,
            the ``gap_s`` between bursts of these, how long to wait for the last of them (``last_s``), and seconds to
            ``warm_s`` up and of each rate (``rate_s``; 0 for none).
    """
    plain, secure, datagrams = ports
    found: dict[str, object] = {}
    found["connect_s"], found["handshake_s"] = _connects(
        (host, plain), (host, secure), authority, int(plan["connects"]), plan["pause_s"]
    )
    found["echo_s"] = _echoes((host, plain), int(plan["echoes"]), plan["rest_s"])
    if plan["rate_s"]:
        with _connection((host, plain), b"d") as near:
            found["down_bytes_per_s"] = _rate(near, plan["warm_s"], plan["rate_s"])
        found["up_bytes_per_s"] = _sent((host, plain), plan)
    if plan["datagrams"]:
        returned = _datagrams((host, datagrams), int(plan["datagrams"]), plan["gap_s"], plan["last_s"])
        with _connection((host, plain), b"c") as near:
            found["datagrams"] = [int(plan["datagrams"]), json.loads(near.recv(100)), returned]
    return found


def _connection(address: tuple[str, int], kind: bytes) -> socket.socket:
    near = socket.create_connection(address, timeout=30)
    near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    near.send(kind)
    return near


def _connects(
    plain: tuple[str, int], secure: tuple[str, int], authority: str, times: int, pause_s: float
) -> tuple[list[float], list[float]]:
    """Seconds of each TCP connection, and of each TLS 1.3 handshake on one that stands; no session is resumed.

    Args:
        pause_s: before each, so that the line is empty: no packet overtakes one that jitter has held up.
    """
    context = ssl.create_default_context(cafile=authority)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    connects, handshakes = [], []
    for _ in range(times):
        sleep(pause_s)
        began = perf_counter()
        socket.create_connection(plain, timeout=30).close()
        connects.append(perf_counter() - began)
        with (
            socket.create_connection(secure, timeout=30) as near,
            context.wrap_socket(near, server_hostname=secure[0], do_handshake_on_connect=False) as tls,
        ):
            sleep(pause_s)
            began = perf_counter()
            tls.do_handshake()
            handshakes.append(perf_counter() - began)
    return connects, handshakes


def _echoes(address: tuple[str, int], times: int, rest_s: float) -> list[float]:
    """Seconds of each round trip of a byte."""
    with _connection(address, b"e") as near:
        found = []
        for _ in range(times):
            sleep(rest_s)
            began = perf_counter()
            near.send(b"x")
            near.recv(1)
            found.append(perf_counter() - began)
        return found


def _sent(address: tuple[str, int], plan: dict[str, float]) -> float:
    """Send for so long; return bytes per second as the other end counted them."""
    with _connection(address, b"u") as near:
        near.send(json.dumps([plan["warm_s"], plan["rate_s"]]).encode().ljust(TOLD))
        told: list[bytes] = []
        listener = threading.Thread(target=lambda: told.append(near.recv(100)))
        listener.start()
        with suppress(OSError):  # the other end has counted and closed
            while not told:
                near.send(CHUNK)
        listener.join()
        rate: float = json.loads(told[0])
        return rate


def _datagrams(address: tuple[str, int], times: int, gap_s: float, last_s: float) -> int:
    """Send numbered datagrams at an even pace; return how many came back."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as near:
        near.settimeout(last_s)
        near.connect(address)
        returned = [0]

        def count() -> None:
            with suppress(TimeoutError):
                while near.recv(2_048):
                    returned[0] += 1

        listener = threading.Thread(target=count)
        listener.start()
        for _ in range(times // BURST):
            for _ in range(BURST):
                near.send(DATAGRAM)
            sleep(gap_s)
        listener.join()
        return returned[0]


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(*sys.argv[2:])
    else:
        host, ports, authority, plan = sys.argv[2:]
        print(json.dumps(ask(host, json.loads(ports), authority, json.loads(plan))))
