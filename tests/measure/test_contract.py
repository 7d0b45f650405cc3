"""The one contract test: every variant that can run here downloads a tiny workload from the live server, verified."""

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from harness.measure.catalog import Catalog, open_catalog
from harness.measure.server import Server
from harness.measured import Trial
from harness.model import HarnessError, TrialRules
from harness.workload import Workload
from tests.builders import seen
from tests.measure.conftest import job_of, measured

# 32 is the most that a default executor has on any machine, so that no variant is skipped.
TINY = Workload.of(
    name="tiny-memory", images=33, image_bytes=4096, latency_s=0.005, concurrency=32, sink="memory", seed=5
)
RULES = TrialRules(warmups=1, trial_s=0.001, max_passes=1, timeout_s=30.0)


def trials_of(
    catalog: Catalog,
    server: Server,
    workload: Workload = TINY,
    order: Sequence[str] = (),
    sink: Path | None = None,
) -> tuple[Trial, ...]:
    """One trial of every variant of the catalogue, in one round, in this order if one is given."""
    return measured(server, job_of(catalog, workload, RULES, order), sink=sink)


def only(catalog: Catalog, *ids: str) -> Catalog:
    """The catalogue with these variants alone."""
    found = tuple(one for one in catalog.variants if one.id in ids)
    assert len(found) == len(ids)
    return replace(catalog, variants=found)


def test_every_variant_found_keeps_the_contract(catalog: Catalog, server: Server) -> None:
    trials = trials_of(catalog, server)
    assert {one.cell.variant: one.reason for one in trials if one.reason} == {}
    assert {one.cell.variant: one.advice for one in trials if one.advice} == {}
    assert len(trials) == sum("1.1" in variant.http for variant in catalog.variants) >= 60
    for trial in trials:
        [warmup, timed] = trial.passes
        assert warmup.warmup
        assert not timed.warmup
        for one in trial.passes:
            assert len(one.latency_s) == len(one.start_s) == TINY.what.images
            assert seen(one).requests == TINY.what.images
            assert seen(one).bytes >= sum(TINY.what.sizes)
            assert 0 < min(one.latency_s) <= one.wall_s
        assert trial.peak_rss_bytes > 5_000_000
        assert trial.threads >= 1
        if trial.cell.variant.startswith(("to_thread/", "run_in_executor/")):
            # What the probe was told is what is in force in a pass, with the CPUs of a pass.
            model = catalog.contender("concurrency", trial.cell.variant.partition("/")[0])
            assert trial.executor_size == model.in_flight
    by_id = {one.cell.variant: seen(one.timed[0]) for one in trials}
    assert by_id["thread_pool/requests_get"].connections == TINY.what.images
    assert 1 <= by_id["thread_pool/requests_session"].connections <= TINY.arrival.concurrency
    assert by_id["sequential/requests_session"].peak_in_flight == 1
    assert 1 < by_id["gather/aiohttp_session/asyncio"].peak_in_flight <= TINY.arrival.concurrency


def test_every_client_copes_with_all_that_a_network_does(catalog: Catalog, server: Server) -> None:
    """HTTPS, several hosts, sizes and thinking times that differ, chunks, gzip and redirects, all in one."""
    workload = TINY.but(
        name="network-memory",
        tls=True,
        hosts=3,
        image_bytes=(1_024, 8_192, 65_536),
        latency_s=(0.0, 0.01),
        gzip_share=0.5,
        chunked_share=0.5,
        redirect_share=0.2,
        redirect_host_share=0.2,
    )
    speaking = [variant for variant in reversed(catalog.variants) if "1.1" in variant.http]
    one_of_each = {variant.client: variant.id for variant in speaking}
    few = only(catalog, *one_of_each.values())
    trials = trials_of(few, server, workload)
    assert {trial.cell.variant: trial.reason for trial in trials if trial.reason} == {}
    assert len(trials) == len(one_of_each) >= 6
    sent_on = 7 + 7  # a fifth of 33 images, each
    for trial in trials:
        for witness in map(seen, trial.passes):
            assert witness.statuses == {"200": 33, "302": sent_on}
            assert witness.different == witness.requests == 33 + sent_on
            assert witness.hosts is not None
            assert witness.tls is not None
            assert set(witness.hosts) == {"127.0.0.1", "127.0.0.2", "127.0.0.3"}
            assert sum(witness.hosts.values()) == witness.connections
            assert witness.tls == {"TLSv1.3": witness.connections}


