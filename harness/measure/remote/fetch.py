"""Fetch URLs politely: one after the other, over connections that are kept, with certificates verified.

What is learnt of a server by that is told, with its times; nothing is judged. The standard library only.
"""

import hashlib
import http.client
import socket
import ssl
import zlib
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter
from typing import NamedTuple
from urllib.parse import quote, urljoin, urlsplit

LARGEST_BYTES = 16 * 1024**2  # of a body, as of the images of a workload
PIECE_BYTES = 64 * 1024
TIMEOUT_S = 20.0  # without a byte
LONGEST_S = 120.0  # of one answer
MOST_REDIRECTS = 5
IN_URLS = "!#$%&'()*+,/:;=?@[]~"  # what means something in a URL, or itself (RFC 3986)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What a URL gave in the end, and the hops to there.

    Attributes:
        sha256: of the body, in hexadecimal.
        size: of the body, in bytes.
    """

    url: str
    hops: tuple[Hop, ...]
    sha256: str
    size: int

    @property
    def status(self) -> int:
        """Of the last answer."""
        return self.hops[-1].status


class _Connection(NamedTuple):
    channel: http.client.HTTPConnection
    connect_s: float | None = None  # of one that is new
    handshake_s: float | None = None


class Fetcher:
    """Keeps one connection to each origin until it is closed.

    Args:
        hosts: that may be asked; a redirect to any other is an error. None for any.
    """

    def __init__(self, hosts: Collection[str] | None = None) -> None:
        self._hosts = hosts
        self._idle: dict[Origin, http.client.HTTPConnection] = {}
        self._context = ssl.create_default_context()

    def fetch(self, url: str) -> Fetched:
        """Fetch the URL, through its redirects; any status is an answer.

        Raises:
            FetchError: there was no whole answer, or one from elsewhere.
        """
        hops: list[Hop] = []
        place = url
        while len(hops) <= MOST_REDIRECTS:
            hop, body = self._hop(place)
            hops.append(hop)
            if hop.location is None:
                return Fetched(
                    url=url, hops=tuple(hops), sha256=hashlib.sha256(body).hexdigest(), size=len(body)
                )
            place = self._followed(place, hop.location)
        raise FetchError(f"is redirected more than {MOST_REDIRECTS} times")

    def close(self) -> None:
        """Close all connections."""
        for channel in self._idle.values():
            channel.close()
        self._idle.clear()

    def connects(self, origin: Origin, times: int) -> list[float]:
        """Seconds of so many TCP connects, one after the other; nothing is asked.

        Raises:
            FetchError: one failed.
        """
        found = []
        for _ in range(times):
            try:
                channel, seconds = _dialled(origin)
            except OSError as error:
                raise FetchError(_why(error)) from None
            channel.close()
            found.append(seconds)
        return found

    def speaks_http2(self, origin: Origin) -> bool:
        """Whether a server of HTTPS would choose HTTP/2 (RFC 7301); nothing is asked.

        Raises:
            FetchError: it cannot be connected to.
        """
        context = ssl.create_default_context()
        context.set_alpn_protocols(["h2", "http/1.1"])
        try:
            channel, _ = _dialled(origin)
            with channel, context.wrap_socket(channel, server_hostname=origin.host) as secure:
                return secure.selected_alpn_protocol() == "h2"
        except OSError as error:
            raise FetchError(_why(error)) from None

    def _followed(self, place: str, location: str) -> str:
        as_sent = location.encode("latin-1")
        try:
            found = urljoin(place, quote(as_sent, safe=IN_URLS))
            host = Origin.of(found).host
        except (ValueError, KeyError):  # brackets that do not close, a port out of range; another scheme
            host = ""
        if not host:
            raise FetchError(f"is redirected to {location[:200]!r}, which is no http or https URL")
        if self._hosts is not None and host not in self._hosts:
            raise FetchError(f"is redirected to {host}, which none of the URLs names")
        return found

    def _hop(self, url: str) -> tuple[Hop, bytes]:
        """Ask once; a kept connection that the server has ended meanwhile is opened anew."""
        origin = Origin.of(url)
        try:
            if channel := self._idle.pop(origin, None):
                with suppress(ConnectionError, http.client.BadStatusLine):
                    return self._asked(url, origin, _Connection(channel))
            return self._asked(url, origin, self._connected(origin))
        except (OSError, http.client.HTTPException, ValueError, zlib.error) as error:
            raise FetchError(_why(error)) from None

    def _connected(self, origin: Origin) -> _Connection:
        channel, connect_s = _dialled(origin)
        _, host, port = origin
        if origin.scheme == "http":
            plain = http.client.HTTPConnection(host, port)
            plain.sock = channel
            return _Connection(plain, connect_s)
        began = perf_counter()
        secure = http.client.HTTPSConnection(host, port, context=self._context)
        try:
            secure.sock = self._context.wrap_socket(channel, server_hostname=host)
        except BaseException:
            channel.close()
            raise
        return _Connection(secure, connect_s, perf_counter() - began)

    def _asked(self, url: str, origin: Origin, connection: _Connection) -> tuple[Hop, bytes]:
        """Ask over this connection, and keep it if that went well and the server does too."""
        channel = connection.channel
        try:
            hop, body, is_last = _answered(url, origin, connection)
        except BaseException:
            channel.close()
            raise
        if is_last:
            channel.close()
        else:
            self._idle[origin] = channel
        return hop, body


def _dialled(origin: Origin) -> tuple[socket.socket, float]:
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


def _answered(url: str, origin: Origin, connection: _Connection) -> tuple[Hop, bytes, bool]:
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


def _why(error: Exception) -> str:
    """What went wrong, in the words of who gave the URL."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"shows a certificate that cannot be accepted: {error.verify_message}"
    if isinstance(error, TimeoutError):
        return f"gives nothing for {TIMEOUT_S:g} s"
    if isinstance(error, socket.gaierror | UnicodeError):
        return f"has a name that cannot be resolved: {getattr(error, 'strerror', 'it is none')}"
    return f"cannot be fetched: {getattr(error, 'strerror', None) or repr(error)}"
