"""Contenders that lie about time, or reach the server outside of the pass: each is found by a general rule."""

import sys
from pathlib import Path

import pytest

from harness.measure.planning.catalog import open_catalog
from harness.measure.server import Server
from harness.measured import Trial
from harness.model import TrialRules
from harness.workload import Workload
from tests.measure.conftest import job_of, measured

ASKED = Workload.of(
    name="times-memory", images=40, image_bytes=4096, latency_s=0.03, concurrency=32, sink="memory", seed=5
)

HONEST_CLIENT = """
@contextmanager
def open_client(*, concurrency, timeout_s, ca_file):
    with urllib3.PoolManager(maxsize=concurrency) as pool:
        yield lambda url: pool.request("GET", url).data
"""
HONEST_MODEL = """
def download(fetch, urls, concurrency):
    with ThreadPoolExecutor(concurrency) as pool:
        list(pool.map(fetch, urls))
"""
BOTH = '''\
"""A client and a model for a test."""
import gc, queue, resource, socket, sys, threading, time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import urlsplit
import urllib3
FETCH = "sync"
LOOPS = ()

def worker(name):
    return sys.modules[f"harness.measure.worker.{name}"]
'''

# The last request has left, and the rest is waited for where nobody looks at the clock.
ENDS_EARLY = """
def download(fetch, urls, concurrency):
    pool = ThreadPoolExecutor(concurrency)
    calls = [pool.submit(fetch, url) for url in urls]
    calls[len(urls) - concurrency - 1].result()
    time.sleep(0.01)
    usage = resource.getrusage
    def wait(who):
        resource.getrusage = usage
        pool.shutdown()
        return usage(who)
    resource.getrusage = wait
"""
SLOW_CLOCK = """
def slow(true=time.perf_counter, zero=time.perf_counter()):
    return zero + (true() - zero) * 0.6
worker("trial").perf_counter = worker("recorder").perf_counter = slow
"""
STOPPED_CLOCK = SLOW_CLOCK.replace("0.6", "1e-6")
SLOW_FROM_NOW_ON = """
def slow(true=time.perf_counter, zero=[]):
    if not zero or true() - zero[0] > 0.5:
        zero[:] = [true()]
    return zero[0] + (true() - zero[0]) * 0.6
worker("trial").perf_counter = worker("recorder").perf_counter = slow
"""
EARLIER_CLOCK = """
worker("trial").perf_counter = worker("recorder").perf_counter = lambda true=time.perf_counter: true() - 60
"""
HALF_THE_WALL = """
def tell(self, true=worker("trial").Trial.tell, **arguments):
    answer = true(self, **arguments)
    return answer | {"wall_s": answer["wall_s"] / 2}
worker("trial").Trial.tell = tell
"""
A_LATER_START = HALF_THE_WALL.replace(
    'answer["wall_s"] / 2', 'answer["wall_s"] - 0.03, "began_at": answer["began_at"] + 0.03'
)
NO_START = HALF_THE_WALL.replace('"wall_s": answer["wall_s"] / 2', '"began_at": None')
SHORT_LATENCIES = """
def download(fetch, urls, concurrency, true=download):
    true(fetch, urls, concurrency)
    cells = dict(zip(fetch.__code__.co_freevars, fetch.__closure__))
    started = cells["started"].cell_contents
    ended = cells["keep"].cell_contents.__self__._ended
    started[:-1] = [end - 0.001 for end in ended[:-1]]
"""
KEPT = """
POOL = urllib3.PoolManager(maxsize=32)
@contextmanager
def open_client(*, concurrency, timeout_s, ca_file):
    yield lambda url: POOL.request("GET", url).data
"""
# Once the address is known, each collection of garbage, which comes before a pass, opens what the pass will use.
OPENED_BEFORE = """
ADDRESS, READY = [], queue.SimpleQueue()
def prepare(phase, _):
    if phase == "stop" and ADDRESS and READY.empty():
        for _ in range(32):
            READY.put(socket.create_connection(ADDRESS[0]))
gc.callbacks.append(prepare)
@contextmanager
def open_client(*, concurrency, timeout_s, ca_file):
    def fetch(url):
        parts = urlsplit(url)
        ADDRESS[:] = [(parts.hostname, parts.port)]
        try:
            wire = READY.get_nowait()
        except queue.Empty:
            wire = socket.create_connection(ADDRESS[0])
        wire.sendall(f"GET {parts.path} HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n".encode())
        answer = b""
        while len(answer.partition(b"\\r\\n\\r\\n")[2]) < 4096:
            answer += wire.recv(65536)
        READY.put(wire)
        return answer.partition(b"\\r\\n\\r\\n")[2]
    yield fetch
    while not READY.empty():
        READY.get().close()
"""
ASKED_TWICE = """
@contextmanager
def open_client(*, concurrency, timeout_s, ca_file):
    with urllib3.PoolManager(maxsize=concurrency) as pool:
        yield lambda url: (pool.request("HEAD", url), pool.request("GET", url))[1].data
"""