def test_over_http_2_images_share_connections(catalog: Catalog, server: Server) -> None:
    workload = TINY.but(
        name="http2-memory",
        images=40,
        tls=True,
        http="2",
        hosts=2,
        image_bytes=(1_024, 65_536),
        latency_s=0.1,
        gzip_share=0.5,
        redirect_share=0.2,
        redirect_host_share=0.2,
    )
    speaking = {variant.client: variant for variant in catalog.variants if "2" in variant.http}
    assert speaking
    names = ["gather/{}/asyncio", "gather/{}/uvloop", "nursery/{}/trio"]
    few = only(catalog, *(name.format(client) for client in speaking for name in names))
    trials = trials_of(few, server, workload)
    assert {trial.cell.variant: trial.reason or trial.advice for trial in trials} == {
        variant.id: None for variant in few.variants
    }
    for witness in (seen(each) for trial in trials for each in trial.passes):
        assert (witness.http_version, witness.statuses) == ("2", {"200": 40, "302": 16})
        assert witness.hosts is not None
        assert set(witness.hosts) == {"127.0.0.1", "127.0.0.2"}
        assert (
            witness.connections <= 4
        )  # two would do; while the first is being opened a client may open another
        assert witness.tls == {"TLSv1.3": witness.connections}
        assert 16 < witness.peak_in_flight <= 32


ACCEPTING = """
import ssl
from contextlib import contextmanager
from urllib.request import urlopen

@contextmanager
def open_client(*, concurrency, timeout_s, ca_file):
    context = ssl.create_default_context(cafile=ca_file)
    context.check_hostname = False
    {more}
    yield lambda url: urlopen(url, context=context).read()
"""


def test_a_client_that_leaves_ca_file_out_is_told_so(small_tree: Path, server: Server) -> None:
    text = '"""A client."""' + ACCEPTING.format(more="").replace("cafile=ca_file", "")
    (small_tree / "clients" / "distrustful.py").write_text(text)
    catalog = only(open_catalog(sys.executable, root=small_tree), "thread_pool/distrustful")
    [trial] = trials_of(catalog, server, TINY.but(name="https-memory", tls=True))
    assert trial.reason == "fetch does not trust the server's certificate: hand ca_file on to the client"


@pytest.mark.parametrize(
    ("more", "accepted"),
    [
        ("context.verify_mode = ssl.CERT_NONE", "of an authority that it was not told to trust"),
        ("", "of another host"),
    ],
)
def test_a_client_that_accepts_what_it_must_refuse_fails_by_name(
    small_tree: Path, server: Server, more: str, accepted: str
) -> None:
    client = small_tree / "clients" / "trusting.py"
    client.write_text('"""A client."""' + ACCEPTING.format(more=more))
    catalog = only(open_catalog(sys.executable, root=small_tree), "thread_pool/trusting")
    [trial] = trials_of(catalog, server, TINY.but(name="https-memory", tls=True))
    assert trial.reason == (
        f"fetch accepts a certificate {accepted}: leave verification on, and trust ca_file"
    )


@pytest.mark.parametrize("sink", ["disk", "memory"])
def test_a_sink_is_left_empty(catalog: Catalog, server: Server, tmp_path: Path, sink: str) -> None:
    workload = TINY.but(name=f"tiny-{sink}", sink=sink)
    few = only(catalog, "thread_pool/requests_session", "gather/aiohttp_session/uvloop")
    trials = trials_of(few, server, workload, sink=tmp_path)
    assert [one.reason for one in trials] == [None, None]
    assert {one.sink_filesystem is None for one in trials} == {sink == "memory"}
    assert list(tmp_path.iterdir()) == []


def test_a_loop_of_ones_own_keeps_the_contract(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(
        '"""asyncio by hand."""\nimport asyncio\nLOOPS = ("asyncio",)\n'
        "def run(main):\n    with asyncio.Runner() as runner:\n        runner.run(main())\n"
    )
    names = ["gather/aiohttp_session/mine", "to_thread/requests_session/mine"]
    trials = trials_of(only(open_catalog(sys.executable, loops=[path]), *names), server, TINY, names)
    assert [one.reason for one in trials] == [None, None]


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
        one for one in psutil.process_iter(["cmdline"]) if f"97.{os.getpid()}" in (one.info["cmdline"] or [])
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


def test_a_contender_that_hangs_is_out_of_time(
    server: Server, tmp_path: Path, small_tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mine.py"
    path.write_text(MODEL.format(body="import time; time.sleep(60)"))
    monkeypatch.setattr(sys.modules[__name__], "RULES", replace(RULES, timeout_s=0.5))
    catalog = only(open_catalog(sys.executable, models=[path], root=small_tree), "mine/requests_session")
    [trial] = trials_of(catalog, server)
    assert trial.reason == "out of time: no answer within 0.5 s"
