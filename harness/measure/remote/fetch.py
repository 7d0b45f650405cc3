"""Fetch URLs politely: one after the other, over connections that are kept, with certificates verified.

What is learnt of a server by that is told, with its times; nothing is judged. The standard library only.
"""

import hashlib
import http.client
import ssl
import zlib
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter
from urllib.parse import quote, urljoin

from harness.measure.remote.hop import Connection, FetchError, Hop, Origin, answered, dialled, why

MOST_REDIRECTS = 5
IN_URLS = "!#$%&'()*+,/:;=?@[]~"  # what means something in a URL, or itself (RFC 3986)


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
                channel, seconds = dialled(origin)
            except OSError as error:
                raise FetchError(why(error)) from None
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
            channel, _ = dialled(origin)
            with channel, context.wrap_socket(channel, server_hostname=origin.host) as secure:
                return secure.selected_alpn_protocol() == "h2"
        except OSError as error:
            raise FetchError(why(error)) from None

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
                    return self._asked(url, origin, Connection(channel))
            return self._asked(url, origin, self._connected(origin))
        except (OSError, http.client.HTTPException, ValueError, zlib.error) as error:
            raise FetchError(why(error)) from None

    def _connected(self, origin: Origin) -> Connection:
        channel, connect_s = dialled(origin)
        _, host, port = origin
        if origin.scheme == "http":
            plain = http.client.HTTPConnection(host, port)
            plain.sock = channel
            return Connection(plain, connect_s)
        began = perf_counter()
        secure = http.client.HTTPSConnection(host, port, context=self._context)
        try:
            secure.sock = self._context.wrap_socket(channel, server_hostname=host)
        except BaseException:
            channel.close()
            raise
        return Connection(secure, connect_s, perf_counter() - began)

    def _asked(self, url: str, origin: Origin, connection: Connection) -> tuple[Hop, bytes]:
        """Ask over this connection, and keep it if that went well and the server does too."""
        channel = connection.channel
        try:
            hop, body, is_last = answered(url, origin, connection)
        except BaseException:
            channel.close()
            raise
        if is_last:
            channel.close()
        else:
            self._idle[origin] = channel
        return hop, body
