"""Connections that ask for as much as a server can give, and count what comes without looking at it."""

import socket
import ssl
from urllib.parse import urlsplit

BUFFER = bytearray(1 << 20)
# Of HTTP/2 (RFC 9113): what a connection begins with, and the few frames that a client cannot do without.
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HEAD_BYTES = 9
DATA, HEADERS, RESET, SETTINGS, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 7, 8
END_STREAM, ACKNOWLEDGED, END_HEADERS = 1, 1, 4
MOST = 2**31 - 1
FIRST_WINDOW = 65_535
NO_PUSH, INITIAL_WINDOW = b"\0\2" + bytes(4), b"\0\4" + MOST.to_bytes(4)


class Http1:
    """A connection over HTTP/1.1; what it counts is the bytes of answers, their heads too.

    Args:
        urls: of one server, asked for one behind the other.
    """

    PROTOCOL = "http/1.1"

    def __init__(self, urls: list[str]) -> None:
        self.socket = _connected(urls[0], self.PROTOCOL)
        self._requests = [_request(url) for url in urls]
        self._burst = b"".join(self._requests)

    def ask(self) -> None:
        """Ask for all."""
        self.socket.sendall(self._burst)

    def size(self) -> int:
        """Ask for the first alone, wait for its answer, and return its bytes."""
        self.socket.sendall(self._requests[0])
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self.socket.recv(65_536)
        head, _, body = answer.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split()[0])
        rest = length - len(body)
        while rest:
            rest -= self.socket.recv_into(BUFFER, min(rest, len(BUFFER)))
        return len(head) + 4 + length

    def receive(self) -> int:
        """Read what has come and return how much of it counts; what is decrypted already wakes no selector."""
        counted = self._read()
        while isinstance(self.socket, ssl.SSLSocket) and self.socket.pending():
            counted += self._read()
        return counted

    def _read(self) -> int:
        count = self.socket.recv_into(BUFFER)
        if not count:
            raise ConnectionError("the server closed a connection")
        return count


class Http2(Http1):
    """The same over HTTP/2; what it counts is the bytes of bodies."""

    PROTOCOL = "h2"

    def __init__(self, urls: list[str]) -> None:
        super().__init__(urls)
        self._requests = [_fields(url) for url in urls]
        self._stream = 1
        self._head = b""  # of the next frame, as far as it has come
        self._left = 0  # bytes of the last frame that are still to come
        self._kind = SETTINGS
        self._ended = 0
        window = (MOST - FIRST_WINDOW).to_bytes(4)
        settings = _frame(SETTINGS, NO_PUSH + INITIAL_WINDOW)
        self.socket.sendall(PREFACE + settings + _frame(WINDOW_UPDATE, window))

    def ask(self) -> None:
        """Ask for all, each in a stream of its own."""
        self._send(self._requests)

    def size(self) -> int:
        """Ask for the first alone, wait for its answer, and return the bytes of its body."""
        self._send(self._requests[:1])
        counted = 0
        while self._left or not self._ended:
            counted += self.receive()
        return counted

    def _send(self, requests: list[bytes]) -> None:
        frames = []
        for fields in requests:
            frames.append(_frame(HEADERS, fields, END_STREAM | END_HEADERS, self._stream))
            self._stream += 2
        self.socket.sendall(b"".join(frames))

    def _read(self) -> int:
        end, place, counted = super()._read(), 0, 0
        while place < end:
            if not self._left:
                missing = HEAD_BYTES - len(self._head)
                self._head += BUFFER[place : min(end, place + missing)]
                place += missing
                if len(self._head) == HEAD_BYTES:
                    self._begin()
                continue
            step = min(self._left, end - place)
            counted += step if self._kind == DATA else 0
            self._left -= step
            place += step
        return counted

    def _begin(self) -> None:
        """Note what frame begins, and answer where an answer is due."""
        self._left, self._kind, flags = int.from_bytes(self._head[:3]), self._head[3], self._head[4]
        self._head = b""
        if self._kind == SETTINGS and not flags & ACKNOWLEDGED:
            self.socket.sendall(_frame(SETTINGS, b"", ACKNOWLEDGED))
        elif self._kind in {RESET, GOAWAY}:
            raise ConnectionError("the server ended a stream or a connection")
        elif self._kind in {DATA, HEADERS} and flags & END_STREAM:
            self._ended += 1


def _connected(url: str, protocol: str) -> socket.socket:
    parts = urlsplit(url)
    wire = socket.create_connection((parts.hostname or "", parts.port or 0))
    if parts.scheme == "http":
        return wire
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_alpn_protocols([protocol])
    # A rate is measured, and nothing is believed.
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(wire)


def _request(url: str) -> bytes:
    parts = urlsplit(url)
    return f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode()


def _frame(kind: int, payload: bytes, flags: int = 0, stream: int = 0) -> bytes:
    return len(payload).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + payload


def _fields(url: str) -> bytes:
    """The fields of a request, packed without a table (RFC 7541): 2 and 7 of the static one, then literals after 1 and 4."""
    parts = urlsplit(url)
    return b"\x82\x87\x01" + _literal(parts.netloc) + b"\x04" + _literal(parts.path)


def _literal(text: str) -> bytes:
    """A string of less than 127 bytes, whose length is one byte."""
    return bytes([len(text)]) + text.encode()
