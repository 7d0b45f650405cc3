"""The sockets that the server listens on: one from the start, and further ones when a workload needs them."""

import asyncio
from asyncio import BaseProtocol
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

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
        host: to listen on.
        port: of the first; 0 takes a free one, as all further ones do.
    """

    def __init__(self, connection: Callable[[], BaseProtocol], host: str, port: int) -> None:
        self._connection = connection
        self._host = host
        self._port = port
        self._listening: dict[str, tuple[asyncio.Server, Origin]] = {}

    async def first(self) -> Origin:
        """Listen at the host and port that were asked for; the control routes are reached there.

        Raises:
            OSError: it cannot.
        """
        return await self._origin(self._host, self._port)

    async def origins(self, fields: Mapping[str, Any]) -> Sequence[Origin]:
        """Listen wherever a workload is to be served; its images are given in turn by each.

        Args:
            fields: of the workload.

        Raises:
            OSError: it cannot.
            ValueError: the server was told to listen to a name, and further hosts are the addresses after its own.
        """
        if fields["hosts"] == 1:
            return [await self._origin(self._host, 0)]
        first = ip_address(self._host)
        return [await self._origin(str(first + number), 0) for number in range(fields["hosts"])]

    async def _origin(self, host: str, port: int) -> Origin:
        if host not in self._listening:
            loop = asyncio.get_running_loop()
            server = await loop.create_server(self._connection, host, port, backlog=BACKLOG)
            self._listening[host] = server, Origin("http", *server.sockets[0].getsockname()[:2])
        return self._listening[host][1]

    def close(self) -> None:
        """Accept nobody any more."""
        for server, _ in self._listening.values():
            server.close()
