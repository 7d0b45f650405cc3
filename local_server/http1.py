"""Answer images: parse, one dictionary look-up, one write. No router, task, request or response is on this path."""

import asyncio
import socket
import ssl
import struct
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from http import HTTPStatus
from time import perf_counter
from typing import cast

from aiohttp import EMPTY_PAYLOAD, HttpVersion11, web
from aiohttp.http import HttpProcessingError, HttpRequestParser, RawRequestMessage

from local_server.answers import Ending
from local_server.faulty import IDLE_S
from local_server.server import ImageServer
from local_server.witness import Opening, Window

KEEP_ALIVE_S = 75.0
READ_BYTES = 2**16  # aiohttp's own default
# Lingers for no second (struct linger): what is closed so is reset, and what it has not sent is thrown away.
LINGER_NOT = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


class _Sent:
    """Stands in for a response that is on the wire already; aiohttp asks no more of it than this."""

    def __init__(self, *, keep_alive: bool) -> None:
        self.keep_alive = keep_alive

    async def prepare(self, request: web.BaseRequest) -> None:
        """Do nothing: the head was sent with the body."""

    async def write_eof(self) -> None:
        """Do nothing: the body was sent with the head."""


_KEPT = cast("web.StreamResponse", _Sent(keep_alive=True))
_CLOSING = cast("web.StreamResponse", _Sent(keep_alive=False))


