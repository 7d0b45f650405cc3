"""Answer images: parse, one dictionary look-up, one write. No router, task, request or response is on this path."""

import asyncio
import secrets
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from time import perf_counter
from typing import cast

from aiohttp import EMPTY_PAYLOAD, HttpVersion11, web
from aiohttp.http import HttpProcessingError, HttpRequestParser, RawRequestMessage

from harness.workload import MOST_BYTES, moved
from local_server.answers import Answer, Served
from local_server.listeners import Origin
from local_server.witness import Window, Witness

KEEP_ALIVE_S = 75.0
READ_BYTES = 2**16  # aiohttp's own default
SECRET_BYTES = 16  # in the paths of a workload: nobody guesses them, so all that asks for one was told it
MOST_HELD_BYTES = (
    MOST_BYTES + 2**27
)  # of all workloads together: those of a plan, and what a ceiling is probed with


class _Sent:
    """Stands in for a response that is on the wire already; aiohttp asks no more of it than this."""

    def __init__(self, *, keep_alive: bool) -> None:
        self.keep_alive = keep_alive

    async def prepare(self, request: web.BaseRequest) -> None:
        """Do nothing: the head was sent with the body."""

    async def write_eof(self) -> None:
        """Do nothing: the body was sent with the head."""


FOUND = b"HTTP/1.1 302 Found\r\nLocation: %b\r\nContent-Length: 0\r\n\r\n"
_KEPT = cast("web.StreamResponse", _Sent(keep_alive=True))
_CLOSING = cast("web.StreamResponse", _Sent(keep_alive=False))


