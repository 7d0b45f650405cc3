"""The sockets that the server listens on: one from the start, and further ones when a workload needs them."""

import asyncio
import ssl
from asyncio import BaseProtocol
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from local_server.tls import Authority

BACKLOG = 4096


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
        connection: makes what speaks to a client; called for each that is accepted.
        imposter: likewise, for a client that has accepted a certificate which it must refuse.
        host: to listen on.
        port: of the first; 0 takes a free one, as all further ones do.
    """

    def __init__(
        self,
        connection: Callable[[], BaseProtocol],
        imposter: Callable[[], BaseProtocol],
        host: str,
        port: int,
    ) -> None:
        self._connection = connection
        self._imposter = imposter
        self._host = host
        self._port = port
        self._servers: list[asyncio.Server] = []
        self._origins: dict[tuple[str, str], Origin] = {}  # what is listened for, and where

    async def first(self) -> Origin:
        """Listen at the host and port that were asked for; the control routes are reached there.

        Raises:
            OSError: it cannot.
        """
        return await self._origin("http", self._host, self._port)

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
            ValueError: the server was told to listen to a name, and further hosts are the addresses after its own.
        """
        hosts = [self._host]
        if fields["hosts"] > 1:
            first = ip_address(self._host)
            hosts = [str(first + number) for number in range(fields["hosts"])]
        return [await self._origin("https" if fields["tls"] else "http", host) for host in hosts]

    async def refused(self) -> Mapping[str, Origin]:
        """Listen where a certificate is shown that no client may accept; what is wrong with it -> where.

        Raises:
            OSError: it cannot.
        """
        for reason, context in self.authority.refused(self._host).items():
            if (reason, self._host) not in self._origins:
                await self._listen(reason, self._host, 0, self._imposter, context())
        return {reason: self._origins[reason, self._host] for reason in self.authority.refused(self._host)}

    @cached_property
    def authority(self) -> "Authority":
        """Who vouches for this server; made for the first workload that wants it."""
        from local_server.tls import Authority  # noqa: PLC0415 - its import costs more than the start of a server without

        return Authority()

    async def _origin(self, scheme: str, host: str, port: int = 0) -> Origin:
        if (scheme, host) not in self._origins:
            context = self.authority.context(host) if scheme == "https" else None
            await self._listen(scheme, host, port, self._connection, context)
        return self._origins[scheme, host]

    async def _listen(
        self,
        kind: str,
        host: str,
        port: int,
        connection: Callable[[], BaseProtocol],
        context: ssl.SSLContext | None,
    ) -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(connection, host, port, ssl=context, backlog=BACKLOG)
        self._servers.append(server)
        scheme = "https" if context else "http"
        self._origins[kind, host] = Origin(scheme, *server.sockets[0].getsockname()[:2])

    def close(self) -> None:
        """Accept nobody any more."""
        for server in self._servers:
            server.close()
