"""What a friend would say of a client's first mistakes, by its types and by a fetch of what is not there."""

import asyncio
import sys
from array import array
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trio

from harness.measure.planning.catalog import open_catalog
from harness.measure.server import Server
from harness.measure.worker.rehearsal import (
    BLOCKS,
    NONE_FOR_404,
    NOT_ASYNC,
    NOTHING_TO_CALL,
    SWALLOWED,
    YIELDS,
    advice_on,
    advice_on_error,
    asynchronous,
    sync,
)
from harness.stats.validity import cell_notes
from tests.measure.contract import TINY, only, trials_of


class Response:
    """As clients have."""

    content = b"x"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"x", None),
        ("x", "fetch returned str, not bytes: return the bytes as they came (response.content, not response.text)"),
        (None, "fetch returned None, not bytes: return the body (response.content)"),
        (bytearray(b"x"), "fetch returned bytearray, not bytes: return bytes(body)"),
        (memoryview(b"x"), "fetch returned memoryview, not bytes: return bytes(body)"),
        (
            Response(),
            "fetch returned Response, not bytes: return the body (response.content, await response.read())",
        ),
        (b"x".strip, "fetch returned builtin_function_or_method, not bytes: call it (response.read(), with its brackets)"),
        (
            (chunk for chunk in (b"x",)),
            "fetch returned generator, not bytes: return the whole body (return, not yield; b''.join(chunks))",
        ),
        (array("b"), "fetch returned array, not bytes: return the body (response.content, await response.read())"),
    ],
)  # fmt: skip
def test_advice_on_a_body(body: object, expected: str | None) -> None:
    assert advice_on(body) == expected


def test_advice_on_a_coroutine_that_nobody_awaits() -> None:
    async def fetch(_url: str) -> bytes:
        return b""

    expected = (
        "fetch returned coroutine, not bytes: await it, or open an async client with @asynccontextmanager"
    )
    assert sync(fetch, "url", {}) == expected


def test_a_sync_fetch_must_raise() -> None:
    assert sync(lambda _url: b"not found", "url", {}) == SWALLOWED
    assert sync(lambda _url: 1 / 0, "url", {}) is None
    assert sync(lambda _url: None, "url", {}) == NONE_FOR_404


AWAIT = "await the call that made it (response = await client.get(url), or async with)"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (AttributeError("'coroutine' object has no attribute 'raise_for_status'"), AWAIT),
        (AttributeError("'_RequestContextManager' object has no attribute 'read'"), AWAIT),
        (TypeError("'coroutine' object is not subscriptable"), AWAIT),
        (TypeError("'coroutine' object does not support the context manager protocol"), AWAIT),
        (AttributeError("'Response' object has no attribute 'contents'"), None),
        (OSError("'coroutine' object has no attribute 'read'"), None),
    ],
)
def test_an_error_that_says_little_is_explained(error: Exception, expected: str | None) -> None:
    assert advice_on_error(error) == expected


@pytest.mark.parametrize("yielded", [None, Response()])
def test_what_a_client_yields_must_be_a_function(yielded: Any) -> None:
    assert sync(yielded, "url", {}) == NOTHING_TO_CALL
    assert asyncio.run(asynchronous(yielded, "url", {})) == (NOTHING_TO_CALL, True)


RUN: dict[str, Callable[..., Any]] = {"asyncio": lambda main: asyncio.run(main()), "trio": trio.run}
SLEEP: dict[str, Callable[..., Any]] = {"asyncio": asyncio.sleep, "trio": trio.sleep}


@pytest.mark.parametrize("loop", RUN)
def test_an_async_fetch_must_raise_and_give_way_on_any_loop(loop: str) -> None:
    async def swallows(_url: str) -> bytes:
        await SLEEP[loop](0)
        await SLEEP[loop](0.001)
        return b"not found"

    async def raises(_url: str) -> bytes:
        await SLEEP[loop](0.001)
        raise OSError

    async def blocks(_url: str) -> bytes:
        raise OSError

    async def yields(_url: str) -> Any:
        yield b"body"

    async def found() -> list[tuple[str | None, bool]]:
        every: list[Any] = [swallows, raises, blocks, lambda _url: b"", sync, yields]
        return [await asynchronous(call, "url", {}) for call in every]

    assert RUN[loop](found) == [
        (SWALLOWED, True),
        (None, True),
        (None, False),
        (NOT_ASYNC, True),
        (NOT_ASYNC, True),
        (YIELDS, True),
    ]


def test_an_error_that_the_loop_throws_in_reaches_the_fetch() -> None:
    async def cancelled() -> tuple[list[str], bool]:
        seen = []

        async def fetch(_url: str) -> bytes:
            try:
                await asyncio.sleep(9)
            except asyncio.CancelledError:
                seen.append("cancelled")
                raise
            return b""

        task = asyncio.ensure_future(asynchronous(fetch, "url", {}))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return seen, task.cancelled()

    assert asyncio.run(cancelled()) == (["cancelled"], True)


