"""Ask one server for as much as it can give: what no client can beat. It checks lengths only, to be no limit itself."""

import selectors
import socket
from time import perf_counter
from urllib.parse import urlsplit

CONNECTIONS = 8
PIPELINED = 16  # requests written at once on a connection, so that the server never waits for us
BUFFER = bytearray(1 << 20)


def saturate(urls: list[str], seconds: float) -> float:
    """Return answers per second over ``seconds``.

    Args:
        urls: of one server, all of the same size, so that answers can be counted by their bytes.
        seconds: how long.
    """
    host, port = urlsplit(urls[0]).hostname or "", urlsplit(urls[0]).port or 80
    burst = b"".join(_request(urls[number % len(urls)]) for number in range(PIPELINED))
    wires = [socket.create_connection((host, port)) for _ in range(CONNECTIONS)]
    try:
        size = _answer_size(wires[0], _request(urls[0]))
        return _pump(wires, burst, size, seconds)
    finally:
        for wire in wires:
            wire.close()


def _pump(wires: list[socket.socket], burst: bytes, size: int, seconds: float) -> float:
    """Keep a burst under way on every connection; count the answers to whole bursts."""
    left = {}
    with selectors.DefaultSelector() as selector:
        for one in wires:
            selector.register(one, selectors.EVENT_READ, one)
            one.sendall(burst)
            left[one] = size * PIPELINED
        bursts = 0
        began = perf_counter()
        while (elapsed := perf_counter() - began) < seconds:
            for key, _ in selector.select(1.0):
                wire: socket.socket = key.data
                left[wire] -= wire.recv_into(BUFFER)
                if left[wire] == 0:
                    bursts += 1
                    wire.sendall(burst)
                    left[wire] = size * PIPELINED
    return bursts * PIPELINED / elapsed


def _request(url: str) -> bytes:
    parts = urlsplit(url)
    return f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode()


def _answer_size(wire: socket.socket, request: bytes) -> int:
    """Bytes of head and body of one answer."""
    wire.sendall(request)
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += wire.recv(65_536)
    head, _, body = answer.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split()[0])
    rest = length - len(body)
    while rest:
        rest -= wire.recv_into(BUFFER, min(rest, len(BUFFER)))
    return len(head) + 4 + length
