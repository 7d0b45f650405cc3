"""The command ``fetchbench``: find the checkout, make its environment once, and run ``python -m harness`` from here.

fetchbench is an application that runs from its checkout; this file is all that is installed of it.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import NoReturn
from urllib.parse import unquote, urlsplit

from uv import find_uv_bin

GROUP = "measure"  # of pyproject.toml: all that the commands need
NAMED, RESULTS = "FETCHBENCH_CHECKOUT", "FETCHBENCH_RESULTS"
TYPED = "FETCHBENCH_COMMAND"  # what messages say is to be typed


class StartError(Exception):
    """One line that says why, and what to do."""


def main() -> NoReturn:
    """Become ``python -m harness`` with the same arguments, so that its exit code is the command's."""
    try:
        checkout = find_checkout(Path.cwd())
        python = environment(checkout)
    except (StartError, OSError) as error:
        sys.exit(f"fetchbench: {error}")
    except KeyboardInterrupt:
        print("fetchbench: interrupted", file=sys.stderr)
        sys.exit(130)
    variables = os.environ | {"PYTHONPATH": str(checkout), TYPED: "fetchbench"}
    if checkout.is_relative_to(cache()) and not variables.get(RESULTS):  # nobody looks for results there
        variables[RESULTS] = str(Path.cwd() / "fetchbench-results")
    # Without -P a file of the folder that the user is in would shadow a module.
    os.execve(python, [python, "-P", "-m", "harness", *sys.argv[1:]], variables)  # noqa: S606 - no shell: this process becomes the command


def find_checkout(here: Path) -> Path:
    """The checkout that is named, that ``here`` lies in, or that this was installed from; the latter is cloned if need be.

    Raises:
        StartError: there is none.
    """
    if named := os.environ.get(NAMED):
        if not is_checkout(Path(named)):
            raise StartError(f"{NAMED}={named} is no checkout of fetchbench")
        return Path(named).resolve()
    for place in (here, *here.parents, Path(__file__).resolve().parent):
        if is_checkout(place):
            return place
    return _source()


def is_checkout(folder: Path) -> bool:
    """Whether fetchbench can run from this folder."""
    return (folder / "harness" / "__main__.py").is_file() and (folder / "benchmarks" / "suite.toml").is_file()


def cache() -> Path:
    """Where checkouts and environments of this command are kept; it can be deleted at any time.

    Raises:
        StartError: the user has no home.
    """
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").resolve() / "fetchbench"
    except RuntimeError:
        raise StartError(
            "this user has no home to keep an environment in: set HOME or XDG_CACHE_HOME"
        ) from None


def _source() -> Path:
    """Where this was installed from, as the installer recorded it (PEP 610)."""
    try:
        recorded = json.loads(distribution("fetchbench").read_text("direct_url.json") or "{}")
    except PackageNotFoundError:
        recorded = {}
    url, commit = recorded.get("url", ""), recorded.get("vcs_info", {}).get("commit_id")
    if commit:
        return _cloned(url, commit)
    folder = Path(unquote(urlsplit(url).path))
    if url.startswith("file:") and is_checkout(folder):
        return folder
    raise StartError(f"no checkout of fetchbench here; go to one, or name it in {NAMED}")


def _cloned(url: str, commit: str) -> Path:
    folder = cache() / "checkouts" / commit[:16]
    with _made_once(folder) as is_new:
        if is_new:
            print(f"fetchbench: cloning {url} (once)", file=sys.stderr)
            _run(["git", "clone", "--quiet", "--no-checkout", "--", url, str(folder)])
            _run(["git", "-C", str(folder), "checkout", "--quiet", "--detach", commit])
    return folder


def environment(checkout: Path) -> str:
    """The interpreter of an environment with what the checkout needs, in the versions that it pins; made once."""
    project, pins = checkout / "pyproject.toml", checkout / "constraints.txt"
    groups = tomllib.loads(project.read_text(encoding="utf-8"))["dependency-groups"]
    base = getattr(sys, "_base_executable", sys.executable)  # the one that this runs in may be gone tomorrow
    asked = json.dumps([groups, pins.read_text(encoding="utf-8"), sys.version, base])
    folder = cache() / "command" / hashlib.sha256(asked.encode()).hexdigest()[:16]
    python = folder / "bin" / "python"
    with _made_once(folder) as is_new:
        if is_new:
            print(f"fetchbench: making its environment in {folder} (once)", file=sys.stderr)
            uv, target = find_uv_bin(), f"--python={python}"
            _run([uv, "venv", "--quiet", "--clear", f"--python={base}", str(folder)])
            _run(
                [
                    uv,
                    "pip",
                    "install",
                    "--quiet",
                    target,
                    f"--constraint={pins}",
                    f"--group={project}:{GROUP}",
                ]
            )
    return str(python)


@contextmanager
def _made_once(folder: Path) -> Iterator[bool]:
    """Hold the folder's lock; yield whether it is still to be made, and mark it as whole if that went well.

    What one that was killed has left of it is taken away first.
    """
    try:
        import fcntl  # noqa: PLC0415 - whoever has none is told so
    except ModuleNotFoundError:
        raise StartError(f"{sys.platform} is not supported; on Windows use WSL 2") from None
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        is_new = not (folder / "whole").is_file()
        if is_new:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        yield is_new
        if is_new:
            (folder / "whole").touch()


def _run(command: list[str]) -> None:
    try:
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=sys.stderr)
    except subprocess.CalledProcessError as error:
        raise StartError(f"{Path(command[0]).name} failed with exit code {error.returncode}") from None
