"""One environment per content, never taken for whole before it is, and the installer's own reason when it cannot be."""

import json
import subprocess
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from harness.model import HarnessError
from harness.sides import environment as module
from harness.sides import once, requirements
from harness.sides.environment import Recipe, environment, recipe
from harness.sides.installer import Pip, Uv, reason
from harness.sides.interpreters import Interpreter

PYTHON = Interpreter(
    path="/opt/python", version="3.13.0", build="3.13.0 (main) [GCC]", platform="linux-x86_64"
)
BASE = ("aiohttp>=3.12", "httpx>=0.28", "urllib3>=2.4")
PINS = ("aiohttp==3.14.5", "httpcore==1.0.9", "httpx==0.28.1", "urllib3==2.6.0")


def made(asked: Sequence[str], *, python: Interpreter = PYTHON, today: str = "2026-11-23") -> Recipe:
    return recipe(python, base=BASE, constraints=PINS, asked=asked, today=today)


def test_what_a_side_names_replaces_our_requirement_and_our_pin() -> None:
    one = made(["AIOHTTP==3.9.5"])
    assert one.base == ("httpx>=0.28", "urllib3>=2.4")
    assert one.constraints == ("httpcore==1.0.9", "httpx==0.28.1", "urllib3==2.6.0")


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


def test_an_edited_checkout_is_another_environment_and_what_tools_make_in_it_is_not(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "My.Lib"\n')
    (tmp_path / "my_lib.py").write_text("A = 1\n")
    first = made([str(tmp_path)]).key
    for folder in ("build", "__pycache__", "my_lib.egg-info", ".git"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x").write_text("made")
    assert made([str(tmp_path)]).key == first
    (tmp_path / "my_lib.py").write_text("A = 2\n")
    second = made([str(tmp_path)]).key
    (tmp_path / "my_lib.py").rename(tmp_path / "my_other.py")
    assert len({first, second, made([str(tmp_path)]).key}) == 3


def test_a_branch_that_moved_is_another_environment(tmp_path: Path) -> None:
    def commit() -> None:
        command = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b.invalid"]
        subprocess.run([*command, "commit", "-q", "--allow-empty", "-m", "one"], check=True)

    subprocess.run(["git", "init", "-q", "-b", "main", str(tmp_path)], check=True)  # noqa: S607
    commit()
    asked = [f"x @ git+{tmp_path.as_uri()}@main"]
    first = made(asked).key
    assert made(asked, today="2026-11-24").key == first
    commit()
    assert made(asked).key != first


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("git+https://e.invalid/x.git", ("https://e.invalid/x.git", "HEAD")),
        ("x @ git+https://e.invalid/x@v1.0#egg=x", ("https://e.invalid/x", "v1.0")),
        ("git+https://me@e.invalid/x@a/b", ("https://me@e.invalid/x", "a/b")),
        ("git+ssh://git@e.invalid/x", ("ssh://git@e.invalid/x", "HEAD")),
        ("x @ https://e.invalid/x.zip", None),
        ("x==1", None),
    ],
)
def test_where_a_git_requirement_comes_from(text: str, source: tuple[str, str] | None) -> None:
    assert requirements._git_source(text) == source


class Fake:
    """An installer whose steps say what they would do."""

    def create(self, python: str, folder: Path) -> list[str]:
        return ["create", python, str(folder)]

    def install(self, _folder: Path, requirements: Sequence[str], constraints: Path) -> list[str]:
        return ["install", *requirements, "--", *constraints.read_text().split()]


class Steps:
    """A launcher that writes down what it was asked for, and fails the steps that it is told to."""

    def __init__(self, *fails: str | None) -> None:
        self.commands: list[list[str]] = []
        self._fails = list(fails)

    def __call__(self, command: Sequence[str], log: Path) -> int:
        self.commands.append(list(command))
        why = self._fails.pop(0) if self._fails else None
        if why == "KILL":
            raise KeyboardInterrupt
        with log.open("a") as stream:
            stream.write(f"{why}\n" if why else "done\n")
        return 1 if why else 0


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    monkeypatch.setattr(module, "versions", lambda _: {"httpx": "0.24.1", "httpcore": "0.17.3"})

    def run(steps: Steps, asked: Sequence[str] = ("httpx==0.24.1",)) -> Path:
        return environment(made(asked), cache=tmp_path, installer=Fake(), launch=steps, say=lambda _: None)

    return run


