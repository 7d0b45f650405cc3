"""Answers of a server in this process: the pieces of a slow one, a client that leaves meanwhile, a connection in use."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from harness.workload import check
from local_server import faulty as acted
from local_server import http1
from local_server.answers import served
from local_server.http1 import Http1, ImageConnection
from local_server.listeners import Origin
from local_server.server import ImageServer, Place
from tests.local_server.faulty import asked
from tests.local_server.running import WORKLOAD


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
    monkeypatch.setattr(acted, "SLOW_HEAD_S", 0.1)

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
    monkeypatch.setattr(acted, "SLOW_HEAD_S", 600)

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
