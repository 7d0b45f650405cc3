"""Ask one server for as much as it can give: what no client can beat. It checks lengths only, to be no limit itself."""

import selectors
import socket
import ssl
from time import perf_counter
from urllib.parse import urlsplit

WINDOWS = 6  # a disturbance makes a window slower and never quicker, so the quickest one is the server's own
# (connections, requests under way on each): where images are small one way is the quicker, where they are large the other.
WAYS = ((8, 16), (32, 1))
BUFFER = bytearray(1 << 20)


def saturate(urls: list[str], seconds: float) -> float:
    """Return answers per second in the best of several windows; 0.0 if not a byte came.

    Args:
        urls: of one server, all of the same size, so that answers can be counted by their bytes.
        seconds: of all windows together.
    """
    return max(_window(urls, *WAYS[number % len(WAYS)], seconds / WINDOWS) for number in range(WINDOWS))


def _window(urls: list[str], connections: int, depth: int, seconds: float) -> float:
    """Return answers per second over one window on connections of its own."""
    burst = b"".join(_request(urls[number % len(urls)]) for number in range(depth))
    wires = [_connect(urls[0]) for _ in range(connections)]
    try:
        size = _answer_size(wires[0], _request(urls[0]))
        return _pump(wires, burst, size * depth, seconds) / size
    finally:
        for wire in wires:
            wire.close()


def _connect(url: str) -> socket.socket:
    parts = urlsplit(url)
    wire = socket.create_connection((parts.hostname or "", parts.port or 0))
    if parts.scheme == "http":
        return wire
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = (
        False,
        ssl.CERT_NONE,
    )  # a rate is measured, and nothing is believed
    return context.wrap_socket(wire)


def _pump(wires: list[socket.socket], burst: bytes, burst_size: int, seconds: float) -> float:
    """Keep a burst under way on every connection; return bytes per second, also of answers that are not whole."""
    left, received = dict.fromkeys(wires, burst_size), 0
    began = perf_counter()
    with selectors.DefaultSelector() as selector:
        for one in wires:
            selector.register(one, selectors.EVENT_READ, one)
            one.sendall(burst)
        while (elapsed := perf_counter() - began) < seconds:
            for key, _ in selector.select(seconds):
                wire: socket.socket = key.data
                count = _received(wire)
                received += count
                left[wire] -= count
                if left[wire] == 0:
                    wire.sendall(burst)
                    left[wire] = burst_size
    return received / elapsed


def _received(wire: socket.socket) -> int:
    """Read what has come and return how many bytes; what is decrypted already wakes no selector."""
    count = wire.recv_into(BUFFER)
    if not count:
        raise ConnectionError("the server closed a connection")
    while isinstance(wire, ssl.SSLSocket) and wire.pending():
        count += wire.recv_into(BUFFER)
    return count


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
