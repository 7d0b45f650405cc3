"""Ctrl-C, SIGTERM and SIGHUP at any moment: a verdict or one line, and the exit code that belongs to it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.interrupts import SIGNALS, Interrupts
from harness.measure.processes.launch import ROOT
from tests.gate.conftest import SUITE

WHEN = """\
import importlib, os, runpy, sys
signal, moment, *arguments = sys.argv[1:]
def strike():
    os.kill(os.getpid(), int(signal))
class Importing:
    def find_spec(self, name, path=None, target=None):
        if name == moment:
            strike()
module, _, function = moment.partition(":")
if function:
    holder = importlib.import_module(module)
    whole = getattr(holder, function)
    setattr(holder, function, lambda *given, **named: (strike(), whole(*given, **named))[1])
else:
    sys.meta_path.insert(0, Importing())
sys.argv = ["harness", *arguments]
runpy.run_module("harness", run_name="__main__")
"""


def interrupted(
    folder: Path, number: int, moment: str, *arguments: str
) -> "subprocess.CompletedProcess[str]":
    """Run a command that gets the signal when it begins to import a module, or calls a function (``module:function``)."""
    return subprocess.run(
        [sys.executable, "-c", WHEN, str(int(number)), moment, *arguments],
        cwd=ROOT, env=os.environ | {"TMPDIR": str(folder)}, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


@pytest.fixture
def interrupts() -> Iterator[Interrupts]:
    """Interrupts that answer to this process's signals until the test is over."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    mine = Interrupts()
    mine.install()
    yield mine
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", sorted(SIGNALS))
def test_each_signal_is_a_keyboard_interrupt(interrupts: Interrupts, number: int) -> None:
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(number)
    with interrupts.held():
        pass  # it is over and comes no second time


def test_one_that_is_held_comes_when_the_block_is_over(interrupts: Interrupts) -> None:
    seen = []
    with pytest.raises(KeyboardInterrupt), interrupts.held():  # noqa: PT012 - the order is what is tested
        signal.raise_signal(signal.SIGTERM)
        with interrupts.held():
            seen.append("inner")
        seen.append("outer")
    assert seen == ["inner", "outer"]


def test_one_that_was_held_is_let_through_and_the_next_is_held_again(interrupts: Interrupts) -> None:
    seen = []
    with pytest.raises(KeyboardInterrupt), interrupts.held():  # noqa: PT012 - the same
        signal.raise_signal(signal.SIGHUP)
        with pytest.raises(KeyboardInterrupt), interrupts.let_through():
            seen.append("not reached")
        signal.raise_signal(signal.SIGHUP)
        seen.append("told")
    assert seen == ["told"]


def test_a_signal_that_is_ignored_stays_so_as_nohup_wishes(interrupts: Interrupts) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    interrupts.install()
    signal.raise_signal(signal.SIGHUP)
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


@pytest.mark.parametrize("number", sorted(SIGNALS))
def test_while_a_command_loads_it_is_one_line(tmp_path: Path, number: int) -> None:
    done = interrupted(tmp_path, number, "harness.commands.listing", "list")
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "fetchbench: interrupted\n")


def test_a_gate_that_is_telling_goes_on_to_its_end(tmp_path: Path) -> None:
    done = interrupted(
        tmp_path, signal.SIGHUP, "harness.report.gate.data:verdict_json",
        "gate", "--base", "", "--head", "here", "--results", str(tmp_path),
    )  # fmt: skip
    [path] = tmp_path.glob("gates/*/verdict.json")
    assert done.returncode == json.loads(path.read_text())["exit_code"] == 2
    assert {file.name for file in path.parent.iterdir()} == {
        "verdict.json",
        "gate.html",
        "gate.md",
        "junit.xml",
        "effects.csv",
    }
    assert "Traceback" not in done.stderr


@pytest.mark.long
def test_a_gate_that_is_between_two_stages_tells_what_it_has(tmp_path: Path) -> None:
    suite = tmp_path / "suite.toml"
    suite.write_text(SUITE)
    done = interrupted(
        tmp_path, signal.SIGTERM, "harness.stats.gate:under_suspicion",
        "gate", "--base", "here", "--head", "here", "--suite-file", str(suite), "--results", str(tmp_path),
    )  # fmt: skip
    [path] = tmp_path.glob("gates/*/verdict.json")
    verdict = json.loads(path.read_text())
    assert done.returncode == verdict["exit_code"] == 130
    assert (verdict["verdict"], verdict["runs"]) == ("interrupted", ["screen"])
    assert "interrupted; what was measured is kept" in done.stderr
    assert "Traceback" not in done.stderr
