"""HTTP/2: the same images, refusals and witness as over HTTP/1.1, as a client of another project sees them."""

import asyncio
import hashlib
import ssl
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import trustme

from harness.measure.worker.wires import Http2 as Http2Wire
from harness.workload import check
from local_server.answers import served
from local_server.http2 import Connection, Http2
from local_server.listeners import Origin
from local_server.server import ImageServer
from tests.local_server.running import Running, running

ASKED = {"images": 8, "image_bytes": 40_000, "latency_s": 0.0, "seed": 1, "tls": True, "http": "2"}


@pytest.fixture(scope="module")
def image_server() -> Iterator[Running]:
    with running("--exit-with-stdin") as server:
        yield server


@pytest.fixture
def told(image_server: Running) -> dict[str, Any]:
    return registered(image_server)


def registered(image_server: Running, **more: object) -> dict[str, Any]:
    status, answer = image_server.control("PUT", "second", ASKED | more)
    assert status == 200, answer
    return answer


def window(image_server: Running) -> dict[str, Any]:
    return image_server.control("POST", "second/window/1")[1]


def client(told: dict[str, Any], **more: Any) -> httpx.Client:
    verify = ssl.create_default_context(cadata="\n".join(told["authority"]))
    return httpx.Client(http2=True, verify=verify, follow_redirects=True, **more)


def digests(answers: Sequence[httpx.Response]) -> list[str]:
    return [hashlib.sha256(answer.content).hexdigest() for answer in answers]


def test_every_image_is_what_the_manifest_says(image_server: Running) -> None:
    told = registered(image_server, gzip_share=0.5)
    began = perf_counter()
    with client(told) as session:
        answers = [session.get(image["url"]) for image in told["images"]]
    seen = window(image_server)
    assert digests(answers) == [image["sha256"] for image in told["images"]]
    assert {answer.http_version for answer in answers} == {"HTTP/2"}
    assert {answer.headers["content-type"] for answer in answers} == {"image/jpeg"}
    assert sorted(answer.headers.get("content-encoding", "") for answer in answers) == [""] * 4 + ["gzip"] * 4
    assert (seen["requests"], seen["different"], seen["statuses"]) == (8, 8, {"200": 8})
    assert (seen["connections"], seen["hosts"], seen["http_version"]) == (1, {"127.0.0.1": 1}, "2")
    assert (seen["tls"], seen["resumed"], seen["strangers"]) == ({"TLSv1.3": 1}, None, 0)
    assert seen["headers"]["accept-encoding"].startswith("gzip")
    assert began < seen["reached_at"] < seen["answered_at"] < perf_counter()
    assert seen["bytes"] > 4 * 40_000


def test_a_workload_can_be_served_from_the_start() -> None:
    with running("--images", "2", "--tls", "--http", "2") as server:
        with client({"authority": server.ready["authority"].splitlines()}) as session:
            answers = [session.get(url) for url in server.ready["urls"]]
        assert [(answer.http_version, len(answer.content)) for answer in answers] == [("HTTP/2", 6144)] * 2


def test_requests_of_one_connection_are_under_way_together(image_server: Running) -> None:
    told = registered(image_server, latency_s=0.2)
    with client(told) as session, ThreadPoolExecutor(8) as pool:
        session.get(told["images"][0]["url"])  # else each opens a connection before it knows the protocol
        window(image_server)
        assert len(list(pool.map(session.get, [image["url"] for image in told["images"]]))) == 8
    seen = window(image_server)
    assert (seen["connections"], seen["peak_in_flight"]) == (1, 8)
    assert seen["waited_s"] >= 8 * 0.19


def test_images_are_found_behind_redirects_and_on_other_hosts(image_server: Running) -> None:
    told = registered(image_server, hosts=2, redirect_share=0.25, redirect_host_share=0.25)
    with client(told) as session:
        answers = [session.get(image["url"]) for image in told["images"]]
    seen = window(image_server)
    assert digests(answers) == [image["sha256"] for image in told["images"]]
    assert seen["statuses"] == {"200": 8, "302": 4}
    assert seen["hosts"] == {"127.0.0.1": 1, "127.0.0.2": 1}


def test_a_new_window_moves_the_images(image_server: Running, told: dict[str, Any]) -> None:
    with client(told) as session:
        before = digests([session.get(image["url"]) for image in told["images"]])
        window(image_server)
        after = digests([session.get(image["url"]) for image in told["images"]])
    assert sorted(before) == sorted(after)
    assert all(now != then for now, then in zip(after, before, strict=True))


def test_a_connection_that_was_kept_or_opened_before_shows_its_age(
    image_server: Running, told: dict[str, Any]
) -> None:
    url = told["images"][0]["url"]
    with client(told) as kept, client(told) as opened:
        kept.get(url)
        opened.get(f"https://{urlsplit(url).netloc}/")  # a stranger's request, which no window counts
        window(image_server)
        began = perf_counter()
        for session in (kept, opened):
            session.get(url)
            seen = window(image_server)
            assert seen["connections"] == 1
            assert seen["reached_at"] < began < seen["answered_at"]


