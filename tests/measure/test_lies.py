"""Contenders that lie about what they use or meddle with others: each is found by a general rule, and fails alone."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import psutil
import pytest

from harness.measure.planning.catalog import open_catalog
from harness.measure.processes.usage import IS_LINUX
from harness.measure.server import Server, running_server
from harness.measured import Trial
from harness.model import HarnessError, TrialRules
from harness.workload import Workload
from tests.measure.conftest import job_of, measured

pytestmark = pytest.mark.skipif(not IS_LINUX, reason="this system does not tell")

ASKED = Workload.of(
    name="lies-memory", images=32, image_bytes=4096, latency_s=0.005, concurrency=32, sink="memory", seed=5
)
CLIENT = '''\
"""A client for a test."""
import os, signal, sys, threading, time, urllib.request
from contextlib import contextmanager

OPENED = []

def others():
    """All workers but this one."""
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid():
            try:
                line = open(f"/proc/{{name}}/cmdline").read()
                parent = int(open(f"/proc/{{name}}/stat").read().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if "harness.measure.worker" in line and parent == os.getppid():
                yield int(name)

def burn(seconds):
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass

def once():
    {once}

{at_import}

@contextmanager
def open_client(*, concurrency, timeout_s, ca_file):
    OPENED.append(1)
    if len(OPENED) == {when}:  # the first time is the rehearsal
        once()
    yield lambda url: urllib.request.urlopen(url, timeout=timeout_s).read()
'''
MODEL = '''\
"""A model for a test."""
from concurrent.futures import ThreadPoolExecutor
FETCH = "sync"
LOOPS = ()

def download(fetch, urls, concurrency):
    with ThreadPoolExecutor(concurrency) as pool:
        list(pool.map(fetch, urls))
'''


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree with one model and one honest client."""
    for folder, name, text in (
        ("clients", "honest", CLIENT.format(once="pass", at_import="", when=0)),
        ("concurrency", "pool", MODEL),
    ):
        (tmp_path / "tree" / folder).mkdir(parents=True)
        (tmp_path / "tree" / folder / f"{name}.py").write_text(text)
    return tmp_path / "tree"


@pytest.fixture
def own_server() -> Iterator[Server]:
    """One that a test may lose."""
    with running_server(cpus=()) as server:
        yield server


def trials_of(
    server: Server,
    tree: Path,
    *,
    once: str = "pass",
    at_import: str = "",
    timeout_s: float = 30.0,
    when: int = 2,
    is_first: bool = True,
    tell: Callable[[object], None] | None = None,
) -> tuple[Trial, ...]:
    """One trial of the honest client and one of a client that does this, in one block, the liar first."""
    liar = tree.parent / "liar.py"
    liar.write_text(CLIENT.format(once=once, at_import=at_import, when=when))
    catalog = open_catalog(sys.executable, clients=[liar], root=tree)
    rules = TrialRules(warmups=0, trial_s=9.0, max_passes=2, timeout_s=timeout_s)
    order = ["pool/liar", "pool/honest"] if is_first else ["pool/honest", "pool/liar"]
    return measured(server, job_of(catalog, ASKED, rules, order), tell)


def by_client(trials: Iterable[Trial]) -> dict[str, Trial]:
    return {trial.cell.variant.removeprefix("pool/"): trial for trial in trials}


@pytest.mark.parametrize(
    ("when", "lie", "reason"),
    [
        (1, "[os.kill(pid, signal.SIGTERM) for pid in others()]", "while it ran, a waiting worker was killed"),
        (2, "[os.kill(pid, signal.SIGSTOP) for pid in others()]", "while it ran, a waiting worker was stopped"),
        (2, "[os.setpriority(0, pid, 19) for pid in others()]", "while it ran, a waiting worker was given another"),
        (2, "threading.Thread(target=burn, args=(99,), daemon=True).start()", "s of CPU in the"),
        (1, "os.fork() == 0 and (os.setsid(), os.fork() == 0 and burn(99), os._exit(0))", "s of CPU in the"),
    ],
)  # fmt: skip
def test_who_meddles_with_those_that_wait_fails_and_they_do_not(
    server: Server, tree: Path, when: int, lie: str, reason: str
) -> None:
    found = by_client(trials_of(server, tree, once=lie, when=when))
    assert reason in (found["liar"].reason or "")
    assert found["honest"].reason is None
    assert len(found["honest"].timed) == 2


