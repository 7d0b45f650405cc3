"""Faults on the wire: what comes, how it ends, what the witness counts, and when the image comes after all."""

import asyncio
import hashlib
import socket
import ssl
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlsplit

import pytest
from aiohttp import web

from harness.draws import moved
from harness.faults import Faults, Met, fixed_places
from harness.workload import check
from local_server import http1, spoilt
from local_server.answers import reply_of, served
from local_server.http1 import Http1, ImageConnection
from local_server.listeners import Origin
from local_server.server import ImageServer, Place
from tests.local_server.running import WORKLOAD, Running, running

Result = TypeVar("Result")
STALL_S = 0.05
FAREWELL = "-goodbye"  # behind a URL: it is not there, and the connection is closed


class Secured:
    """TLS over a socket, of which it is known how it ends: ssl's own tells a reset as an end."""

    def __init__(self, wire: socket.socket, context: ssl.SSLContext, host: str) -> None:
        self._wire, self._in, self._out = wire, ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_hostname=host)
        self._done(self._tls.do_handshake)

    def sendall(self, data: bytes) -> None:
        self._done(lambda: self._tls.write(data))

    def recv(self, size: int) -> bytes:
        """Return what has come, b"" after an orderly end."""
        try:
            return self._done(lambda: self._tls.read(size))
        except ssl.SSLZeroReturnError:
            return b""

    def settimeout(self, seconds: float) -> None:
        self._wire.settimeout(seconds)

    def _done(self, step: Callable[[], Result]) -> Result:
        while True:
            try:
                found = step()
            except ssl.SSLWantReadError:
                self._wire.sendall(self._out.read())
                if data := self._wire.recv(65_536):
                    self._in.write(data)
                else:
                    self._in.write_eof()
            else:
                self._wire.sendall(self._out.read())
                return found


class Faulty:
    """A workload with faults, on a running server."""

    def __init__(self, server: Running, *, faults: dict[str, float], **fields: Any) -> None:
        asked = WORKLOAD | {"images": 1, "faults": faults, "stall_s": STALL_S} | fields
        status, answer = server.control("PUT", "faulty", asked)
        assert status == 200, answer
        self._server = server
        self.images = answer["images"]
        self.urls = [image["url"] for image in self.images]
        self.meets = [
            Met(image["fault"], image["attempts"]) if image["fault"] else None for image in self.images
        ]
        self._authority = "\n".join(answer["authority"]) if answer["authority"] else None

    @contextmanager
    def connected(self, url: str, *, is_verified: bool = True) -> Iterator["socket.socket | Secured"]:
        parts = urlsplit(url)
        with socket.create_connection((parts.hostname, parts.port), timeout=10) as wire:
            if self._authority is None:
                yield wire
                return
            context = ssl.create_default_context(cadata=self._authority)
            if not is_verified:
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            yield Secured(wire, context, parts.hostname or "")

    def got(self, *urls: str, is_verified: bool = True) -> tuple[bytes, str]:
        """Ask for these on one connection; return all that comes, and whether it ends or is reset."""
        with self.connected(urls[0], is_verified=is_verified) as wire:
            wire.sendall(b"".join(asked(url) for url in urls))
            found = b""
            try:
                while data := wire.recv(65_536):
                    found += data
            except ConnectionResetError:
                return found, "reset"
            return found, "end"

    def status(self, url: str) -> int:
        """Of the answer to one request."""
        with self.connected(url) as wire:
            wire.sendall(asked(url))
            return int(wire.recv(65_536).split(b" ", 2)[1])

    def seen(self, seed: int | None = None) -> dict[str, Any]:
        route = "faulty/window" if seed is None else f"faulty/window/{seed}"
        return self._server.control("POST", route)[1]

    def body(self, number: int = 0) -> bytes:
        """Of an image, from its next attempt that does not fail."""
        for _ in range(200):
            found, _ = self.got(self.urls[number], self.urls[number] + FAREWELL)
            body = found.partition(b"\r\n\r\n")[2][: self.images[number]["bytes"]]
            if hashlib.sha256(body).hexdigest() == self.images[number]["sha256"]:
                return body
        raise AssertionError("it never came")