FORGETFUL = '''\
"""An async client that forgets something."""
import asyncio, urllib.request
from contextlib import asynccontextmanager
LOOPS = ("asyncio",)

@asynccontextmanager
async def open_client(*, concurrency, timeout_s, ca_file):
    async def fetch(url):
        {before}
        return urllib.request.urlopen(url, timeout=timeout_s).read(){after}
    yield fetch
'''


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("", "", f"{BLOCKS}; its images came one at a time where 32 were asked"),
        ("await asyncio.sleep(0)", "", "fetches overlapped, but their requests came one at a time where 32"),
        (
            "if 'absent' in url: 1/0",
            ".decode('latin-1')",
            "fetch returned str, not bytes: return the bytes as",
        ),
    ],
)
def test_an_async_client_that_forgets_something(
    server: Server, tmp_path: Path, before: str, after: str, expected: str
) -> None:
    (tmp_path / "mine.py").write_text(FORGETFUL.format(before=before, after=after))
    catalog = only(open_catalog(sys.executable, clients=[tmp_path / "mine.py"]), "gather/mine/asyncio")
    [trial] = trials_of(catalog, server, replace(TINY, name="forgetful"))
    assert (trial.reason or "").startswith(expected)


CARELESS = '''\
"""requests, without a look at the status."""
from contextlib import contextmanager
import requests

@contextmanager
def open_client(*, concurrency, timeout_s, ca_file):
    with requests.Session() as session:
        yield lambda url: session.get(url, timeout=timeout_s).content
'''


def test_a_client_that_takes_a_404_for_an_image_is_told_and_keeps_its_rank(
    server: Server, tmp_path: Path
) -> None:
    """All that it fetched was held against the manifest: what it forgot has made it no quicker."""
    (tmp_path / "careless.py").write_text(CARELESS)
    catalog = only(open_catalog(sys.executable, clients=[tmp_path / "careless.py"]), "thread_pool/careless")
    [trial] = trials_of(catalog, server, TINY.but(name="careless"))
    assert (trial.reason, trial.advice) == (None, SWALLOWED)
    [note] = [
        note
        for note in cell_notes([trial], [TINY.but(name="careless")], [])[trial.cell]
        if note.code == "advice"
    ]
    assert not note.invalidates
    assert f"{note.text}: {note.advice}" == SWALLOWED


SYNC = '''\
"""requests, with a mistake."""
from contextlib import contextmanager
import requests

@contextmanager
def open_client(*, concurrency, timeout_s, ca_file):
    with requests.Session() as session:
        def fetch(url):
            response = session.get(url, timeout=timeout_s)
            response.raise_for_status()
            return MISTAKE
        yield fetch
'''
ASYNC = '''\
"""aiohttp, with a mistake."""
from contextlib import asynccontextmanager
import aiohttp
LOOPS = ("asyncio",)

@asynccontextmanager
async def open_client(*, concurrency, timeout_s, ca_file):
    async with aiohttp.ClientSession(raise_for_status=True) as session:
        async def fetch(url):
            MISTAKE
        yield fetch
'''
MISTAKES = {
    "thread_pool/forgets_to_read": (
        SYNC.replace("MISTAKE", "response"),
        "fetch returned Response, not bytes: return the body (response.content, await response.read())",
    ),
    "thread_pool/reads_nothing": (
        SYNC.replace("MISTAKE", "response.content[:0]"),
        "33 of 33 bodies are empty (first: ",
    ),
    "gather/forgets_to_await_the_body/asyncio": (
        ASYNC.replace("MISTAKE", "async with session.get(url) as response: return response.read()"),
        "fetch returned coroutine, not bytes: await it, or open an async client with @asynccontextmanager",
    ),
    "gather/forgets_to_await_the_call/asyncio": (
        ASYNC.replace("MISTAKE", "return await session.get(url).read()"),
        f"AttributeError: '_BaseRequestContextManager' object has no attribute 'read': {AWAIT}",
    ),
}


def test_each_mistake_gets_the_line_that_a_friend_would_say(server: Server, tmp_path: Path) -> None:
    paths = []
    for variant, (text, _) in MISTAKES.items():
        paths.append(tmp_path / f"{variant.split('/')[1]}.py")
        paths[-1].write_text(text)
    catalog = only(open_catalog(sys.executable, clients=paths), *MISTAKES)
    said = {
        trial.cell.variant: trial.reason or ""
        for trial in trials_of(catalog, server, TINY.but(name="mistakes"))
    }
    assert {
        variant: said[variant].startswith(expected) for variant, (_, expected) in MISTAKES.items()
    } == dict.fromkeys(MISTAKES, True), said
