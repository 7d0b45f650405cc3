"""One request and its answer over one connection, with its times. The standard library only."""

import http.client
import socket
import ssl
import zlib
from dataclasses import dataclass
from time import perf_counter
from typing import NamedTuple
from urllib.parse import urlsplit

LARGEST_BYTES = 16 * 1024**2  # of a body, as of the images of a workload
PIECE_BYTES = 64 * 1024
TIMEOUT_S = 20.0  # without a byte
LONGEST_S = 120.0  # of one answer
REDIRECTS = frozenset({301, 302, 303, 307, 308})
HEADERS = {"User-Agent": "fetchbench", "Accept": "*/*", "Accept-Encoding": "gzip"}


class FetchError(Exception):
    """A URL that cannot be fetched; the message is one line without the URL."""


class Origin(NamedTuple):
    """Whom a connection is made to (RFC 9110, 4.3.1)."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: str) -> "Origin":
        """Of a URL.

        Raises:
            ValueError: it is none; KeyError: its scheme is neither http nor https.
        """
        parts = urlsplit(url)
        return cls(parts.scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}[parts.scheme])


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One request and its answer.

    Attributes:
        location: where else it says the image is; None if it is here.
        retry_after: header of that name; None without.
        connect_s: that the TCP connection took for it; None if one was there already.
        handshake_s: likewise of TLS.
        tls: its version; None without.
        wait_s: from the request to the head of the answer.
        pieces: seconds since the head and bytes of the body so far, as they came.
    """

    origin: Origin
    status: int
    location: str | None
    retry_after: str | None
    connect_s: float | None
    handshake_s: float | None
    tls: str | None
    wait_s: float
    pieces: tuple[tuple[float, int], ...]
    is_gzipped: bool
    is_chunked: bool


class Connection(NamedTuple):
    """A connection, with the seconds that it took to make if it is new."""

    channel: http.client.HTTPConnection
    connect_s: float | None = None
    handshake_s: float | None = None


def dialled(origin: Origin) -> tuple[socket.socket, float]:
    """Connect to the first address that answers; return the seconds too, in which its name's resolution is not."""
    refused: OSError | None = None
    for family, kind, protocol, _, address in socket.getaddrinfo(
        origin.host, origin.port, type=socket.SOCK_STREAM
    ):
        channel = socket.socket(family, kind, protocol)
        channel.settimeout(TIMEOUT_S)
        began = perf_counter()
        try:
            channel.connect(address)
        except OSError as error:
            channel.close()
            refused = error
            continue
        seconds = perf_counter() - began
        channel.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return channel, seconds
    raise refused or OSError("no address")


def answered(url: str, origin: Origin, connection: Connection) -> tuple[Hop, bytes, bool]:
    """The answer, its body, and whether it is the last on this connection."""
    channel = connection.channel
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    began = perf_counter()
    channel.request("GET", target, headers=HEADERS)
    sock = channel.sock  # the answer takes it along if it is the last
    with channel.getresponse() as answer:
        headed = perf_counter()
        coding = (answer.getheader("Content-Encoding") or "identity").lower()
        body, pieces = _read(answer, coding, headed)
        return (
            Hop(
                origin=origin,
                status=answer.status,
                location=answer.getheader("Location") if answer.status in REDIRECTS else None,
                retry_after=answer.getheader("Retry-After"),
                connect_s=connection.connect_s,
                handshake_s=connection.handshake_s,
                tls=sock.version() if isinstance(sock, ssl.SSLSocket) else None,
                wait_s=headed - began,
                pieces=tuple(pieces),
                is_gzipped=coding == "gzip",
                is_chunked=answer.chunked,
            ),
            body,
            answer.will_close,
        )


def _read(
    answer: http.client.HTTPResponse, coding: str, began: float
) -> tuple[bytes, list[tuple[float, int]]]:
    """The body without its coding; and the seconds since then and the bytes so far, as they came."""
    if coding not in {"identity", "gzip"}:
        raise FetchError(f"answers in the coding {coding!r}, which was not asked for")
    decoder = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16) if coding == "gzip" else None
    pieces: list[tuple[float, int]] = []
    body = b""
    while raw := answer.read1(PIECE_BYTES):
        passed_s = perf_counter() - began
        pieces.append((passed_s, len(raw) + (pieces[-1][1] if pieces else 0)))
        body += decoder.decompress(raw, LARGEST_BYTES + 1 - len(body)) if decoder else raw
        if len(body) > LARGEST_BYTES:
            raise FetchError(f"gives more than {LARGEST_BYTES:,} bytes")
        if passed_s > LONGEST_S:
            raise FetchError(f"is not whole after {LONGEST_S:g} s")
    if answer.length or (decoder and body and not decoder.eof):
        raise FetchError(f"ends in the middle of its body, after {len(body):,} bytes")
    return body, pieces


def why(error: Exception) -> str:
    """What went wrong, in the words of who gave the URL."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"shows a certificate that cannot be accepted: {error.verify_message}"
    if isinstance(error, TimeoutError):
        return f"gives nothing for {TIMEOUT_S:g} s"
    if isinstance(error, socket.gaierror | UnicodeError):
        return f"has a name that cannot be resolved: {getattr(error, 'strerror', 'it is none')}"
    return f"cannot be fetched: {getattr(error, 'strerror', None) or repr(error)}"
