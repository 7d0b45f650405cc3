"""Answer images: parse, one dictionary look-up, one write. No router, task, request or response is on this path."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from time import perf_counter
from typing import cast

from aiohttp import EMPTY_PAYLOAD, HttpVersion11, web
from aiohttp.http import HttpProcessingError, HttpRequestParser, RawRequestMessage

from local_server.server import ImageServer
from local_server.witness import Window

KEEP_ALIVE_S = 75.0
READ_BYTES = 2**16  # aiohttp's own default


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
            or (place.answer.wait_s and place.redirect is None)
            or place.address != connection.address
            or message.method != "GET"
            or message.version != HttpVersion11
            or message.should_close
        ):
            return None
        reply = place.reply(message)
        window = place.witness.arrived(connection, message, message.path)
        window.answered(reply.status, len(reply.wire), at=window.arrived_at)
        return reply.wire

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer any request that was not plain."""
        connection = _connection_of(request)
        place = self._images.asked(request.raw_path, request.method, connection.address)
        if isinstance(place, HTTPStatus):
            return await self._refuse(request, place)
        if place.answer.is_chunked and request.version != HttpVersion11:  # only HTTP/1.1 knows chunks
            return await self._refuse(request, HTTPStatus.HTTP_VERSION_NOT_SUPPORTED)
        reply = place.reply(request)
        wire, wait_s = reply.wire, place.wait_s
        window = place.witness.arrived(connection, request, request.raw_path)
        arrived_at = answered_at = window.arrived_at
        try:
            if wait_s:
                await asyncio.sleep(wait_s)
                answered_at = perf_counter()
            keep = request.keep_alive and request.version == HttpVersion11
            if not keep:
                wire = wire.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)
            transport = request.transport
            if transport is not None:  # else the client has gone; what it asked for counts all the same
                transport.write(wire)  # type: ignore[attr-defined,unused-ignore] # aiohttp calls it a BaseTransport
                if request.protocol.writing_paused:
                    await request.writer.drain()
        except ConnectionError:
            keep = False  # the client left in the middle of the answer: nothing to mend, nothing to log
        finally:
            window.answered(reply.status, len(wire), at=answered_at, waited_s=answered_at - arrived_at)
        return _KEPT if keep else _CLOSING

    async def _refuse(self, request: web.BaseRequest, status: HTTPStatus) -> web.StreamResponse:
        """Answer what is no image."""
        witness = self._images.witness_of(request.raw_path)
        if witness is None:
            return await self._otherwise(request)
        window = witness.arrived(_connection_of(request), request, request.raw_path)
        window.answered(status.value, 0, at=window.arrived_at)
        headers = {"Allow": "GET"} if status is HTTPStatus.METHOD_NOT_ALLOWED else None  # RFC 9110, 15.5.6
        return web.Response(status=status, text=f"{status.value}\n", headers=headers)


def _connection_of(request: web.BaseRequest) -> "ImageConnection":
    return cast("ImageConnection", request.protocol)


class ImageConnection(web.RequestHandler):  # type: ignore[type-arg,unused-ignore] # generic in some versions
    """aiohttp's connection, with a shorter way for images.

    As long as each read is one whole plain request for an image, the answer is written at once: aiohttp's task, request
    and writer would take longer than all the rest. From the first read that is anything else the connection is
    aiohttp's alone, so answers never overtake each other.
    """

    __slots__ = ("_http1", "_plain", "address", "is_resumed", "made_at", "met", "tls")

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
        self._plain: HttpRequestParser | None = HttpRequestParser(self, loop, READ_BYTES)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note to which of our addresses the client has connected, and in what way."""
        address = transport.get_extra_info("sockname")
        # The socket for control has a path: no image is given there.
        self.address: tuple[str, int] = address[:2] if isinstance(address, tuple) else ("", 0)
        secured: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
        self.tls = secured.version() if secured else None
        self.is_resumed: bool | None = secured is not None and secured.session_reused
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Answer here, or leave this read and all that follow to aiohttp."""
        if self._plain is not None:
            wire = self._answer(self._plain, data)
            if wire is not None and self.transport is not None:
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