def test_a_connection_that_has_ended_is_forgotten_for_its_port_is_given_to_others() -> None:
    http2 = Http2(ImageServer())
    http2._connections["127.0.0.1", 9] = Connection(("127.0.0.1", 1), 0.0)
    http2.look()
    assert http2._connections == {}


@pytest.mark.parametrize(("method", "path", "status"), [
    ("GET", "{path}x", 404), ("GET", "{path}?x", 404), ("POST", "{path}", 405), ("HEAD", "{path}", 405),
    ("GET", "/", 404),
])  # fmt: skip
def test_refusals(image_server: Running, told: dict[str, Any], method: str, path: str, status: int) -> None:
    url = urlsplit(told["images"][0]["url"])
    window(image_server)
    with client(told) as session:
        answer = session.request(method, f"https://{url.netloc}{path.format(path=url.path)}")
    seen = window(image_server)
    assert answer.status_code == status
    assert (answer.headers.get("allow") == "GET") == (status == 405)
    if path == "/":
        assert (seen["statuses"], seen["strangers"]) == ({}, 1)
    else:
        assert (seen["statuses"], seen["strangers"]) == ({str(status): 1}, 0)


def test_each_address_gives_its_own_images_alone(image_server: Running) -> None:
    told = registered(image_server, hosts=2)
    first, second = (urlsplit(image["url"]) for image in told["images"][:2])
    window(image_server)
    with client(told) as session:
        assert session.get(f"https://{first.netloc}{second.path}").status_code == 421
    assert window(image_server)["statuses"] == {"421": 1}


def test_a_client_that_leaves_early_is_counted_and_nothing_breaks() -> None:
    with running() as server:
        told = registered(server, latency_s=0.3)
        url = told["images"][0]["url"]
        with client(told, timeout=0.1) as session, pytest.raises(httpx.ReadTimeout):
            session.get(url)
        with client(told) as session:
            assert session.get(url).status_code == 200
        assert server.control("POST", "second/window")[1]["requests"] == 2
        assert server.control("POST", "second/window")[1]["peak_in_flight"] == 0
        assert server.ended() == (0, "")


def test_who_asks_much_and_reads_nothing_fills_no_buffer_and_is_counted_when_he_leaves() -> None:
    with running() as server:
        told = registered(server, images=1, image_bytes=8_000_000)
        url = told["images"][0]["url"]
        greedy = Http2Wire([url] * 20)
        greedy.ask()
        while not greedy.receive():  # until a part of a body is there
            pass
        with client(told) as session:
            assert {session.get(f"{url}x").status_code for _ in range(20)} == {404}
            assert window(server)["statuses"] == {"404": 20}  # the images still wait for their reader
            greedy.socket.close()
            assert len(session.get(url).content) == 8_000_000
            assert server.ended() == (0, "")


def test_a_reader_that_leaves_in_the_middle_is_counted_and_holds_nothing() -> None:
    def leaves(url: str) -> None:
        wire = Http2Wire([url])
        wire.ask()
        while not wire.receive():  # until a part of the body is there
            pass
        wire.socket.close()

    async def served_so() -> dict[int, int]:
        images = ImageServer()
        http2 = Http2(images)
        port = await http2.listen("127.0.0.1", trustme.CA().issue_cert("127.0.0.1"))
        fields = check(ASKED | {"images": 1, "image_bytes": 8_000_000}, served=True)
        workload = images.add("second", served(fields), [Origin("https", "127.0.0.1", port)], {})
        await asyncio.to_thread(leaves, workload.places[0].url)
        statuses = workload.witness._window.statuses
        for _ in range(1_000):
            if statuses:
                break
            await asyncio.sleep(0.01)
        await http2.close()
        return statuses

    assert asyncio.run(served_so()) == {200: 1}


def test_it_ends_though_clients_are_connected() -> None:
    with running() as server:
        told = registered(server, hosts=2, latency_s=5)
        with client(told, timeout=0.1) as session:
            for image in told["images"][:2]:
                with pytest.raises(httpx.ReadTimeout):
                    session.get(image["url"])
            assert server.ended() == (0, "")


def test_certificates_that_must_be_refused_are_shown(told: dict[str, Any]) -> None:
    assert len(told["refused"]) == 3
    for url in told["refused"].values():
        with client(told) as session, pytest.raises(httpx.ConnectError, match="certificate verify failed"):
            session.get(url)
        with httpx.Client(http2=True, verify=False) as trusting:  # noqa: S501 - that it can be reached at all
            answer = trusting.get(url)
        assert (answer.content, answer.http_version) == (b"accepted", "HTTP/2")


def test_who_speaks_http_1_is_told_nothing(told: dict[str, Any]) -> None:
    verify = ssl.create_default_context(cadata="\n".join(told["authority"]))
    with httpx.Client(verify=verify) as session, pytest.raises(httpx.TransportError):
        session.get(told["images"][0]["url"])