def asked(url: str) -> bytes:
    connection = "Connection: close\r\n" if url.endswith(FAREWELL) else ""
    return f"GET {urlsplit(url).path} HTTP/1.1\r\nHost: x\r\n{connection}\r\n".encode()


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize(
    ("fault", "ending", "statuses"),
    [
        ("reset_before_head", "reset", {}),
        ("reset_in_head", "reset", {}),
        ("reset_in_body", "reset", {"200": 1}),
        ("short_body", "end", {"200": 1}),
        ("stall_before_head", "reset", {}),
        ("stall_in_body", "reset", {"200": 1}),
        ("trickle", "reset", {"200": 1}),
        ("closed_after_idle", "end", {"200": 1}),
        ("closed_after_answer", "end", {"200": 1}),
    ],
)
def test_a_connection_ends_as_the_fault_says_and_then_the_image_comes(
    one: Running, fault: str, ending: str, statuses: dict[str, int], *, tls: bool
) -> None:
    faulty = Faulty(one, faults={fault: 1.0}, tls=tls)
    [url] = faulty.urls
    body = faulty.body()
    faulty.seen(seed=1)
    expected = spoilt.spoilt(fault, image_of(body), url, Faults(stall_s=STALL_S)).wire
    assert faulty.got(url) == (expected, ending)
    seen = faulty.seen()
    assert (seen["requests"], seen["statuses"], seen["faults"]) == (1, statuses, {fault: 1})
    assert (seen["bytes"], seen["peak_in_flight"], seen["waited_s"]) == (len(expected), 1, 0.0)
    assert (seen["answered_at"] is None) == (not expected)
    assert faulty.body() == body
    assert faulty.seen()["faults"] == {}
    assert faulty.got(url) == (expected, ending)  # and it begins anew
    assert faulty.seen()["faults"] == {fault: 1}


@pytest.mark.parametrize(
    "fault",
    [
        *("not_found", "gone", "forbidden", "too_many_requests", "unavailable"),
        *("redirect_loop", "long_body", "wrong_coding"),
    ],
)
def test_a_connection_is_kept_where_the_fault_is_the_answer_alone(one: Running, fault: str) -> None:
    faulty = Faulty(one, faults={fault: 1.0}, retry_after_s=9)
    [url], [met] = faulty.urls, faulty.meets
    lasts = met is not None and met.attempts is None
    image = image_of(b"" if lasts else faulty.body())
    faulty.seen(seed=1)
    reply = spoilt.spoilt(fault, image, url, Faults(retry_after_s=9))
    found, _ = faulty.got(url, url, url + FAREWELL)
    expected = reply.wire + (reply if lasts else image).wire
    assert found.startswith(expected + b"HTTP/1.1 404 Not Found\r\n")
    seen = faulty.seen()
    assert (seen["requests"], seen["connections"]) == (3, 1)
    assert seen["faults"] == {fault: 2 if lasts else 1}
    assert seen["statuses"] == Counter(
        str(status) for status in (reply.status, reply.status if lasts else 200, 404)
    )


def image_of(body: bytes) -> Any:
    """The answer of an image, as it is without a fault."""
    headers = ((b"content-type", b"image/jpeg"), (b"content-length", b"%d" % len(body)))
    return reply_of("1.1", HTTPStatus.OK, headers, body)


def test_a_connection_on_which_more_is_asked_is_not_idle(one: Running) -> None:
    faulty = Faulty(one, faults={"closed_after_idle": 1.0})
    with faulty.connected(faulty.urls[0]) as wire:
        wire.settimeout(0.15)
        wire.sendall(2 * asked(faulty.urls[0]))
        whole = 2 * len(image_of(bytes(4096)).wire)
        while whole > 0:
            whole -= len(wire.recv(whole))
        with pytest.raises(TimeoutError):
            wire.recv(1)


