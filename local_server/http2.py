"""HTTP/2 over TLS by granian, in this process: the same places, the same answers, the same witness.

What granian tells is the requests: not when it accepted a connection, nor whether a handshake took up a session of before.
So a connection is taken for as old as its first request, or as the last look at those that are open, whichever came first:
one that was kept or opened before a window shows it, as over HTTP/1.1.
"""

import asyncio
import socket
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from time import perf_counter

import psutil
from aiohttp import HttpVersion
from granian._granian import RSGIHTTPProtocol
from granian.constants import HTTPModes, Interfaces
from granian.rsgi import Scope
from granian.server.embed import Server
from trustme import LeafCert

from local_server.server import ImageServer
from local_server.witness import Window, Witness

TLS = "TLSv1.3"  # granian's least and greatest
START_TIMEOUT_S = 10.0
Address = tuple[str, int]  # of ours
Answering = Callable[
    [Scope, RSGIHTTPProtocol, Address], Awaitable[None]
]  # RSGI, granian's own interface, and where


class Connection:
    """A client's connection, as far as granian tells of it (see ``witness.Connection``)."""

    __slots__ = ("address", "is_resumed", "made_at", "met", "tls")

    def __init__(self, address: Address, made_at: float) -> None:
        self.address = address
        self.made_at = made_at
        self.tls: str | None = TLS
        self.is_resumed: bool | None = None
        self.met: Window | None = None


class _Head:
    """What a witness wants of a request."""

    __slots__ = ("_scope",)
    version = HttpVersion(2, 0)

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    @property
    def headers(self) -> Mapping[str, str]:
        return dict(self._scope.headers.items())


class Http2:
    """Acts out HTTP/2.

    Args:
        images: what is served.
    """

    def __init__(self, images: ImageServer) -> None:
        self._images = images
        self._connections: dict[str, Connection] = {}  # by the client's address
        self._servers: list[tuple[Server, asyncio.Task[None]]] = []
        self._ports: set[int] = set()

    async def listen(self, host: str, certificate: LeafCert) -> int:
        """Serve images at this host; return the port.

        Raises:
            OSError: it cannot.
        """
        port = await self._serve(self._answer, host, certificate)
        self._ports.add(port)
        return port

    async def imposter(self, host: str, certificate: LeafCert) -> int:
        """Listen with a certificate that no client may accept; return the port.

        Raises:
            OSError: it cannot.
        """

        async def accepted(_scope: Scope, protocol: RSGIHTTPProtocol, _address: Address) -> None:
            protocol.response_bytes(200, [], b"accepted")

        return await self._serve(accepted, host, certificate)

    def look(self) -> None:
        """See which connections are open: whoever closes a window looks before he opens the next."""
        now, known = perf_counter(), self._connections
        self._connections = {}
        for each in psutil.Process().net_connections("tcp"):
            if each.raddr and each.laddr.port in self._ports:
                client = _text(each.raddr)
                address = (each.laddr.ip, each.laddr.port)
                self._connections[client] = known.get(client) or Connection(address, now)

    async def close(self) -> None:
        """Accept nobody any more."""
        for server, _ in self._servers:
            server.stop()  # type: ignore[no-untyped-call] # it says nothing of its types
        if self._servers:
            await asyncio.wait([task for _, task in self._servers], timeout=0.1)

    async def _serve(self, answer: Answering, host: str, certificate: LeafCert) -> int:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        # Bound and not listening, it keeps a free port for granian, which shares ports likewise and cannot tell one.
        with socket.socket(family) as reserved, tempfile.TemporaryDirectory() as folder:
            reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            reserved.bind((host, 0))
            port: int = reserved.getsockname()[1]
            key, chain = Path(folder, "key.pem"), Path(folder, "chain.pem")
            certificate.private_key_pem.write_to_path(key)
            for each in certificate.cert_chain_pems:
                each.write_to_path(chain, append=True)

            async def application(scope: Scope, protocol: RSGIHTTPProtocol) -> None:
                await answer(scope, protocol, (host, port))

            server = Server(
                application,
                host,
                port,
                interface=Interfaces.RSGI,
                http=HTTPModes.http2,
                websockets=False,
                backlog=4096,
                log_enabled=False,
                ssl_cert=chain,
                ssl_key=key,
            )
            self._servers.append((server, asyncio.create_task(server.serve())))
            await asyncio.wait_for(_accepts(host, port), START_TIMEOUT_S)
        return port

    async def _answer(self, scope: Scope, protocol: RSGIHTTPProtocol, address: Address) -> None:
        path = f"{scope.path}?{scope.query_string}" if scope.query_string else scope.path
        place = self._images.asked(path, scope.method, address)
        if isinstance(place, HTTPStatus):
            self._refuse(scope, protocol, address, place)
            return
        reply, wait_s = place.reply(scope.headers), place.wait_s  # type: ignore[arg-type] # all that it asks is get()
        window = self._arrived(place.witness, scope, address, path)
        arrived_at = answered_at = window.arrived_at
        try:
            if wait_s:
                await asyncio.sleep(wait_s)
                answered_at = perf_counter()
            protocol.response_bytes(reply.status, list(reply.headers), reply.wire)
        finally:  # also if the client has gone: what it asked for counts all the same
            waited_s = answered_at - arrived_at
            window.answered(reply.status, len(reply.wire), at=answered_at, waited_s=waited_s)

    def _refuse(self, scope: Scope, protocol: RSGIHTTPProtocol, address: Address, status: HTTPStatus) -> None:
        witness = self._images.witness_of(scope.path)
        if witness is None:
            self._images.strangers += 1
        else:
            window = self._arrived(witness, scope, address, scope.path)
            window.answered(status.value, 0, at=window.arrived_at)
        allow = [("allow", "GET")] if status is HTTPStatus.METHOD_NOT_ALLOWED else []
        protocol.response_empty(status.value, allow)

    def _arrived(self, witness: Witness, scope: Scope, address: Address, path: str) -> Window:
        connection = self._connections.get(scope.client)
        if connection is None:
            connection = self._connections[scope.client] = Connection(address, perf_counter())
        return witness.arrived(connection, _Head(scope), path)


def _text(address: "psutil._ntuples.addr") -> str:
    """A client's address as granian writes it."""
    return f"[{address.ip}]:{address.port}" if ":" in address.ip else f"{address.ip}:{address.port}"


async def _accepts(host: str, port: int) -> None:
    """Wait until somebody listens there."""
    while True:
        with suppress(OSError):
            _, writer = await asyncio.open_connection(host, port)
            writer.close()
            return
        await asyncio.sleep(0.01)
