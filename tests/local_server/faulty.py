"""A workload with faults on a running server, asked for over plain sockets: they show how a connection ends."""

import hashlib
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlsplit

from harness.faults import Met
from local_server.answers import reply_of
from tests.local_server.running import WORKLOAD, Running

Result = TypeVar("Result")
STALL_S = 0.05
FAREWELL = "-goodbye"  # behind a URL: it is not there, and the connection is closed


class Secured:
    """TLS over a socket, of which it is known how it ends: ssl's own tells a reset as an end."""

    def __init__(self, wire: socket.socket, context: ssl.SSLContext, host: str) -> None:
        self._wire, self._in, self._out = wire, ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_hostname=host)
        self._done(self._tls.do_handshake)

    def sendall(self, data: bytes) -> None:
        self._done(lambda: self._tls.write(data))

    def recv(self, size: int) -> bytes:
        """Return what has come, b"" after an orderly end."""
        try:
            return self._done(lambda: self._tls.read(size))
        except ssl.SSLZeroReturnError:
            return b""

    def settimeout(self, seconds: float) -> None:
        self._wire.settimeout(seconds)

    def _done(self, step: Callable[[], Result]) -> Result:
        while True:
            try:
                found = step()
            except ssl.SSLWantReadError:
                self._wire.sendall(self._out.read())
                if data := self._wire.recv(65_536):
                    self._in.write(data)
                else:
                    self._in.write_eof()
            else:
                self._wire.sendall(self._out.read())
                return found


class Faulty:
    """A workload with faults, on a running server."""

    def __init__(self, server: Running, *, faults: dict[str, float], **fields: Any) -> None:
        asked = WORKLOAD | {"images": 1, "faults": faults, "stall_s": STALL_S} | fields
        status, answer = server.control("PUT", "faulty", asked)
        assert status == 200, answer
        self._server = server
        self.images = answer["images"]
        self.urls = [image["url"] for image in self.images]
        self.meets = [
            Met(image["fault"], image["attempts"]) if image["fault"] else None for image in self.images
        ]
        self._authority = "\n".join(answer["authority"]) if answer["authority"] else None

    @contextmanager
    def connected(self, url: str, *, is_verified: bool = True) -> Iterator["socket.socket | Secured"]:
        parts = urlsplit(url)
        with socket.create_connection((parts.hostname, parts.port), timeout=10) as wire:
            if self._authority is None:
                yield wire
                return
            context = ssl.create_default_context(cadata=self._authority)
            if not is_verified:
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            yield Secured(wire, context, parts.hostname or "")

    def got(self, *urls: str, is_verified: bool = True) -> tuple[bytes, str]:
        """Ask for these on one connection; return all that comes, and whether it ends or is reset."""
        with self.connected(urls[0], is_verified=is_verified) as wire:
            wire.sendall(b"".join(asked(url) for url in urls))
            found = b""
            try:
                while data := wire.recv(65_536):
                    found += data
            except ConnectionResetError:
                return found, "reset"
            return found, "end"

    def status(self, url: str) -> int:
        """Of the answer to one request."""
        with self.connected(url) as wire:
            wire.sendall(asked(url))
            return int(wire.recv(65_536).split(b" ", 2)[1])

    def seen(self, seed: int | None = None) -> dict[str, Any]:
        route = "faulty/window" if seed is None else f"faulty/window/{seed}"
        return self._server.control("POST", route)[1]

    def body(self, number: int = 0) -> bytes:
        """Of an image, from its next attempt that does not fail."""
        for _ in range(200):
            found, _ = self.got(self.urls[number], self.urls[number] + FAREWELL)
            body = found.partition(b"\r\n\r\n")[2][: self.images[number]["bytes"]]
            if hashlib.sha256(body).hexdigest() == self.images[number]["sha256"]:
                return body
        raise AssertionError("it never came")


def asked(url: str) -> bytes:
    connection = "Connection: close\r\n" if url.endswith(FAREWELL) else ""
    return f"GET {urlsplit(url).path} HTTP/1.1\r\nHost: x\r\n{connection}\r\n".encode()


def image_of(body: bytes) -> Any:
    """The answer of an image, as it is without a fault."""
    headers = ((b"content-type", b"image/jpeg"), (b"content-length", b"%d" % len(body)))
    return reply_of("1.1", HTTPStatus.OK, headers, body)
