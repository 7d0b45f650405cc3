"""Contenders that break the contract: what they do is named, and spoils nothing of the others."""

import os
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from harness.measure.planning.catalog import open_catalog
from harness.measure.server import Server
from harness.model import HarnessError
from tests.measure.contract import RULES, TINY, only, trials_of

SYNC = '''\
"""A client for a test."""
import os, stat, urllib.request
from contextlib import contextmanager

CACHE = {{}}

def pipes():
    return [fd for fd in range(3, 9) if exists(fd) and stat.S_ISFIFO(os.fstat(fd).st_mode)]

def exists(fd):
    return os.path.exists(f"/proc/self/fd/{{fd}}")

def cached(url):
    body = urllib.request.urlopen(next(iter(CACHE)) if url in CACHE else url).read()
    return CACHE.setdefault(url, body)

@contextmanager
def open_client(*, concurrency, timeout_s, ca_file):
    def fetch(url):
        {body}
    yield fetch
'''
MODEL = '''\
"""A model for a test."""
FETCH = "sync"
LOOPS = ()

def download(fetch, urls, concurrency):
    {body}
'''
POOL = "from concurrent.futures import ThreadPoolExecutor as P; list(P(concurrency).map(fetch, urls))"
READ = "urllib.request.urlopen(url, timeout=timeout_s).read()"


@pytest.mark.parametrize(
    ("axis", "source", "reason"),
    [
        ("client", SYNC.format(body=f"return {READ}"), None),
        ("client", SYNC.format(body=f"return {READ}[:3000]"), "33 of 33 bodies differ from the manifest (first: img_"),
        ("client", SYNC.format(body=f"{READ}; return b'x' * 4096"), "33 of 33 bodies differ from the manifest"),
        ("client", SYNC.format(body="return None"), "fetch returned None, not bytes: return the body (response.content)"),
        ("client", SYNC.format(body="raise OSError('no luck')"), "OSError: no luck"),
        ("client", SYNC.format(body="import sys; sys.exit(3)"), "SystemExit: 3"),
        ("client", SYNC.format(body=f"print('{{}}'); return {READ}"), None),
        ("client", SYNC.format(body="os._exit(7)"), "the worker ended with exit code 7"),
        ("client", SYNC.format(body="os.kill(os.getpid(), 9)"), "the worker was killed by SIGKILL"),
        ("client", SYNC.format(body="os.kill(os.getpid(), 40)"), "the worker was killed by signal 40"),
        ("client", SYNC.format(body="import time; os.closerange(3, 200); time.sleep(99)"), "the worker closed its pipes"),
        ("client", SYNC.format(body="[os.write(fd, b'[1]\\n') for fd in pipes()]"), "cannot be read"),
        ("client", SYNC.format(body="[os.write(fd, b'{}\\n') for fd in pipes()]; return b''"), "cannot be read"),
        ("client", SYNC.format(body="raise RuntimeError('half \\ud800')"), "RuntimeError: half ?"),
        ("client", SYNC.format(body=f"return bytearray({READ})"), "fetch returned bytearray, not bytes: return bytes(body)"),
        ("client", SYNC.format(body="return cached(url)"), "33 of 33 bodies differ from the manifest"),
        ("client", SYNC.format(body=f"{READ}; return {READ}"), "the server saw 66 requests for 33 images"),
        ("concurrency", MODEL.format(body="[fetch(url) for url in urls]"), "the model called fetch one at a time where 32"),
        ("concurrency", MODEL.format(body=POOL) + "IN_FLIGHT = 1\n", "were in flight, and it says IN_FLIGHT = 1"),
        ("concurrency", MODEL.format(body="pass"), "33 of 33 images were never fetched"),
        ("concurrency", MODEL.format(body="fetch(urls[0])"), "32 of 33 images were never fetched"),
        ("concurrency", MODEL.format(body=f"fetch(urls[0]); {POOL}"), "fetch was called more than once for an image"),
    ],
)  # fmt: skip
def test_a_contender_outside_the_tree_is_measured_and_a_lie_is_named(
    server: Server, tmp_path: Path, small_tree: Path, axis: str, source: str, reason: str | None
) -> None:
    path = tmp_path / "mine.py"
    path.write_text(source)
    if axis == "client":
        catalog, id_ = open_catalog(sys.executable, clients=[path], root=small_tree), "thread_pool/mine"
    else:
        catalog, id_ = open_catalog(sys.executable, models=[path], root=small_tree), "mine/requests_session"
    [trial] = trials_of(only(catalog, id_), server)
    if reason is None:
        assert trial.reason is None
        assert trial.timed
    else:
        assert trial.reason is not None
        assert reason in trial.reason


