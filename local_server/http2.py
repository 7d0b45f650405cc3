"""HTTP/2 over TLS by granian, in this process: the same places, the same answers, the same witness.

What granian tells is the requests: not when it accepted a connection, nor whether a handshake took up a session of before.
So a connection is taken for as old as its first request, or as the last look at those that are open, whichever came first:
one that was kept or opened before a window shows it, as over HTTP/1.1.
"""

import asyncio
import socket
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from time import perf_counter
from typing import Any

import psutil
from aiohttp import HttpVersion
from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server
from trustme import LeafCert

from local_server.server import ImageServer
from local_server.witness import Opening, Window

TLS = "TLSv1.3"  # granian's least and greatest
BACKLOG = 4096
PIECE_BYTES = 2**18
START_TIMEOUT_S = 10.0
END_TIMEOUT_S = 0.1  # granian waits for connections that are open; we do not
Address = tuple[str, int]
# What an application is told and given by ASGI, and the address of ours that it answers at.
Scope = Mapping[str, Any]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Answering = Callable[[Scope, Send, Address], Awaitable[None]]


class Connection:
    """A client's connection, as far as granian tells of it (see ``witness.Connection``)."""

    __slots__ = ("address", "is_resumed", "made_at", "met", "opened_at", "tls")

    def __init__(self, address: Address, made_at: float) -> None:
        self.address = address
        self.made_at = self.opened_at = made_at
        self.tls: str | None = TLS
        self.is_resumed: bool | None = None
        self.met: Window | None = None

    def opening(self, *, is_first: bool) -> Opening:
        """When it was open; many requests at a time may have waited for that."""
        del is_first
        return None, self.opened_at


class _Head:
    """What a witness wants of a request."""

    __slots__ = ("_scope",)
    version = HttpVersion(2, 0)

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    @property
    def headers(self) -> Mapping[str, str]:
        return {name.decode("latin-1"): value.decode("latin-1") for name, value in self._scope["headers"]}


class Http2:
    """Acts out HTTP/2.

    Args:
        images: what is served.
    """

    def __init__(self, images: ImageServer) -> None:
        self._images = images
        self._connections: dict[Address, Connection] = {}  # by the client's address
        self._servers: list[tuple[Server, asyncio.Task[None]]] = []
        self._ports: set[int] = set()

    async def listen(self, host: str, certificate: LeafCert) -> int:
        """Serve images at this address; return the port.

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

        async def accepted(_scope: Scope, send: Send, _address: Address) -> None:
            await _reply(send, HTTPStatus.OK, (), b"accepted")

        return await self._serve(accepted, host, certificate)

    def look(self) -> None:
        """See which connections are open: to be done before a window is opened. What has ended is forgotten."""
        now, known = perf_counter(), self._connections
        self._connections = {}
        for connection in psutil.Process().net_connections("tcp"):
            if connection.raddr and connection.laddr.port in self._ports:
                client = connection.raddr.ip, connection.raddr.port
                address = connection.laddr.ip, connection.laddr.port
                self._connections[client] = known.get(client) or Connection(address, now)

    async def close(self) -> None:
        """Accept nobody any more."""
        for server, _ in self._servers:
            server.stop()  # type: ignore[no-untyped-call] # it says nothing of its types
        if self._servers:
            await asyncio.wait([task for _, task in self._servers], timeout=END_TIMEOUT_S)

    async def _serve(self, answer: Answering, host: str, certificate: LeafCert) -> int:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        # Bound and not listening, it keeps a free port for granian, which shares ports likewise and cannot tell one.
        with socket.socket(family) as reserved, tempfile.TemporaryDirectory() as folder:
            reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            reserved.bind((host, 0))
            port: int = reserved.getsockname()[1]
            key, chain = Path(folder, "key.pem"), Path(folder, "chain.pem")
            certificate.private_key_pem.write_to_path(key)
            for pem in certificate.cert_chain_pems:
                pem.write_to_path(chain, append=True)

            async def application(scope: Scope, _receive: object, send: Send) -> None:
                await answer(scope, send, (host, port))

            server = Server(
                application,
                host,
                port,
                interface=Interfaces.ASGINL,
                http=HTTPModes.http2,
                websockets=False,
                backlog=BACKLOG,
                log_enabled=False,
                ssl_cert=chain,
                ssl_key=key,
            )
            self._servers.append((server, asyncio.create_task(server.serve())))
            try:
                await asyncio.wait_for(_accepts(host, port), START_TIMEOUT_S)
            except TimeoutError:
                raise OSError(
                    f"granian does not listen on {host}:{port} after {START_TIMEOUT_S:g} s"
                ) from None
        return port

    async def _answer(self, scope: Scope, send: Send, address: Address) -> None:
        path = scope["raw_path"].decode("latin-1")
        if scope["query_string"]:
            path += f"?{scope['query_string'].decode('latin-1')}"
        place, head = self._images.asked(path, scope["method"], address), _Head(scope)
        if isinstance(place, HTTPStatus):
            await self._refuse(head, scope, send, address, path, place)
            return
        reply, wait_s = place.reply(head), place.wait_s
        window = place.witness.arrived(self._connection(scope, address), head, path)
        arrived_at = answered_at = window.arrived_at
        try:
            if wait_s:
                await asyncio.sleep(wait_s)
                answered_at = perf_counter()
            await _reply(send, reply.status, reply.headers, reply.wire)
        finally:  # also if the client has gone: what it asked for counts all the same
            waited_s = answered_at - arrived_at
            window.answered(reply.status, len(reply.wire), at=answered_at, waited_s=waited_s, path=path)

    async def _refuse(
        self, head: _Head, scope: Scope, send: Send, address: Address, path: str, status: HTTPStatus
    ) -> None:
        witness = self._images.witness_of(path)
        if witness is None:
            self._images.strangers += 1
        else:
            window = witness.arrived(self._connection(scope, address), head, path)
            window.answered(status.value, 0, at=window.arrived_at)
        allow = [(b"allow", b"GET")] if status is HTTPStatus.METHOD_NOT_ALLOWED else []
        await _reply(send, status, allow, b"")

    def _connection(self, scope: Scope, address: Address) -> Connection:
        host, port = scope["client"]
        client = host, int(port)  # a text in granian, a number in ASGI
        connection = self._connections.get(client)
        if connection is None:
            connection = self._connections[client] = Connection(address, perf_counter())
        return connection


async def _reply(send: Send, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> None:
    """Send an answer; a large body in pieces, each when there is room for it, however slowly the client reads."""
    await send({"type": "http.response.start", "status": int(status), "headers": headers})
    for first in range(0, max(1, len(body)), PIECE_BYTES):
        last = first + PIECE_BYTES
        piece = body[first:last]
        await send({"type": "http.response.body", "body": piece, "more_body": last < len(body)})


async def _accepts(host: str, port: int) -> None:
    """Wait until somebody listens there."""
    while True:
        with suppress(OSError):
            _, writer = await asyncio.open_connection(host, port)
            writer.close()
            return
        await asyncio.sleep(0.01)