def test_as_many_attempts_meet_the_fault_as_the_manifest_says_and_then_it_begins_anew(one: Running) -> None:
    faulty = Faulty(one, faults={"unavailable": 1.0}, images=3, fault_attempts=3)
    assert sorted(met.attempts or 0 for met in faulty.meets if met) == [1, 2, 3]
    for url, met in zip(faulty.urls, faulty.meets, strict=True):
        assert met is not None
        expected = ([503] * (met.attempts or 0) + [200]) * 5
        assert [faulty.status(url) for _ in range(9)] == expected[:9]


def test_faults_move_with_their_images_and_begin_anew(one: Running) -> None:
    shares = {"not_found": 0.3, "unavailable": 0.3, "refused": 0.2}
    faulty = Faulty(one, faults=shares, images=10)
    meets, fixed = faulty.meets, fixed_places(faulty.meets)
    assert len(fixed) == 2
    statuses = {"not_found": 404, "unavailable": 503, None: 200}
    for seed in (3, 0, 3, 999_999):
        faulty.seen(seed)
        meets = moved(meets, seed, fixed)
        for place, (url, met) in enumerate(zip(faulty.urls, meets, strict=True)):
            if place in fixed:
                with pytest.raises(ConnectionRefusedError):
                    faulty.status(url)
            else:
                assert faulty.status(url) == statuses[met.fault if met else None]
        seen = faulty.seen()
        assert (seen["requests"], seen["faults"]) == (8, {"not_found": 3, "unavailable": 3})


def test_a_new_window_alone_does_not_begin_anew(one: Running) -> None:
    faulty = Faulty(one, faults={"unavailable": 1.0})
    found = []
    for seed in (None, 1, 1, None):
        faulty.seen(seed)
        found.append(faulty.status(faulty.urls[0]))
    assert found == [503, 503, 503, 200]


def test_a_stall_holds_up_nobody_else_and_counts_before_it_ends(one: Running) -> None:
    faulty = Faulty(one, faults={"stall_before_head": 1.0}, stall_s=600)
    [url] = faulty.urls
    with faulty.connected(url) as wire:
        wire.sendall(asked(url))
        while not (seen := faulty.seen())["requests"]:
            time.sleep(0.01)
        assert (seen["statuses"], seen["faults"]) == ({}, {"stall_before_head": 1})
        assert faulty.status(url) == 200


def test_a_server_ends_in_the_middle_of_a_stall_without_a_word() -> None:
    with running() as server:
        faulty = Faulty(server, faults={"stall_in_body": 1.0}, stall_s=600)
        [url] = faulty.urls
        with faulty.connected(url) as wire:
            wire.sendall(asked(url))
            assert wire.recv(65_536)
            assert server.ended() == (0, "")


def test_half_of_a_large_body_reaches_a_slow_reader_before_an_orderly_end(one: Running) -> None:
    faulty = Faulty(one, faults={"short_body": 1.0}, image_bytes=8_000_000)
    [url] = faulty.urls
    with faulty.connected(url) as wire:
        wire.sendall(asked(url))
        assert faulty.status(url) == 200  # nobody waits for it
        found = b"".join(iter(lambda: wire.recv(100_000), b""))
    assert len(found.partition(b"\r\n\r\n")[2]) == 4_000_000
    assert faulty.seen()["faults"] == {"short_body": 1}


@pytest.mark.parametrize(
    ("fault", "reason"),
    [("expired_certificate", "certificate has expired"), ("wrong_certificate_name", "IP address mismatch")],
)
def test_a_client_that_bears_with_a_wrong_certificate_is_seen(one: Running, fault: str, reason: str) -> None:
    faulty = Faulty(one, faults={fault: 0.5}, images=2, tls=True, redirect_share=1.0)
    [place] = fixed_places(faulty.meets)
    url, plain = faulty.urls[place], faulty.urls[1 - place]
    assert urlsplit(url).netloc != urlsplit(plain).netloc
    with pytest.raises(ssl.SSLCertVerificationError, match=reason):
        faulty.got(url)
    assert faulty.seen()["requests"] == 0
    found, _ = faulty.got(url, url + FAREWELL, is_verified=False)
    assert (
        hashlib.sha256(found.partition(b"\r\n\r\n")[2][:4096]).hexdigest() == faulty.images[place]["sha256"]
    )
    seen = faulty.seen()
    assert (seen["statuses"], seen["faults"]) == ({"200": 1, "404": 1}, {fault: 1})


