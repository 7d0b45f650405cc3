"""Answer images: parse, one dictionary look-up, one write. No router, task, request or response is on this path."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import cast

from aiohttp import EMPTY_PAYLOAD, HttpVersion11, web
from aiohttp.http import HttpProcessingError, HttpRequestParser, RawRequestMessage

from harness.workload import MOST_BYTES, moved
from local_server.images import Image
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


_KEPT = cast("web.StreamResponse", _Sent(keep_alive=True))
_CLOSING = cast("web.StreamResponse", _Sent(keep_alive=False))


@dataclass(slots=True)
class Workload:
    """Images that are being served, and what was seen of them.

    Attributes:
        secret: first segment of its paths; of the same length for all.
        wires: whole answers, in the order of the paths that give them now.
    """

    name: str
    latency_s: float
    witness: Witness
    secret: str
    paths: Sequence[str]
    wires: Sequence[bytes]


class ImageServer:
    """All workloads by name, and all their images by path.

    Args:
        otherwise: answers what is below no workload.
    """

    def __init__(self, otherwise: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]) -> None:
        self.workloads: dict[str, Workload] = {}
        self._by_secret: dict[str, Workload] = {}
        self._answers: dict[str, tuple[bytes, Workload]] = {}
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

    def add(self, name: str, images: Sequence[Image], latency_s: float) -> Workload:
        """Serve these images, instead of those that this workload had before.

        Raises:
            ValueError: they do not fit beside those of the other workloads.
        """
        self.claim(name, sum(len(image.body) for image in images))
        secret = secrets.token_urlsafe(SECRET_BYTES)
        paths = [f"/{secret}/{image.name}" for image in images]
        workload = Workload(name, latency_s, Witness(), secret, paths, [_wire(image) for image in images])
        self.workloads[name] = self._by_secret[secret] = workload
        self._place(workload)
        return workload

    def move(self, workload: Workload, seed: int) -> None:
        """From now on let each path give another image; so nobody has its body from an earlier time."""
        workload.wires = moved(workload.wires, seed)
        self._place(workload)

    def _place(self, workload: Workload) -> None:
        self._answers |= {
            path: (wire, workload) for path, wire in zip(workload.paths, workload.wires, strict=True)
        }

    def remove(self, name: str) -> bool:
        """Serve this workload no longer; False if there is none."""
        self._held.pop(name, None)
        workload = self.workloads.pop(name, None)
        if workload is None:
            return False
        del self._by_secret[workload.secret]
        for path in workload.paths:
            del self._answers[path]
        return True

    def wire(self, connection: "ImageConnection", message: RawRequestMessage) -> bytes | None:
        """Count a plain request for an image that waits for nothing and return the answer; None if it is another."""
        found = self._answers.get(message.path)
        if (
            found is None
            or found[1].latency_s
            or message.method != "GET"
            or message.version != HttpVersion11
            or message.should_close
        ):
            return None
        wire, workload = found
        window = workload.witness.arrived(connection, message, message.path)
        window.answered(200, len(wire), at=window.arrived_at)
        return wire

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer any request that was not plain."""
        found = self._answers.get(request.raw_path)
        if found is None or request.method != "GET":
            return await self._refuse(request)
        wire, workload = found
        window = workload.witness.arrived(_connection_of(request), request, request.raw_path)
        arrived_at = answered_at = window.arrived_at
        try:
            if workload.latency_s:
                await asyncio.sleep(workload.latency_s)
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
            window.answered(200, len(wire), at=answered_at, waited_s=answered_at - arrived_at)
        return _KEPT if keep else _CLOSING

    async def _refuse(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer what is no image; below a workload it is counted, so that a client cannot hide it."""
        workload = self._by_secret.get(request.raw_path.split("/")[1] if "/" in request.raw_path else "")
        if workload is None:
            return await self._otherwise(request)
        status = 404 if request.raw_path not in self._answers else 405
        window = workload.witness.arrived(_connection_of(request), request, request.raw_path)
        window.answered(status, 0, at=window.arrived_at)
        headers = {"Allow": "GET"} if status == 405 else None  # noqa: PLR2004 - RFC 9110, 15.5.6, wants it
        return web.Response(status=status, text=f"{status}\n", headers=headers)


def _wire(image: Image) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: {len(image.body)}\r\n\r\n"
    return head.encode() + image.body


def _connection_of(request: web.BaseRequest) -> "ImageConnection":
    return cast("ImageConnection", request.protocol)


class ImageConnection(web.RequestHandler):  # type: ignore[type-arg,unused-ignore] # generic in some versions
    """aiohttp's connection, with a shorter way for images.

    As long as each read is one whole plain request for an image, the answer is written at once: aiohttp's task, request
    and writer would take longer than all the rest. From the first read that is anything else the connection is
    aiohttp's alone, so answers never overtake each other.
    """

    __slots__ = ("_images", "_plain", "made_at", "met")

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
