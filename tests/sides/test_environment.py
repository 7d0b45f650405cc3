"""One environment per content, never taken for whole before it is; uv itself is a stand-in."""

import errno
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from harness.measure.processes.launch import ROOT
from harness.model import HarnessError
from harness.sides import environment as module
from harness.sides import once
from harness.sides.environment import Recipe, environment, recipe
from harness.sides.interpreters import Interpreter

PYTHON = Interpreter(
    path="/opt/python", version="3.13.0", build="3.13.0 (main) [GCC]", platform="linux-x86_64"
)
BASE = ("aiohttp>=3.12", "httpx>=0.28", "urllib3>=2.4")
PINS = ("aiohttp==3.14.5", "httpcore==1.0.9", "httpx==0.28.1", "urllib3==2.6.0")


def made(asked: Sequence[str], *, python: Interpreter = PYTHON, today: str = "2026-11-23") -> Recipe:
    return recipe(python, base=BASE, constraints=PINS, asked=asked, today=today)


def test_what_a_side_names_replaces_our_requirement_and_our_pin() -> None:
    recipe_ = made(["AIOHTTP==3.9.5"])
    assert recipe_.base == ("httpx>=0.28", "urllib3>=2.4")
    assert recipe_.constraints == ("httpcore==1.0.9", "httpx==0.28.1", "urllib3==2.6.0")


def test_the_key_is_the_content() -> None:
    first = made(["aiohttp==3.9.5"]).key
    assert made(["aiohttp==3.9.5"], today="2026-11-24").key == first
    others = {
        made(["aiohttp==3.9.4"]).key,
        made([]).key,
        made(["aiohttp==3.9.5"], python=replace(PYTHON, version="3.13.1")).key,
        made(["aiohttp==3.9.5"], python=replace(PYTHON, build="3.13.0 (main) [Clang]")).key,
        recipe(PYTHON, base=BASE, constraints=PINS[:2], asked=["aiohttp==3.9.5"], today="2026-11-23").key,
    }
    assert len(others | {first}) == 6


@pytest.mark.parametrize("text", ["aiohttp", "aiohttp==3.14.*", "aiohttp>=3", "hg+https://example.invalid/x"])
def test_the_newest_version_is_asked_for_again_on_another_day(text: str) -> None:
    assert made([text], today="2026-11-23").key != made([text], today="2026-11-24").key


class Steps:
    """Stands in for uv: it writes down what it was asked for, and fails the steps that it is told to."""

    def __init__(self, *fails: str | None) -> None:
        self.commands: list[list[str]] = []
        self._fails = list(fails)

    def __call__(self, arguments: Sequence[str], *, log: Path, lock: int) -> str | None:
        os.fstat(lock)
        kind, *rest = arguments
        if kind == "pip":
            pins = next(argument for argument in rest if argument.startswith("--constraint=")).partition("=")[
                2
            ]
            rest = [*rest[rest.index("--") + 1 :], "--", *Path(pins).read_text().split()]
        else:
            rest = [argument for argument in rest if argument.startswith(("--python", "/"))]
        self.commands.append([kind, *rest])
        why = self._fails.pop(0) if self._fails else None
        if why == "KILL":
            raise KeyboardInterrupt
        with log.open("a") as stream:
            stream.write(f"{why}\n" if why else "done\n")
        return why


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    monkeypatch.setattr(module, "versions", lambda _: {"httpx": "0.24.1", "httpcore": "0.17.3"})

    def run(steps: Steps, asked: Sequence[str] = ("httpx==0.24.1",)) -> Path:
        return environment(made(asked), cache=tmp_path, say=lambda _: None, run=steps)

    return run


def test_it_is_built_once(build: Callable[..., Path]) -> None:
    steps = Steps()
    folder = build(steps)
    assert build(steps) == folder
    rest = ["aiohttp>=3.12", "urllib3>=2.4", "--", "aiohttp==3.14.5", "httpcore==1.0.9", "urllib3==2.6.0"]
    assert steps.commands == [
        ["venv", "--python=/opt/python", str(folder)],
        ["pip", "httpx==0.24.1", *rest],
    ]
    assert json.loads((folder / "complete.json").read_text())["versions"]["httpx"] == "0.24.1"