def test_an_address_that_is_nobodys_needs_a_line(one: Running) -> None:
    asked_for = WORKLOAD | {"faults": {"unroutable": 0.5}}
    status, answer = one.control("PUT", "faulty", asked_for)
    assert (status, answer["error"]) == (
        422, "faults has unroutable, which needs a host of a line, in 198.18.0.0/15; this one is 127.0.0.1",
    )  # fmt: skip


def test_thinking_time_is_not_charged_for_a_fault(one: Running) -> None:
    faulty = Faulty(one, faults={"unavailable": 1.0}, latency_s=0.05)
    assert faulty.status(faulty.urls[0]) == 503
    assert faulty.seen()["waited_s"] == 0
    assert faulty.status(faulty.urls[0]) == 200
    assert faulty.seen()["waited_s"] > 0


@asynccontextmanager
async def served_here(fault: str, **fields: Any) -> AsyncIterator[tuple[Place, bytes]]:
    """Serve an image with this fault in our own process; yield its place, and what comes without the fault."""
    loop, images = asyncio.get_running_loop(), ImageServer()

    async def otherwise(_: web.BaseRequest) -> web.Response:
        return web.Response()

    answers = Http1(images, otherwise)
    server = web.Server(answers.answer)
    listening = await loop.create_server(lambda: ImageConnection(server, answers, loop), "127.0.0.1", 0)
    origin = Origin("http", *listening.sockets[0].getsockname())
    made = served(check(WORKLOAD | {"images": 1, "faults": {fault: 1.0}} | fields, served=True))
    yield images.add("here", made, [origin], {}).places[0], made.answers[0].plain.wire
    listening.close()
    await server.shutdown(0.1)


async def until(holds: Callable[[], bool]) -> None:
    for _ in range(10_000):
        if holds():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("it never held")


def test_a_slow_head_comes_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spoilt, "SLOW_HEAD_S", 0.1)

    async def pieces() -> list[bytes]:
        async with served_here("slow_head") as (place, whole):
            reader, writer = await asyncio.open_connection(*place.address)
            writer.write(asked(place.url))
            found = [await reader.read(65_536)]
            while sum(map(len, found)) < len(whole):
                found.append(await reader.read(65_536))
            writer.close()
            assert b"".join(found) == whole
            assert place.witness.close_window()["statuses"] == {"200": 1}
            return found

    assert b"\r\n\r\n" not in asyncio.run(pieces())[0]


def test_a_connection_in_use_is_never_closed_as_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http1, "KEEP_ALIVE_S", 0.02)

    async def used() -> dict[str, Any]:
        async with served_here("redirect_loop") as (place, _):  # answered on the short way, without aiohttp
            reader, writer = await asyncio.open_connection(*place.address)
            for _ in range(10):
                writer.write(asked(place.url))
                assert await reader.readuntil(b"\r\n\r\n")
                await asyncio.sleep(0.01)
            writer.close()
            return dict(place.witness.close_window())

    seen = asyncio.run(used())
    assert (seen["statuses"], seen["connections"]) == ({"302": 10}, 1)


@pytest.mark.parametrize("fault", ["stall_before_head", "stall_in_body", "trickle", "slow_head"])
def test_a_request_is_under_way_no_more_when_its_client_has_left(
    monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    monkeypatch.setattr(spoilt, "SLOW_HEAD_S", 600)

    async def left() -> dict[str, Any]:
        async with served_here(fault, stall_s=600) as (place, _):
            _, writer = await asyncio.open_connection(*place.address)
            writer.write(asked(place.url))
            window = place.witness._window
            await until(lambda: window._in_flight == 1)
            writer.close()
            await until(lambda: window._in_flight == 0)
            return dict(place.witness.close_window())

    seen = asyncio.run(left())
    statuses = {"200": 1} if fault in {"stall_in_body", "trickle"} else {}
    assert (seen["requests"], seen["statuses"], seen["faults"]) == (1, statuses, {fault: 1})