@dataclass(slots=True)
class Place:
    """A URL and what it gives now.

    Attributes:
        address: where alone it is given, host and port.
        redirect: the whole answer that sends on to another place; None if the image is given here.
    """

    url: str
    path: str
    address: tuple[str, int]
    witness: Witness
    answer: Answer
    redirect: bytes | None = None

    def wire(self, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """Status and the whole answer to a client that sent these headers."""
        if self.redirect is not None:
            return 302, self.redirect
        zipped = self.answer.zipped
        if zipped is not None and "gzip" in headers.get("Accept-Encoding", ""):
            return 200, zipped
        return 200, self.answer.wire


@dataclass(frozen=True, slots=True)
class Workload:
    """Images that are being served, and what was seen of them.

    Attributes:
        secret: first segment of its paths; of the same length for all.
        places: one for each image, as they are asked for.
        targets: where the image of each place is found: there, or where it sends on to.
    """

    witness: Witness
    secret: str
    places: Sequence[Place]
    targets: Sequence[Place]


class ImageServer:
    """All workloads by name, and all their images by path.

    Args:
        otherwise: answers what is below no workload.
    """

    def __init__(self, otherwise: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]) -> None:
        self.workloads: dict[str, Workload] = {}
        self._by_secret: dict[str, Workload] = {}
        self._places: dict[str, Place] = {}  # by path
        self._held: dict[str, int] = {}  # workload -> bytes of its images, also of those that are being made
        self._otherwise = otherwise

    def claim(self, name: str, image_bytes: int) -> None:
        """Make room for the images of a workload before they are made; what it had before is served no longer.

        Args:
            name: of the workload.
            image_bytes: of all its images together.

        Raises:
            ValueError: they do not fit beside those of the other workloads.
        """
        self.remove(name)
        held = sum(self._held.values())
        if held + image_bytes > MOST_HELD_BYTES:
            raise ValueError(
                f"its images have {image_bytes:,} bytes and those of other workloads {held:,}; "
                f"together they may have {MOST_HELD_BYTES:,}"
            )
        self._held[name] = image_bytes

    def add(self, name: str, served: Served, origins: Sequence[Origin]) -> Workload:
        """Serve these images, instead of those that this workload had before.

        Args:
            origins: that give the images in turn.

        Raises:
            ValueError: they do not fit beside those of the other workloads.
        """
        self.claim(name, sum(answer.size for answer in served.answers))
        secret, witness = secrets.token_urlsafe(SECRET_BYTES), Witness()
        places, targets = [], []
        for number, (file, answer) in enumerate(zip(served.files, served.answers, strict=True)):

            def place(path: str, skip: int = 0, answer: Answer = answer, number: int = number) -> Place:
                origin = origins[(number + skip) % len(origins)]
                return Place(f"{origin}{path}", path, (origin.host, origin.port), witness, answer)

            asked = target = place(f"/{secret}/{file}")
            if redirect := served.redirects[number]:
                target = place(f"/{secret}/found/{file}", skip=redirect == "other host")
                asked.redirect = FOUND % target.url.encode()
            places.append(asked)
            targets.append(target)
        workload = self.workloads[name] = self._by_secret[secret] = Workload(witness, secret, places, targets)
        self._places |= {place.path: place for place in (*places, *targets)}
        return workload

    def move(self, workload: Workload, seed: int) -> None:
        """From now on let each path give another image; so nobody has its body from an earlier time."""
        answers = moved([target.answer for target in workload.targets], seed)
        for place, target, answer in zip(workload.places, workload.targets, answers, strict=True):
            place.answer = target.answer = answer

    def remove(self, name: str) -> bool:
        """Serve this workload no longer; False if there is none."""
        self._held.pop(name, None)
        workload = self.workloads.pop(name, None)
        if workload is None:
            return False
        del self._by_secret[workload.secret]
        for path in {place.path for place in (*workload.places, *workload.targets)}:
            del self._places[path]
        return True

    def wire(self, connection: "ImageConnection", message: RawRequestMessage) -> bytes | None:
        """Count a plain request for an image that waits for nothing and return the answer; None if it is another."""
        place = self._places.get(message.path)
        if (
            place is None
            or (place.answer.wait_s and place.redirect is None)
            or place.address != connection.address
            or message.method != "GET"
            or message.version != HttpVersion11
            or message.should_close
        ):
            return None
        status, wire = place.wire(message.headers)
        window = place.witness.arrived(connection, message, message.path)
        window.answered(status, len(wire), at=window.arrived_at)
        return wire

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer any request that was not plain."""
        connection = _connection_of(request)
        place = self._places.get(request.raw_path)
        if (
            place is None
            or request.method != "GET"
            or place.address != connection.address
            or (place.answer.is_chunked and request.version != HttpVersion11)
        ):
            return await self._refuse(request)
        (status, wire), wait_s = place.wire(request.headers), place.answer.wait_s
        if place.redirect is not None:
            wait_s = 0.0
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
            window.answered(status, len(wire), at=answered_at, waited_s=answered_at - arrived_at)
        return _KEPT if keep else _CLOSING

    async def _refuse(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer what is no image; below a workload it is counted, so that a client cannot hide it."""
        workload = self._by_secret.get(request.raw_path.split("/")[1] if "/" in request.raw_path else "")
        if workload is None:
            return await self._otherwise(request)
        connection, place = _connection_of(request), self._places.get(request.raw_path)
        status = HTTPStatus.NOT_FOUND if place is None else HTTPStatus.METHOD_NOT_ALLOWED
        if place is not None and request.method == "GET":
            status = HTTPStatus.MISDIRECTED_REQUEST
            if place.address == connection.address:  # only HTTP/1.1 knows chunks
                status = HTTPStatus.HTTP_VERSION_NOT_SUPPORTED
        window = workload.witness.arrived(connection, request, request.raw_path)
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

    __slots__ = ("_images", "_plain", "address", "is_resumed", "made_at", "met", "tls")

    def __init__(self, server: web.Server, images: ImageServer, loop: asyncio.AbstractEventLoop) -> None:  # type: ignore[type-arg,unused-ignore] # as above
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
        self._images = images
        self._plain: HttpRequestParser | None = HttpRequestParser(self, loop, READ_BYTES)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note to which of our addresses the client has connected, and in what way."""
        address = transport.get_extra_info("sockname")
        # The socket for control has a path: no image is given there.
        self.address: tuple[str, int] = address[:2] if isinstance(address, tuple) else ("", 0)
        secured: ssl.SSLObject | None = transport.get_extra_info("ssl_object")
        self.tls = secured.version() if secured else None
        self.is_resumed = secured is not None and secured.session_reused
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
        return self._images.wire(self, message) if body is EMPTY_PAYLOAD else None