def test_an_old_library_brings_its_own_needs_and_the_pins_hold_for_the_rest(
    build: Callable[..., Path],
) -> None:
    steps = Steps(None, "conflict")
    build(steps)
    assert steps.commands[2:] == [
        ["pip", "httpx==0.24.1", "--"],
        [
            "pip",
            *BASE[::2],
            "--",
            "httpx==0.24.1",
            "httpcore==0.17.3",
            "aiohttp==3.14.5",
            "urllib3==2.6.0",
        ],
    ]


def test_a_failed_build_gives_its_reason_keeps_its_log_and_leaves_no_environment(
    build: Callable[..., Path], tmp_path: Path
) -> None:
    missing = "No matching distribution found for httpx==0.24.1"
    with pytest.raises(HarnessError) as caught:
        build(Steps(None, "conflict", missing))
    folder = tmp_path / "environments" / made(["httpx==0.24.1"]).key
    log = f"{folder}.log"
    assert str(caught.value) == (
        "cannot make the environment of Python 3.13.0, httpx==0.24.1: "
        f"No matching distribution found for httpx==0.24.1 (log: {log})"
    )
    assert caught.value.exit_code == 1
    assert missing in Path(log).read_text()
    assert not folder.exists()
    assert build(Steps()) == folder


@pytest.mark.parametrize("step", [0, 1])
def test_an_interrupted_build_is_built_again(build: Callable[..., Path], step: int) -> None:
    with pytest.raises(KeyboardInterrupt):
        build(Steps(*[None] * step, "KILL"))
    again = Steps()
    build(again)
    assert len(again.commands) == 2


def test_what_a_killed_build_left_is_wiped(build: Callable[..., Path], tmp_path: Path) -> None:
    folder = tmp_path / "environments" / made(["httpx==0.24.1"]).key
    folder.mkdir(parents=True)
    (folder / "half").write_text("")
    (folder / "complete.json.draft").write_text("{")
    steps = Steps()
    assert build(steps) == folder
    assert len(steps.commands) == 2
    assert not (folder / "half").exists()


def test_a_second_one_waits_for_the_first_and_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "one"
    holding, waited_for = threading.Event(), threading.Event()
    said: list[str] = []

    def first() -> None:
        with once.made_once(folder, say=said.append):
            holding.set()
            waited_for.wait(10)
            once.complete(folder, {})

    def say(line: str) -> None:
        said.append(line)
        waited_for.set()

    thread = threading.Thread(target=first)
    thread.start()
    holding.wait(10)
    with once.made_once(folder, say=say) as lock:
        assert lock is None
    thread.join()
    assert said == [f"another fetchbench is making {folder}; waiting for it"]


HOLDS = """
import subprocess, sys, time
from pathlib import Path
from harness.sides.once import made_once
with made_once(Path(sys.argv[1]), say=print) as lock:
    subprocess.Popen(["sleep", "1.5"], pass_fds=(lock,))
    print("building", flush=True)
    time.sleep(60)
"""


def test_the_lock_is_held_by_what_a_killed_harness_left_building(tmp_path: Path) -> None:
    folder = tmp_path / "one"
    command = [sys.executable, "-c", HOLDS, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "building\n"
        process.kill()
    said: list[str] = []
    with once.made_once(folder, say=said.append) as lock:
        assert lock is not None
        assert said == [f"another fetchbench is making {folder}; waiting for it"]


def test_a_cache_that_cannot_be_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HarnessError, match=r"cannot use the cache: .*/file.*: Not a directory; name another"):
        environment(made(["x==1"]), cache=tmp_path / "file", say=lambda _: None, run=Steps())


def test_a_disk_that_fills_while_building_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    def full(arguments: Sequence[str], *, log: Path, lock: int) -> str | None:
        assert arguments[0] == "venv"
        os.fstat(lock)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(log))

    with pytest.raises(HarnessError, match="No space left on device"):
        environment(made(["x==1"]), cache=tmp_path, say=lambda _: None, run=full)
    assert not list(tmp_path.glob("environments/*/"))
