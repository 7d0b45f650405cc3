"""Standard streams that are closed, full or narrow: a command ends with its own code, and without a traceback."""

import io
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from harness.measure.processes.launch import ROOT
from harness.streams import Unfailing
from tests.commands.conftest import command

Run = Callable[..., "subprocess.CompletedProcess[Any]"]
LESSON = ("lessons", "sleep_zero")  # the quickest that says something and ends well


def redirected(how: str, words: Sequence[str]) -> list[str]:
    """The command under a redirection of the shell, such as ``>&-``."""
    return ["/bin/sh", "-c", f'exec "$@" {how}', "sh", *words]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def started(words: Sequence[str], **options: Any) -> "subprocess.CompletedProcess[Any]":
        environment = os.environ | {"TMPDIR": str(tmp_path)} | options.pop("env", {})
        return subprocess.run(words, cwd=ROOT, env=environment, text=True, timeout=60, check=False, **options)

    return started


@pytest.fixture
def refused(tmp_path: Path) -> Sequence[str]:
    """A gate that ends with 2 and prints where its verdict is."""
    return command("gate", "--base", "", "--head", "here", "--results", tmp_path)


def test_a_gate_without_standard_output_ends_with_its_own_code(
    run: Run, tmp_path: Path, refused: Sequence[str]
) -> None:
    done = run(redirected(">&-", refused), capture_output=True)
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert line.startswith("fetchbench: base: a side is empty")
    assert len(list(tmp_path.glob("gates/*/verdict.json"))) == 1


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_changes_nothing(run: Run, closed: str) -> None:
    done = run(redirected(closed, command(*LESSON)), capture_output=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_reader_that_has_read_enough_changes_nothing(run: Run, refused: Sequence[str]) -> None:
    for words, code in ((refused, 2), (command(*LESSON), 0)):
        read, write = os.pipe()
        os.close(read)
        done = run(words, stdout=write, stderr=subprocess.PIPE)
        os.close(write)
        assert done.returncode == code
        assert "roken" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
def test_output_that_is_lost_is_said(run: Run) -> None:
    done = run(redirected(">/dev/full", command(*LESSON)), capture_output=True)
    assert done.returncode == 1
    assert done.stderr == "fetchbench: cannot write to standard output: No space left on device\n"


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_terminal_that_lacks_a_sign_gets_another(run: Run, unbuffered: str) -> None:
    environment = {"PYTHONIOENCODING": "ascii", "PYTHONUNBUFFERED": unbuffered}
    done = run(command("list", "--suite-file", "größe"), env=environment, capture_output=True)
    assert done.returncode == 2
    assert "cannot read gr??e" in done.stderr


def test_a_pipe_that_does_not_wait_loses_nothing() -> None:
    read, write = os.pipe()
    os.set_blocking(write, False)
    said = bytes(range(256)) * 2_000  # more than a pipe holds
    with ThreadPoolExecutor(1) as reader, io.FileIO(read) as source:
        found = reader.submit(source.readall)
        with io.BufferedWriter(Unfailing(io.FileIO(write, "w", closefd=False))) as stream:
            stream.write(said)
        os.close(write)
        assert found.result() == said


def test_a_file_that_is_opened_is_never_taken_for_a_closed_stream(run: Run) -> None:
    code = "import sys; from harness import streams; streams.secure(); print(open('noxfile.py').fileno(), file=sys.stderr)"
    done = run(redirected("<&- >&-", [sys.executable, "-c", code]), capture_output=True)
    assert int(done.stderr) > 2
