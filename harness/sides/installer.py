"""Run uv, or venv and pip, and give their own reason in one line when they fail. It decides nothing about versions."""

import importlib.util
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from harness.model import HarnessError
from harness.sides.requirements import local_path, project_name

Launch = Callable[[Sequence[str], Path], int]
"""Runs a command, appends what it prints to the log at the path, and returns its exit code."""


class Installer(Protocol):
    """The commands of one tool, for an environment in ``folder``."""

    def create(self, python: str, folder: Path) -> list[str]:
        """Return the command that makes an empty environment."""

    def install(self, folder: Path, requirements: Sequence[str], constraints: Path) -> list[str]:
        """Return the command that installs into it."""


class Pip:
    """venv and pip, which every Python brings."""

    def create(self, python: str, folder: Path) -> list[str]:  # noqa: D102 - the protocol says
        return [python, "-I", "-m", "venv", str(folder)]

    def install(self, folder: Path, requirements: Sequence[str], constraints: Path) -> list[str]:  # noqa: D102
        pip = [python_of(folder), "-I", "-m", "pip", "--disable-pip-version-check", "--no-input"]
        return [*pip, "install", "--progress-bar=off", f"--constraint={constraints}", *requirements]


class Uv:
    """uv: the same packages, sooner.

    Args:
        command: how to start it.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._command = tuple(command)

    def create(self, python: str, folder: Path) -> list[str]:  # noqa: D102
        return [*self._command, "venv", "--no-project", "--allow-existing", f"--python={python}", str(folder)]

    def install(self, folder: Path, requirements: Sequence[str], constraints: Path) -> list[str]:  # noqa: D102
        # uv takes a folder for unchanged as long as its pyproject.toml is; we know better, the files were hashed.
        names = [project_name(one) for one in requirements if local_path(one)]
        fresh = [f"--refresh-package={name}" for name in names if name]
        if len(fresh) < len(names):
            fresh = ["--refresh"]
        target = f"--python={python_of(folder)}"
        return [
            *self._command,
            "pip",
            "install",
            target,
            f"--constraint={constraints}",
            *fresh,
            *requirements,
        ]


def best_installer() -> Installer:
    """Return uv if it is on PATH or installed beside the harness, else pip."""
    if found := shutil.which("uv"):
        return Uv([found])
    if importlib.util.find_spec("uv"):
        return Uv([sys.executable, "-m", "uv"])
    return Pip()


def python_of(folder: Path) -> str:
    """Return the interpreter of the environment in ``folder``."""
    return str(folder / "bin" / "python")


def launch_logged(command: Sequence[str], log: Path) -> int:
    """Run a command with nothing on its standard input."""
    with log.open("ab") as stream:
        return subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=stream, stderr=subprocess.STDOUT, check=False
        ).returncode


def run(command: Sequence[str], *, launch: Launch, log: Path) -> str | None:
    """Run one step; return None if it went well, else the tool's reason in one line.

    Raises:
        HarnessError: the tool cannot be started.
    """
    with log.open("a", encoding="utf-8") as stream:
        stream.write(f"$ {shlex.join(command)}\n")
    start = log.stat().st_size
    try:
        code = launch(command, log)
    except OSError as error:
        raise HarnessError(f"cannot run {command[0]}: {error.strerror}") from None
    if code == 0:
        return None
    with log.open("rb") as written:
        written.seek(start)
        return reason(written.read().decode(errors="replace")) or f"exit code {code}"


def reason(output: str) -> str:
    """Return the line in which uv or pip says why, without its label; "" if it printed nothing.

    pip ends with it, but for a conflict, where its last line sends the reader to a web page. uv begins with it, and
    continues with a cause.
    """
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line).rstrip() for line in output.splitlines()]
    lines = [line for line in lines if line.strip()]
    causes = [number for number, line in enumerate(lines) if re.match(r"\s*cause: |\s*╰─▶ ", line)]
    if causes:
        return _sentence(lines, causes[0])
    errors = [
        _sentence(lines, number) for number, one in enumerate(lines) if re.match(r"ERROR: |error: ", one)
    ]
    telling = [one for one in errors if not one.startswith(("ResolutionImpossible", "Ignored the following"))]
    return (telling or lines or [""])[-1].strip()


def _sentence(lines: Sequence[str], first: int) -> str:
    """Join the line, without its label, and those that are indented deeper: one sentence in several lines."""
    indent = len(lines[first]) - len(lines[first].lstrip())
    block = [lines[first]]
    for line in lines[first + 1 :]:
        if len(line) - len(line.lstrip()) <= indent:
            break
        block.append(line)
    return " ".join(re.sub(r"^\s*(cause: |╰─▶ |ERROR: |error: )?", "", line) for line in block)
