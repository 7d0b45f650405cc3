"""Find the Pythons of this machine and ask one what it is. Nothing is installed or downloaded."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from harness.model import HarnessError
from harness.sides.requirements import named_path

OLDEST = (3, 11)  # the worker is written for it
ASK_TIMEOUT_S = 20.0
ASK = (
    "import json, platform, sys, sysconfig; print(json.dumps(dict("
    "path=getattr(sys, '_base_executable', None) or sys.executable, version=platform.python_version(), "
    "threads='t' if sysconfig.get_config_var('Py_GIL_DISABLED') else '', build=sys.version, "
    "platform=sysconfig.get_platform())))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """What a Python says of itself.

    Attributes:
        path: of the interpreter itself, also when a virtual environment was asked.
        version: full, e.g. "3.13.0"; a free-threaded build ends in "t".
        build: ``sys.version``: two builds of one version are not the same Python.
        platform: e.g. "linux-x86_64".
    """

    path: str
    version: str
    build: str
    platform: str

    @property
    def series(self) -> str:
        """Return the version as a side names it, e.g. "3.13" or "3.13t"."""
        major, minor, rest = self.version.split(".", 2)
        return f"{major}.{minor}" + ("t" if rest.endswith("t") else "")


def ask(path: str) -> Interpreter | None:
    """Return what the interpreter at ``path`` is, or None if it is none (as pyenv's shims of unchosen versions)."""
    try:
        answer = subprocess.run(
            [path, "-I", "-c", ASK], capture_output=True, timeout=ASK_TIMEOUT_S, check=True, text=True
        )
        found = json.loads(answer.stdout)
        return Interpreter(
            path=found["path"],
            version=found["version"] + found["threads"],
            build=found["build"],
            platform=found["platform"],
        )
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError):
        return None


def find(series: str) -> Interpreter:
    """Return the first Python of this series, e.g. "3.13": on PATH, then pyenv's, uv's and our own.

    Raises:
        HarnessError: exit code 2: none is here; the line lists those that are.
    """
    for path in candidates(series):
        found = ask(path)
        if found and found.series == series:
            return checked(found)
    here = ", ".join(known()) or "none"
    raise HarnessError(f"no Python {series} on this machine; found: {here}", exit_code=2)


def checked(found: Interpreter) -> Interpreter:
    """Return ``found`` unless it is too old to run the worker."""
    if tuple(int(part) for part in found.version.split(".")[:2]) < OLDEST:
        raise HarnessError(
            f"{found.path} is Python {found.version}; measuring needs {OLDEST[0]}.{OLDEST[1]} or newer",
            exit_code=2,
        )
    return found


def candidates(series: str) -> Iterator[str]:
    """Yield where a Python of this series may be; a name with a star finds all of them."""
    name = f"python{series}"
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        found = shutil.which(name, path=folder) if folder else None
        if found:
            yield found
    for home in _homes():
        yield from map(str, sorted(home.glob(f"*/bin/{name}")))
    yield sys.executable


def _homes() -> Iterator[Path]:
    """Yield the folders of pyenv and of uv in which each Python has one; uv's is nowhere for a user without a home."""
    yield named_path(os.environ.get("PYENV_ROOT", "~/.pyenv")) / "versions"
    with suppress(RuntimeError):
        yield Path(os.environ.get("UV_PYTHON_INSTALL_DIR") or platformdirs.user_data_path("uv") / "python")


def known() -> list[str]:
    """Return the series that are here and new enough, oldest first."""
    names = {
        path.name
        for folder in (
            *os.environ.get("PATH", "").split(os.pathsep),
            *(str(Path(candidate).parent) for candidate in candidates("3.*")),
        )
        if folder
        for path in Path(folder).glob("python3.*")
    }
    series = {match[1] for name in names if (match := re.fullmatch(r"python(3\.\d+t?)", name))}
    found = {
        version
        for version in series
        if any((found_there := ask(p)) and found_there.series == version for p in candidates(version))
    }
    own = ask(sys.executable)
    every = found | ({own.series} if own else set())
    new = [version for version in every if _order(version) >= OLDEST]
    return sorted(new, key=lambda version: (_order(version), version))


def _order(series: str) -> tuple[int, ...]:
    return tuple(int(part) for part in series.rstrip("t").split("."))