def test_a_chain_of_orphans_is_of_the_family_that_began_it(server: Server, tree: Path) -> None:
    chain = (
        "def chain():\n    until = time.monotonic() + 9\n    while time.monotonic() < until:\n"
        "        if os.fork(): os._exit(0)\n        burn(0.003)\n    os._exit(0)"
    )
    found = by_client(trials_of(server, tree, once="os.fork() or chain()", at_import=chain))
    assert "s of CPU in the" in (found["liar"].reason or "")
    assert found["honest"].reason is None


STRAY = """
URLS, TRUE = [], urllib.request.urlopen
def urlopen(url, timeout):
    URLS.append(url)
    return TRUE(url, timeout=timeout)
urllib.request.urlopen = urlopen
def ask():
    while True:
        time.sleep(0.01)
        TRUE(URLS[-1])
"""


def test_who_asks_on_while_others_run_spoils_no_count_of_theirs(server: Server, tree: Path) -> None:
    once = "threading.Thread(target=ask, daemon=True).start()"
    found = by_client(trials_of(server, tree, once=once, at_import=STRAY))
    assert found["liar"].reason is not None
    assert found["honest"].reason is None
    assert len(found["honest"].timed) == 2


def test_who_meddles_at_its_import_is_found_when_they_start_one_by_one(server: Server, tree: Path) -> None:
    lie = "[os.kill(pid, 9) for pid in others()]"
    found = by_client(trials_of(server, tree, at_import=lie, is_first=False))
    assert found["liar"].reason == "while it ran, a waiting worker was killed"
    assert found["honest"].reason is None


def test_who_is_ended_by_a_signal_is_measured_again_alone_and_then_it_is_its_own_doing(
    server: Server, tree: Path
) -> None:
    found = by_client(trials_of(server, tree, once="os.kill(os.getpid(), 9)"))
    assert found["liar"].reason == "the worker was killed by SIGKILL"
    assert found["honest"].reason is None


def test_who_ends_itself_while_it_waits_blames_nobody(server: Server, tree: Path) -> None:
    late = "threading.Timer(0.02, os._exit, [3]).start()"
    found = by_client(trials_of(server, tree, once=late))
    assert found["liar"].reason == "the worker ended with exit code 3"
    assert found["honest"].reason is None


def test_cpu_seconds_are_those_of_the_children_too(server: Server, tree: Path) -> None:
    child = "pid = os.fork(); pid or (burn(0.2), os._exit(0)); os.waitpid(pid, 0); time.process_time = lambda: 0.0"
    found = by_client(trials_of(server, tree, once=child))
    assert found["liar"].reason is None
    first, second = found["liar"].timed
    assert first.client_cpu_s - second.client_cpu_s > 0.1


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one CPU cannot be widened")
@pytest.mark.parametrize(
    "lie",
    [
        "os.sched_setaffinity(0, range(os.cpu_count()))",
        "os.fork() or (os.sched_setaffinity(0, range(os.cpu_count())), time.sleep(95))",
    ],
)
def test_who_takes_more_cpus_than_given_fails(server: Server, tree: Path, lie: str) -> None:
    found = by_client(trials_of(server, tree, once=lie))
    assert "may use the CPUs 0, 1" in (found["liar"].reason or "")
    assert found["honest"].reason is None
    assert found["honest"].cpus == (0,)


@pytest.mark.parametrize("number", ["SIGKILL", "SIGSTOP"])
def test_who_hits_the_server_fails_and_the_run_ends(own_server: Server, tree: Path, number: str) -> None:
    lie = f"os.kill({own_server.pid}, signal.{number})"
    told: list[object] = []
    with pytest.raises(HarnessError, match=r"^the image server stopped answering"):
        trials_of(own_server, tree, once=lie, timeout_s=3.0, tell=told.append)
    [trial] = [record for record in told if isinstance(record, Trial)]
    assert (trial.reason or "").startswith("while it ran, the image server was ")


def test_a_daemon_ends_with_its_trial(server: Server, tree: Path) -> None:
    mark = f"94.{os.getpid()}"
    lie = f"os.fork() or (os.setsid(), os.fork() or os.execv('/bin/sleep', ['sleep', '{mark}']), os._exit(0))"
    left: list[int] = []

    def look(record: object) -> None:
        if isinstance(record, Trial):
            left.append(
                sum(mark in (process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"]))
            )

    trials = trials_of(server, tree, once=lie, tell=look)
    assert [trial.reason for trial in trials] == [None, None]
    assert left == [0, 0]


def test_memory_is_read_from_outside(server: Server, tree: Path) -> None:
    found = by_client(trials_of(server, tree, once="bytearray(200_000_000)", when=1))
    assert found["liar"].peak_rss_bytes - found["honest"].peak_rss_bytes > 150_000_000