def test_it_is_built_once(build: Callable[..., Path]) -> None:
    steps = Steps()
    folder = build(steps)
    assert build(steps) == folder
    rest = ["aiohttp>=3.12", "urllib3>=2.4", "--", "aiohttp==3.14.5", "httpcore==1.0.9", "urllib3==2.6.0"]
    assert steps.commands == [
        ["create", "/opt/python", str(folder)],
        ["install", "httpx==0.24.1", *rest],
    ]
    assert json.loads((folder / "complete.json").read_text())["versions"]["httpx"] == "0.24.1"


def test_an_old_library_brings_its_own_needs_and_the_pins_hold_for_the_rest(
    build: Callable[..., Path],
) -> None:
    steps = Steps(None, "ERROR: conflict")
    build(steps)
    assert steps.commands[2:] == [
        ["install", "httpx==0.24.1", "--"],
        [
            "install",
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
    missing = "ERROR: No matching distribution found for httpx==0.24.1"
    with pytest.raises(HarnessError) as caught:
        build(Steps(None, "ERROR: conflict", missing))
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
    with once.made_once(folder, say=say) as is_ready:
        assert is_ready
    thread.join()
    assert said == [f"another fetchbench is making {folder}; waiting for it"]


PIP_CONFLICT = """ERROR: Cannot install aiohttp==3.9.5 and yarl<1.0 because these package versions conflict.
ERROR: ResolutionImpossible: for help visit https://pip.pypa.io/en/latest/topics/dependency-resolution/
"""
PIP_MISSING = """ERROR: Ignored the following yanked versions: 3.8.2, 3.11.13
ERROR: Could not find a version that satisfies the requirement aiohttp==99 (from versions: 0.1, 3.14.5)
ERROR: No matching distribution found for aiohttp==99
"""
UV_CONFLICT = """Using Python 3.13.0 environment at: u313
error: No solution found when resolving dependencies
  cause: Because aiohttp==3.9.5 depends on yarl>=1.0,<2.0, we can conclude that you require yarl>=1.0,<2.0.
         And because you require yarl<1.0, we can conclude that your requirements are unsatisfiable.
"""
UV_OLDER = """  \x1b[31m×\x1b[0m No solution found when resolving dependencies:
  ╰─▶ Because there is no version of aiohttp==99 and you require aiohttp==99, we
      can conclude that your requirements are unsatisfiable.
"""
UV_OPTION = (
    "error: the argument '--offline' cannot be used with:\n  --refresh\n\nUsage: uv pip install <PACKAGE>\n"
)
UV_PATH = "Using Python 3.13.0 environment at: u313\nerror: Distribution not found at: file:///nonexist\n"


@pytest.mark.parametrize(
    ("output", "line"),
    [
        (
            PIP_CONFLICT,
            "Cannot install aiohttp==3.9.5 and yarl<1.0 because these package versions conflict.",
        ),
        (PIP_MISSING, "No matching distribution found for aiohttp==99"),
        (
            UV_CONFLICT,
            (
                "Because aiohttp==3.9.5 depends on yarl>=1.0,<2.0, we can conclude that you require yarl>=1.0,<2.0. "
                "And because you require yarl<1.0, we can conclude that your requirements are unsatisfiable."
            ),
        ),
        (
            UV_OLDER,
            (
                "Because there is no version of aiohttp==99 and you require aiohttp==99, we can conclude that your "
                "requirements are unsatisfiable."
            ),
        ),
        (UV_OPTION, "the argument '--offline' cannot be used with: --refresh"),
        (UV_PATH, "Distribution not found at: file:///nonexist"),
        ("Error: ensurepip is not available.\n\n", "Error: ensurepip is not available."),
        ("", ""),
    ],
)
def test_the_reason_is_the_installers_own_line(output: str, line: str) -> None:
    assert reason(output) == line


def test_commands_of_both_installers(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "My.Lib"\n')
    pins = tmp_path / "pins.txt"
    pip = Pip().install(Path("/e"), ["x==1"], pins)
    assert pip[:4] == ["/e/bin/python", "-I", "-m", "pip"]
    assert pip[-2:] == [f"--constraint={pins}", "x==1"]
    uv = Uv(["uv"]).install(Path("/e"), [str(tmp_path), "x==1"], pins)
    assert uv[:2] == ["uv", "pip"]
    assert "--refresh-package=my-lib" in uv
    assert Pip().create("/opt/python", Path("/e")) == ["/opt/python", "-I", "-m", "venv", "/e"]
