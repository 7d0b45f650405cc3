"""The sockets that the server listens on: one from the start, and further ones when a workload needs them."""

import asyncio
import socket
import ssl
from asyncio import BaseProtocol
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

from harness.faults import FAULTS, OVER_TLS
from harness.fields import HttpVersion

if TYPE_CHECKING:
    from trustme import LeafCert

    from local_server.http2 import Http2
    from local_server.server import ImageServer
    from local_server.tls import Authority

BACKLOG = 4096
LINE = ip_network(
    "198.18.0.0/15"
)  # reserved for benchmarks (RFC 2544): of it a line between our hosts is made
UNROUTABLE_PORT = 443


@dataclass(frozen=True, slots=True)
class Origin:
    """Where images are served: what of a URL stands before its path (RFC 6454)."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


class Listeners:
    """Addresses and ports of this server.

    Args:
        images: what is served.
        connection: makes what speaks HTTP/1.1 to a client; called for each that is accepted.
        imposter: likewise, for a client that has accepted a certificate which it must refuse.
        host: to listen on.
        port: of the first; 0 takes a free one, as all further ones do.
    """

    def __init__(
        self,
        images: "ImageServer",
        connection: Callable[[], BaseProtocol],
        imposter: Callable[[], BaseProtocol],
        host: str,
        port: int,
    ) -> None:
        self._images = images
        self._connection = connection
        self._imposter = imposter
        self._host = host
        self._port = port
        self._servers: list[asyncio.Server] = []
        self._origins: dict[tuple[str, ...], Origin] = {}  # by what is listened for, and where

    async def first(self) -> Origin:
        """Listen at the host and port that were asked for; the control routes are reached there.

        Raises:
            OSError: it cannot.
        """
        origin = await self._plain(self._host, self._port)
        self._host = (
            origin.host
        )  # certificates and further hosts are of an address, even if a name was asked for
        return origin

    async def control(self, path: str) -> None:
        """Listen for control at a socket in the file system too: it is reached from other network namespaces.

        Raises:
            OSError: it cannot.
        """
        loop = asyncio.get_running_loop()
        self._servers.append(await loop.create_unix_server(self._connection, path))

    async def origins(self, fields: Mapping[str, Any]) -> Sequence[Origin]:
        """Listen wherever a workload is to be served; its images are given in turn by each.

        Args:
            fields: of the workload.

        Raises:
            OSError: it cannot.
        """
        first = ip_address(self._host)
        hosts = [str(first + number) for number in range(fields["hosts"])]
        if not fields["tls"]:
            return [await self._plain(host) for host in hosts]
        issue = self.authority.issue
        return [await self._secured(fields["http"], host, partial(issue, host)) for host in hosts]

    async def wrong_addresses(self, fields: Mapping[str, Any]) -> Mapping[str, Origin]:
        """Make sure of the addresses that go wrong in a workload; fault -> where the URL of its images leads.

        Args:
            fields: of the workload.

        Raises:
            OSError: such an address cannot be had here.
        """
        asked = {fault for fault, share in fields["faults"] if share and FAULTS[fault].place == "address"}
        found: dict[str, Origin] = {}
        if asked & OVER_TLS:
            refused = await self.refused(fields["http"])
            found |= {fault: refused[self.authority.shows[fault]] for fault in asked & OVER_TLS}
        scheme = "https" if fields["tls"] else "http"
        if "refused" in asked:
            found["refused"] = Origin(scheme, self._host, self._not_listening.getsockname()[1])
        if "unroutable" in asked:
            found["unroutable"] = Origin(scheme, self._unused_address, UNROUTABLE_PORT)
        return found

    async def refused(self, http: HttpVersion) -> Mapping[str, Origin]:
        """Listen where a certificate is shown that no client may accept; what is wrong with it -> where.

        Args:
            http: version that is spoken there.

        Raises:
            OSError: it cannot.
        """
        return {
            reason: await self._secured(http, self._host, certificate, wrong=reason)
            for reason, certificate in self.authority.refused(self._host).items()
        }

    def look(self) -> None:
        """See which connections are open, where nobody tells when one is made: to be done before a window is opened."""
        if self._has_http2:
            self._http2.look()

    @cached_property
    def _http2(self) -> "Http2":
        from local_server.http2 import Http2  # noqa: PLC0415 - as below

        return Http2(self._images)

    @property
    def _has_http2(self) -> bool:
        return "_http2" in vars(self)

    @cached_property
    def authority(self) -> "Authority":
        """Who vouches for this server; made for the first workload that wants it."""
        from local_server.tls import Authority  # noqa: PLC0415 - its import costs more than the start of a server without

        return Authority()

    @cached_property
    def _not_listening(self) -> socket.socket:
        """Bound to a port of ours at which it does not listen, so that nobody else does."""
        found = socket.socket(socket.AF_INET6 if ":" in self._host else socket.AF_INET)
        found.bind((self._host, 0))
        return found

    @property
    def _unused_address(self) -> str:
        """Address that nobody has, in the network of a line of ours: packets to anywhere else are none of our business."""
        if ip_address(self._host) not in LINE:
            raise OSError(
                f"faults has unroutable, which needs a host of a line, in {LINE}; this one is {self._host}"
            )
        return str(LINE.broadcast_address - 1)

    async def _plain(self, host: str, port: int = 0) -> Origin:
        if ("http", host) not in self._origins:
            self._origins["http", host] = await self._listen(self._connection, host, port)
        return self._origins["http", host]

    async def _secured(
        self, http: HttpVersion, host: str, certificate: "Callable[[], LeafCert]", wrong: str = ""
    ) -> Origin:
        """Listen with a certificate; if something is wrong with it, an imposter answers."""
        key = http, host, wrong
        if key not in self._origins:
            if http == "2":
                listen = self._http2.imposter if wrong else self._http2.listen
                self._origins[key] = Origin("https", host, await listen(host, certificate()))
            else:
                answerer = self._imposter if wrong else self._connection
                context = self.authority.context(certificate())
                self._origins[key] = await self._listen(answerer, host, 0, context)
        return self._origins[key]

    async def _listen(
        self,
        connection: Callable[[], BaseProtocol],
        host: str,
        port: int,
        context: ssl.SSLContext | None = None,
    ) -> Origin:
        loop = asyncio.get_running_loop()
        if context is None:
            server = await loop.create_server(connection, host, port, backlog=BACKLOG)
        else:
            server = await self.authority.listen(connection, host, port, context, BACKLOG)
        self._servers.append(server)
        return Origin("https" if context else "http", *server.sockets[0].getsockname()[:2])

    async def close(self) -> None:
        """Accept nobody any more."""
        for server in self._servers:
            server.close()
        if "_not_listening" in vars(self):
            self._not_listening.close()
        if self._has_http2:
            await self._http2.close()