class Http1:
    """Acts out HTTP/1.1.

    Args:
        images: what is served.
        otherwise: answers what is below no workload.
    """

    def __init__(
        self, images: ImageServer, otherwise: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
    ) -> None:
        self._images = images
        self._otherwise = otherwise

    def wire(self, connection: "ImageConnection", message: RawRequestMessage) -> bytes | None:
        """Count a plain request for an image that waits for nothing and return the answer; None if it is another."""
        place = self._images.places.get(message.path)
        if (
            place is None
            or not place.is_plain
            or place.address != connection.address
            or message.method != "GET"
            or message.version != HttpVersion11
            or message.should_close
        ):
            return None
        reply = place.reply(message)
        window = place.witness.arrived(connection, message, message.path, reply.fault)
        window.answered(reply.status, len(reply.wire), at=window.arrived_at)
        return reply.wire

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer any request that was not plain."""
        connection = _connection_of(request)
        connection.stay()
        place = self._images.asked(request.raw_path, request.method, connection.address)
        if isinstance(place, HTTPStatus):
            return await self._refuse(request, place)
        if place.answer.is_chunked and request.version != HttpVersion11:  # only HTTP/1.1 knows chunks
            return await self._refuse(request, HTTPStatus.HTTP_VERSION_NOT_SUPPORTED)
        reply, wait_s = place.reply(request), place.wait_s
        window = place.witness.arrived(connection, request, request.raw_path, reply.fault)
        arrived_at = answered_at = window.arrived_at
        keep = request.keep_alive and request.version == HttpVersion11
        wire = reply.wire if keep else reply.wire.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)
        sent = len(wire)
        try:
            if wait_s:
                await asyncio.sleep(wait_s)
                answered_at = perf_counter()
            await _write(request, wire)
            for pause_s, piece in reply.rest:
                if await connection.is_left_within(pause_s):
                    break
                sent += len(piece)
                await _write(request, piece)
        except ConnectionError:
            keep = False  # the client left in the middle of the answer: nothing to mend, nothing to log
        finally:
            window.answered(
                reply.status if sent >= reply.head_bytes else None,
                sent,
                at=answered_at if sent else 0.0,
                waited_s=0.0 if reply.fault else answered_at - arrived_at,
                path=request.raw_path,
            )
        return _KEPT if connection.ends(reply.ending) and keep else _CLOSING

    async def _refuse(self, request: web.BaseRequest, status: HTTPStatus) -> web.StreamResponse:
        """Answer what is no image."""
        witness = self._images.witness_of(request.raw_path)
        if witness is None:
            return await self._otherwise(request)
        window = witness.arrived(_connection_of(request), request, request.raw_path)
        window.answered(status.value, 0, at=window.arrived_at)
        headers = {"Allow": "GET"} if status is HTTPStatus.METHOD_NOT_ALLOWED else None  # RFC 9110, 15.5.6
        return web.Response(status=status, text=f"{status.value}\n", headers=headers)


async def _write(request: web.BaseRequest, wire: bytes) -> None:
    """Send this when there is room for it. If the client has gone, what it asked for counts all the same.

    Raises:
        ConnectionError: it leaves meanwhile.
    """
    transport = request.transport
    if transport is not None:
        transport.write(wire)  # type: ignore[attr-defined,unused-ignore] # aiohttp calls it a BaseTransport
        if request.protocol.writing_paused:
            await request.writer.drain()


def _connection_of(request: web.BaseRequest) -> "ImageConnection":
    return cast("ImageConnection", request.protocol)


class ImageConnection(web.RequestHandler):  # type: ignore[type-arg,unused-ignore] # generic in some versions
    """aiohttp's connection, with a shorter way for images.

    As long as each read is one whole plain request for an image, the answer is written at once: aiohttp's task, request
    and writer would take longer than all the rest. From the first read that is anything else the connection is
    aiohttp's alone, so answers never overtake each other.
    """

    __slots__ = (
        "_http1",
        "_idle",
        "_left",
        "_plain",
        "address",
        "is_resumed",
        "made_at",
        "met",
        "opened_at",
        "tls",
    )

    def __init__(self, server: web.Server, http1: Http1, loop: asyncio.AbstractEventLoop) -> None:  # type: ignore[type-arg,unused-ignore] # as above
        super().__init__(
            server,
            loop=loop,
            access_log=None,  # type: ignore[arg-type,unused-ignore] # None is its word for no log
            keepalive_timeout=KEEP_ALIVE_S,
            auto_decompress=False,
        )
        self.made_at = (
            perf_counter()
        )  # for each connection the loop makes one of us, when it has been accepted
        self.met: Window | None = None
        self._http1 = http1
        self._idle: asyncio.TimerHandle | None = None  # closes it, unless another request comes before
        self._left: asyncio.Event | None = None  # of the client, if somebody waits for that
        self._plain: HttpRequestParser | None = HttpRequestParser(self, loop, READ_BYTES)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note to which of our addresses the client has connected, and in what way."""
        self.opened_at = perf_counter()  # over TLS it is called when the handshake has ended
        address = transport.get_extra_info("sockname")
        # The socket for control has a path: no image is given there.
        self.address: tuple[str, int] = address[:2] if isinstance(address, tuple) else ("", 0)
        secured: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
        self.tls = secured.version() if secured else None
        self.is_resumed: bool | None = secured is not None and secured.session_reused
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Tell who waits for it that the client has gone."""
        super().connection_lost(exc)
        if self._left is not None:
            self._left.set()

    def opening(self, *, is_first: bool) -> Opening:
        """When it was made, for the request that it was made for."""
        if not is_first:
            return None, None
        return self.made_at, self.opened_at if self.tls else self.made_at

    async def is_left_within(self, seconds: float) -> bool:
        """Wait so long, or until the client has gone; return whether it has."""
        if self.transport is not None:
            self._left = asyncio.Event()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._left.wait(), seconds)
        return self.transport is None

    def ends(self, ending: Ending) -> bool:
        """Do with the connection what follows an answer; return whether it is kept."""
        if ending == "closed when idle" and self.transport is not None:
            self._idle = asyncio.get_running_loop().call_later(IDLE_S, self.transport.close)
        elif ending == "reset" and self.transport is not None:
            self.transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT
            )
            self.transport.abort()
        return ending in {"kept", "closed when idle"}

    def stay(self) -> None:
        """Note that it is not idle any more."""
        if self._idle is not None:
            self._idle.cancel()

    def data_received(self, data: bytes) -> None:
        """Answer here, or leave this read and all that follow to aiohttp."""
        if self._plain is not None:
            wire = self._answer(self._plain, data)
            if wire is not None and self.transport is not None:
                self.keep_alive(
                    val=True
                )  # aiohttp sees no request here, and would close the connection as an idle one
                self.transport.write(wire)
                return
            self._plain = None
        super().data_received(data)

    def _answer(self, parser: HttpRequestParser, data: bytes) -> bytes | None:
        if not data.endswith(b"\r\n\r\n"):  # the start of a next request is aiohttp's too
            return None
        try:
            messages, upgraded, tail = parser.feed_data(data)
        except HttpProcessingError:
            return None
        if len(messages) != 1 or upgraded or tail or self.writing_paused:
            return None
        [(message, body)] = messages
        return self._http1.wire(self, message) if body is EMPTY_PAYLOAD else None
