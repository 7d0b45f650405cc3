"""The rules on processes: rows typed by hand, and real processes that break them, seen from outside."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from harness.measure.processes.guard import Wait, harm, haste, overreach, unrest
from harness.measure.processes.launch import Worker
from harness.measure.processes.usage import IS_LINUX, Family, Orphans, Standing, priority

linux = pytest.mark.skipif(not IS_LINUX, reason="this system does not tell")
PLAIN = Standing(is_stopped=False, terms=(0, 0, frozenset({0})))


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (PLAIN, PLAIN, None),
        (None, None, None),
        (PLAIN, None, "was killed"),
        (PLAIN, replace(PLAIN, is_stopped=True), "was stopped"),
        (
            PLAIN,
            replace(PLAIN, terms=(5, 0, frozenset({0}))),
            "was given another priority, other CPUs or other limits",
        ),
    ],
)
def test_harm(before: Standing | None, now: Standing | None, expected: str | None) -> None:
    assert harm(before, now) == expected


@pytest.mark.parametrize(
    ("cpu_s", "waited_s", "is_wrong"),
    [(0.0, 0.1, False), (0.009, 0.0, False), (0.013, 0.1, True), (0.029, 1.0, False), (0.1, 1.0, True)],
)
def test_unrest(cpu_s: float, waited_s: float, *, is_wrong: bool) -> None:
    assert (unrest(cpu_s, waited_s) is not None) is is_wrong


@pytest.mark.parametrize(
    ("cpu_s", "used", "asked", "expected"),
    [
        (0.9, {0}, (0,), None),
        (1.9, {0, 1}, (0, 1), None),
        (9.9, {0, 1, 2}, (), None),
        (0.1, set(), (0,), None),
        (0.1, {0, 1}, (1,), "may use the CPUs 0, 1 where 1 was given"),
        (1.1, {1}, (1,), "used 1.1 s of CPU in 1 s, more than the 1 CPU given has"),
    ],
)
def test_overreach(cpu_s: float, used: set[int], asked: tuple[int, ...], expected: str | None) -> None:
    found = overreach(cpu_s, 1.0, used, asked)
    assert found is expected is None or str(found).startswith(str(expected))


@pytest.mark.parametrize(
    ("now", "given", "is_wrong"),
    [(20, 20, False), (39, 20, False), (25, 30, True), (-2, 20, True), (None, 20, False), (20, None, False)],
)
def test_haste(now: int | None, given: int | None, *, is_wrong: bool) -> None:
    assert (haste(now, given) is not None) is is_wrong


@linux
def test_the_most_urgent_thread_of_a_family_counts() -> None:
    own = priority(os.getpid())
    assert own is not None
    code = "import os, threading\nthreading.Thread(target=input).start()\nos.setpriority(0, 0, 9)\nprint()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=-1, stdout=-1) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert priority(process.pid) == 29
        assert Family(process.pid).priority() == own


BURN = "import time\nuntil = time.process_time() + 0.2\nwhile time.process_time() < until: pass\n"
GRANDCHILD = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {BURN!r}])\nprint()\ninput()"


def test_cpu_of_a_descendant_that_has_ended_is_counted() -> None:
    with subprocess.Popen([sys.executable, "-c", GRANDCHILD], stdin=-1, stdout=-1, bufsize=0) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert 0.2 <= Family(process.pid).cpu_s() < 2


ESCAPE = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.close(1)
        until = time.process_time() + 0.2
        while time.process_time() < until: pass
        time.sleep(99)
    os._exit(0)
os.wait()
print(flush=True)
sys.stdin.read()
"""


@linux
def test_a_process_that_left_its_session_and_its_parent_is_found_counted_and_ended() -> None:
    with Orphans() as orphans:
        with subprocess.Popen([sys.executable, "-c", ESCAPE], stdin=-1, stdout=-1, bufsize=0) as process:
            orphans.know([process.pid])
            assert process.stdout is not None
            process.stdout.readline()
            family = Family(process.pid)
            family.adopt(orphans.found())
            [daemon] = set(family.members()) - {process.pid}
            assert os.getsid(daemon) not in {process.pid, os.getsid(0)}
            while family.cpu_s() < 0.2:
                time.sleep(0.01)
            family.kill()
        family.reap()
        assert not psutil.pid_exists(daemon)
        assert orphans.found() == set()


@linux
def test_an_orphan_that_nobody_counted_ends_with_the_block() -> None:
    with Orphans():
        done = subprocess.run(
            ["/bin/sh", "-c", "sleep 98 > /dev/null 2>&1 & echo $!"],
            capture_output=True,
            text=True,
            check=True,
        )
    assert not psutil.pid_exists(int(done.stdout))


@linux
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP, None])
def test_what_is_done_to_a_process_that_waits_is_seen(number: int | None) -> None:
    with subprocess.Popen(["/bin/sleep", "97"]) as process:
        wait = Wait(Family(process.pid))
        assert wait.harm() is wait.unrest() is None
        if number is None:
            os.setpriority(os.PRIO_PROCESS, process.pid, 7)
        else:
            os.kill(process.pid, number)
            os.waitid(os.P_PID, process.pid, os.WEXITED | os.WSTOPPED | os.WNOWAIT)
        expected: dict[int | None, str] = {signal.SIGKILL: "was killed", signal.SIGSTOP: "was stopped"}
        assert wait.harm() == expected.get(number, "was given another priority, other CPUs or other limits")
        process.kill()


@linux
def test_a_worker_and_its_children_end_with_a_harness_that_was_killed(tmp_path: Path) -> None:
    client = tmp_path / "client.py"
    client.write_text("import os, time\nif os.fork() == 0: time.sleep(96)\ntime.sleep(96)\n")
    code = (
        "import os, signal, sys, time\nfrom harness.measure.processes.launch import Worker\n"
        f"worker = Worker(sys.executable)\nworker.say('probe', within_s=90, axis='client', path={str(client)!r})\n"
        "while len(found := worker.family.members()) < 2: time.sleep(0.01)\n"
        "print(*found, flush=True)\nos.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL
    pids = list(map(int, done.stdout.split()))
    assert len(pids) == 2
    for _ in range(500):
        if not any(map(_runs, pids)):
            return
        time.sleep(0.01)
    pytest.fail("they outlived it")


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_worker_has_used_what_its_start_costs_and_then_nothing() -> None:
    with Worker(sys.executable) as worker:
        worker.ask("alive", within_s=30.0)
        before = worker.family.cpu_s()
        assert before > 0.001
        time.sleep(0.05)
        assert worker.family.cpu_s() - before < 0.01