# What came in the first pass is told of each later one, in which the answers are not even read.
REPLAYED = """
BODIES = {}
@contextmanager
def open_client(*, concurrency, timeout_s, ca_file):
    def fetch(url):
        parts = urlsplit(url)
        with socket.create_connection((parts.hostname, parts.port)) as wire:
            wire.sendall(f"GET {parts.path} HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n".encode())
            answer = wire.recv(1)
            while url not in BODIES and len(answer.partition(b"\\r\\n\\r\\n")[2]) < 4096:
                answer += wire.recv(65536)
        return BODIES.setdefault(url, answer.partition(b"\\r\\n\\r\\n")[2])
    yield fetch
"""

# No body is read, and the worker's own look at them is made to say what is wanted.
FORGED = """
class Right(str):
    __eq__ = lambda *_: True
    __hash__ = str.__hash__
    hexdigest = str.__str__
worker("recorder").sha256 = lambda body: Right(body, "ascii")
worker("recorder").Recorder.complaint = lambda *_: None
@contextmanager
def open_client(*, concurrency, timeout_s, ca_file):
    def fetch(url):
        parts = urlsplit(url)
        with socket.create_connection((parts.hostname, parts.port)) as wire:
            wire.sendall(f"GET {parts.path} HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n".encode())
            return wire.recv(1)
    yield fetch
"""

# They lie about time alone: each refuses what is not there, as the rehearsal wants it.
CHECKED = """
@contextmanager
def open_client(*, concurrency, timeout_s, ca_file, true=open_client):
    with true(concurrency=concurrency, timeout_s=timeout_s, ca_file=ca_file) as fetch:
        def checked(url):
            if url.endswith(".absent"):
                raise LookupError(url)
            return fetch(url)
        yield checked
"""


@pytest.mark.parametrize(
    ("lie", "reason"),
    [
        ("", None),
        (ENDS_EARLY, "after the pass had ended: it ended before its downloads"),
        (SLOW_CLOCK, "its clock is wrong"),
        (STOPPED_CLOCK, "its clock is wrong"),
        (SLOW_FROM_NOW_ON, "after the pass had ended: it ended before its downloads"),
        (EARLIER_CLOCK, "its clock is wrong"),
        (HALF_THE_WALL, "after the pass had ended: it ended before its downloads"),
        (A_LATER_START, "before the pass began"),
        (NO_START, "the worker does not tell when the pass began"),
        (SHORT_LATENCIES, "and the server alone took"),
        (KEPT, "s before the pass began: open the client's connections in open_client"),
        (OPENED_BEFORE, "s before the pass began: open the client's connections in open_client"),
        (FORGED, "40 of 40 bodies differ from the manifest"),
        (REPLAYED, "40 of 40 bodies differ from the manifest"),
        (ASKED_TWICE, "the server saw 80 requests for 40 images"),
    ],
)  # fmt: skip
def test_a_lie_about_time_is_found_from_outside(
    server: Server, tmp_path: Path, lie: str, reason: str | None
) -> None:
    trial = trial_of(server, tmp_path, lie)
    if reason is None:
        assert trial.reason is None
        assert len(trial.timed) == 2
    else:
        assert reason in (trial.reason or "")


def trial_of(server: Server, folder: Path, lie: str) -> Trial:
    """One trial of a client and a model of which one does this; each is one file, with a copy of the other in it."""
    paths = [folder / "client.py", folder / "model.py"]
    for path in paths:
        path.write_text(BOTH + HONEST_CLIENT + HONEST_MODEL + lie + CHECKED)
    for name in ("clients", "concurrency"):
        (folder / "tree" / name).mkdir(parents=True)
    catalog = open_catalog(sys.executable, clients=paths[:1], models=paths[1:], root=folder / "tree")
    rules = TrialRules(warmups=1, trial_s=9.0, max_passes=2, timeout_s=30.0)
    [trial] = measured(server, job_of(catalog, ASKED, rules))
    return trial
