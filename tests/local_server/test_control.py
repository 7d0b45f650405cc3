"""The control routes: workloads are registered, moved and removed by who may, within bounds."""

import asyncio
import hashlib
import json
import socket
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, NoReturn, cast

import pytest

from harness.draws import moved
from harness.workload import check
from local_server.answers import served
from local_server.control import Control
from local_server.images import MIN_BYTES
from local_server.listeners import Origin
from local_server.server import ImageServer
from tests.local_server.running import WORKLOAD, Running, get, running


def test_a_new_window_may_move_the_images(image_server: Running) -> None:
    _, answer = image_server.control("PUT", "small", WORKLOAD)
    paths, digests = ([image[key] for image in answer["images"]] for key in ("path", "sha256"))
    for seed in ("3", None, "0", "3", "999999"):
        assert image_server.control("POST", f"small/window/{seed}" if seed else "small/window")[0] == 200
        found = [hashlib.sha256(image_server.get(path)[1]).hexdigest() for path in paths]
        expected = moved(digests, int(seed)) if seed else digests
        assert found == expected
        assert not seed or all(now != before for now, before in zip(found, digests, strict=True))
        digests = expected
    assert image_server.control("POST", "small/window/x")[0] == 404


def test_who_does_not_know_the_paths_is_a_stranger_and_counted_apart(
    image_server: Running, paths: list[str]
) -> None:
    image_server.control("POST", "small/window")
    name = paths[0].rpartition("/")[2]
    for path in ("/small/x", f"/small/{name}", f"/{name}", "/", "/_control/workloads/small/window"):
        image_server.raw(get(path))
    image_server.get(paths[0])
    seen = image_server.control("POST", "small/window")[1]
    assert (seen["requests"], seen["connections"], seen["statuses"]) == (1, 1, {"200": 1})
    assert seen["strangers"] == 5
    assert image_server.control("POST", "small/window")[1]["strangers"] == 0


def test_paths_are_secret_and_of_one_length(image_server: Running) -> None:
    found = []
    for name in ("small", "of-another-name", "small"):
        _, answer = image_server.control("PUT", name, WORKLOAD)
        found.append([image["path"] for image in answer["images"]])
    assert (
        len({path for paths in found for path in paths}) == 24
    )  # also of a workload that is registered again
    assert len({len(path) for paths in found for path in paths}) == 1
    assert all(len(path.split("/")[1]) >= 22 for paths in found for path in paths)  # 128 bits
    assert image_server.get(found[0][0])[0] == 404
    assert image_server.get(found[2][0])[0] == 200


def test_workloads_are_bounded_in_sum_before_they_are_made() -> None:
    server = ImageServer()
    for number in range(3):
        server.claim(f"w{number}", 300 * 1024**2)
    with pytest.raises(
        ValueError, match=r"^its images have 314,572,800 bytes and those of other workloads 943,718,400; "
    ):
        server.claim("w3", 300 * 1024**2)
    server.claim("w2", 300 * 1024**2)  # instead of its own, not beside them
    server.claim("w1", 1)
    server.claim("w3", 300 * 1024**2)
    server.remove("w3")
    fields = check({"images": 2, "image_bytes": MIN_BYTES, "latency_s": 0.0, "seed": 1}, served=True)
    server.add("w3", served(fields), [Origin("http", "127.0.0.1", 1)], {})
    assert server._held == {"w0": 314_572_800, "w2": 314_572_800, "w1": 1, "w3": 2 * MIN_BYTES}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "reason"),
    [
        ("PUT", "Bad", WORKLOAD, 422, "a workload's name matches"),
        ("PUT", "a" * 65, WORKLOAD, 422, "a workload's name matches"),
        ("PUT", "x", {}, 422, "images is missing: 1 to 100,000"),
        ("PUT", "x", WORKLOAD | {"images": 0}, 422, "images must be from 1 to 100,000"),
        ("PUT", "x", WORKLOAD | {"images": True}, 422, "images must be a whole number"),
        ("PUT", "x", WORKLOAD | {"image_bytes": 100}, 422, "image_bytes must be from 1,024"),
        ("PUT", "x", WORKLOAD | {"latency_s": 61}, 422, "latency_s must be from 0 to 60"),
        ("PUT", "x", WORKLOAD | {"latency_s": "1"}, 422, "latency_s must be a number"),
        ("PUT", "x", WORKLOAD | {"images": 100_000, "image_bytes": 99_999}, 422, "must be at most 1,073,741,824"),
        ("PUT", "x", WORKLOAD | {"path": "/etc"}, 422, "path is no field"),
        ("PUT", "x", b"[]", 422, "must be a JSON object"),
        ("PUT", "x", b"{", 422, "must be JSON"),
        ("PUT", "x", b"[" * 60_000, 422, "must be JSON"),
        ("PUT", "x", b" " * 70_000, 422, "must be at most 65,536 bytes"),
        ("POST", "none/window", None, 404, "no workload none"),
        ("DELETE", "none", None, 404, "no workload none"),
        ("GET", "small", None, 404, "no such route"),
    ],
)  # fmt: skip
def test_control_refuses_with_a_reason(
    image_server: Running, method: str, path: str, body: object, status: int, reason: str
) -> None:
    found, answer = image_server.control(method, path, body)
    assert found == status
    assert reason in answer["error"]


def test_a_body_that_breaks_off_is_refused_or_dropped_and_fills_no_log() -> None:
    with running() as server:
        head = f"PUT /_control/workloads/x HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.ready['token']}\r\n"
        with socket.create_connection((server.host, server.port)) as wire:
            wire.sendall(f"{head}Content-Length: 100\r\n\r\nabc".encode())
        packed = f"{head}Content-Encoding: gzip\r\nContent-Length: 4\r\nConnection: close\r\n\r\nabcd"
        assert b"the body must be JSON" in server.raw(packed.encode())
        assert server.ended() == (0, "")


@pytest.mark.parametrize("token", ["", "wrong", "\xff"])
def test_control_needs_the_token(image_server: Running, token: str) -> None:
    status, answer = image_server.control("PUT", "x", WORKLOAD, token=token)
    assert status == 401
    assert "token" in answer["error"]


def test_a_removed_workload_is_gone(image_server: Running) -> None:
    _, answer = image_server.control("PUT", "gone", WORKLOAD)
    assert image_server.control("DELETE", "gone") == (200, {})
    path = answer["images"][0]["path"]
    assert image_server.raw(get(path)).startswith(b"HTTP/1.1 404 ")


def test_a_workload_that_cannot_be_listened_for_holds_no_room() -> None:
    async def nowhere(_fields: object) -> NoReturn:
        raise OSError("no address")

    async def body() -> AsyncIterator[bytes]:
        yield json.dumps(WORKLOAD).encode()

    control = Control("token")
    control.listeners = cast("Any", SimpleNamespace(origins=nowhere))
    asked: Any = SimpleNamespace(content=SimpleNamespace(iter_any=body))
    answered: Any = asyncio.run(control._put(asked, "wide"))
    assert (answered.status, json.loads(answered.body)) == (422, {"error": "no address"})
    assert control.server._held == {}
