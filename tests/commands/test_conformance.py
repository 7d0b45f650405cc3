"""``conformance`` as a user runs it: all files, the known truth of the clients, and Ctrl-C while a server stalls."""

import csv
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from harness.measure.processes.launch import ROOT
from tests.commands.conftest import command, in_process

FAULTS = ("reset_before_head", "expired_certificate")


@pytest.mark.usefixtures("probed_once")
def test_a_run_writes_every_file_and_tells_what_clients_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clients = ("aiohttp_session", "requests_session", "httpx_http2")
    code = in_process(
        "conformance", "--tables", "clients", "limits", "--clients", *clients, "--faults", *FAULTS,
        "--schemes", "https", "--limits", "descriptors_64", "--results", tmp_path, "--json",
    )  # fmt: skip
    said = capsys.readouterr()
    assert code == 0, said.err
    told = json.loads(said.out)
    folder = Path(told["folder"])
    assert {path.name for path in folder.iterdir()} == {
        "conformance.csv", "conformance.html", "conformance.md", "limits.csv",
    }  # fmt: skip
    with (folder / "conformance.csv").open() as file:
        found = {(row["client"], row["fault"]): row for row in csv.DictReader(file)}
    assert len(found) == len(told["conducts"]) == 6
    assert {key: (row["outcome"], row["surprises"]) for key, row in found.items()} == {
        ("aiohttp_session", "reset_before_head"): ("image", "retried by itself"),
        ("requests_session", "reset_before_head"): ("error", ""),
        ("httpx_http2", "reset_before_head"): ("unavailable", ""),
        ("aiohttp_session", "expired_certificate"): ("error", ""),
        ("requests_session", "expired_certificate"): ("error", ""),
        ("httpx_http2", "expired_certificate"): ("unavailable", ""),
    }
    assert found["requests_session", "expired_certificate"]["error"] == "requests.SSLError"
    with (folder / "limits.csv").open() as file:
        few = {row["client"]: row for row in csv.DictReader(file)}
    assert 0 < int(few["aiohttp_session"]["verified"]) < 300
    assert "Too many open files" in few["aiohttp_session"]["message"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--clients", "nobody"], "--clients: 'nobody' fits no client"),
        (["--side", "here", "--side", "here"], "--side: two sides are the same"),
        (["--faults", "sunday"], "invalid choice: 'sunday'"),
        (["--tables", "chairs"], "invalid choice: 'chairs'"),
    ],
)
def test_a_mistake_is_one_line(
    options: list[str], said: str, probed_once: None, capsys: pytest.CaptureFixture[str]
) -> None:
    del probed_once
    assert in_process("conformance", *options) == 2
    assert said in capsys.readouterr().err


def interrupted(folder: Path, *arguments: str | Path) -> tuple[int, str, set[psutil.Process]]:
    """Run a command and interrupt it when it has a server and a worker, and one of them waits for the other.

    Returns:
        Its exit code, what it said, and what it had started. That it has ended within five seconds is seen by the wait.
    """
    process = subprocess.Popen(
        command(*arguments), cwd=ROOT, env=os.environ | {"TMPDIR": str(folder)},
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    while len(started := psutil.Process(process.pid).children(recursive=True)) < 2:
        assert process.poll() is None
        time.sleep(0.05)
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=5)
    return process.returncode, said, set(started)


@pytest.mark.long
def test_ctrl_c_ends_a_look_at_a_stall_at_once(tmp_path: Path) -> None:
    code, said, started = interrupted(
        tmp_path, "conformance", "--clients", "httpx_http2", "requests_session", "--tables", "clients",
        "--faults", "stall_before_head", "--results", tmp_path / "results",
    )  # fmt: skip
    assert (code, "Traceback" in said) == (130, False)
    assert started
    assert not {process for process in started if process.is_running()}
    [table] = tmp_path.glob("results/conformance/*/conformance.csv")
    assert "httpx_http2" in table.read_text()  # what is known already is kept


@pytest.mark.long
def test_ctrl_c_ends_a_pass_that_stalls_at_once(tmp_path: Path) -> None:
    suite = tmp_path / "suite.toml"
    suite.write_text(
        '[workloads.stalled-memory]\nimages = 40\nimage_bytes = 4_096\nconcurrency = 32\nsink = "memory"\n'
        "stall_s = 60.0\n[workloads.stalled-memory.faults]\nstall_before_head = 0.5\n"
    )
    code, said, started = interrupted(
        tmp_path, "bench", "--suite-file", suite, "--variants", "thread_pool_catching/requests_session",
        "--rounds", "3", "--results", tmp_path / "results",
    )  # fmt: skip
    assert (code, "Traceback" in said) == (130, False)
    assert started
    assert not {process for process in started if process.is_running()}