def test_nothing_that_a_contender_started_outlives_it(
    server: Server, tmp_path: Path, small_tree: Path
) -> None:
    path = tmp_path / "mine.py"
    child = f"os.execvp('sleep', ['sleep', '97.{os.getpid()}']) if os.fork() == 0 else os._exit(3)"
    path.write_text(SYNC.format(body=child))
    catalog = only(open_catalog(sys.executable, clients=[path], root=small_tree), "thread_pool/mine")
    [trial] = trials_of(catalog, server)
    assert trial.reason == "the worker ended with exit code 3"
    assert not [
        process
        for process in psutil.process_iter(["cmdline"])
        if f"97.{os.getpid()}" in (process.info["cmdline"] or [])
    ]


def test_a_sink_that_cannot_be_written_ends_the_run_and_blames_no_contender(
    server: Server, tmp_path: Path, small_tree: Path
) -> None:
    path = tmp_path / "mine.py"
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (9, 9))"  # as a disk that is full
    path.write_text(SYNC.format(body=f"{limit}; return {READ}"))
    few = only(open_catalog(sys.executable, clients=[path], root=small_tree), "thread_pool/mine")
    asked = TINY.but(name="sunk-disk", sink="disk")
    with pytest.raises(
        HarnessError, match=r"^cannot save images: .*: File too large; what was measured is kept$"
    ):
        trials_of(few, server, asked)


def test_more_in_flight_than_asked_is_a_failure(server: Server, tmp_path: Path, small_tree: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        MODEL.format(
            body="from concurrent.futures import ThreadPoolExecutor as P; list(P(9).map(fetch, urls))"
        )
    )
    catalog = only(open_catalog(sys.executable, models=[path], root=small_tree), "mine/requests_session")
    asked = TINY.but(name="four", concurrency=4, latency_s=0.2)
    [trial] = trials_of(catalog, server, asked)
    assert trial.reason == "9 requests were in flight where 4 were allowed"


LEAVES_BEHIND = '''\
"""Fails at once, with all other requests under way."""
from contextlib import asynccontextmanager
import aiohttp
LOOPS = ("asyncio", "uvloop")

@asynccontextmanager
async def open_client(*, concurrency, timeout_s, ca_file):
    async with aiohttp.ClientSession() as session:
        async def fetch(url):
            async with session.get(url) as response:
                response.raise_for_status()
                if url.endswith("_000000.jpg"):
                    raise OSError("no luck")
                return await response.read()
        yield fetch
'''


def test_what_a_failed_trial_leaves_behind_is_not_counted_against_the_next(
    server: Server, tmp_path: Path
) -> None:
    path = tmp_path / "hasty.py"
    path.write_text(LEAVES_BEHIND)
    names = ["gather/hasty/asyncio", "thread_pool/requests_session"]
    catalog = only(open_catalog(sys.executable, clients=[path]), *names)
    asked = TINY.but(name="left-behind", latency_s=0.15)
    hasty, honest = trials_of(catalog, server, asked, names)
    assert hasty.reason == "OSError: no luck"
    assert honest.reason is None


def test_a_contender_that_hangs_is_out_of_time(server: Server, tmp_path: Path, small_tree: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(MODEL.format(body="import time; time.sleep(60)"))
    catalog = only(open_catalog(sys.executable, models=[path], root=small_tree), "mine/requests_session")
    [trial] = trials_of(catalog, server, rules=replace(RULES, timeout_s=0.5))
    assert trial.reason == "out of time: no answer within 0.5 s"
