"""Run uv, the one way in which environments are made, and give its own reason in one line when it fails."""

import json
import re
import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path

from uv import find_uv_bin

from harness.model import HarnessError
from harness.sides.requirements import local_path, project_name
from harness.text import redacted, redacted_argument

LABEL = r"error: |\s*cause: "
STREAMS = ("[stderr]", "[stdout]")  # what a build said, in a failure of it
QUIET = ("--color=never", "--no-progress")


def create(python: str, folder: Path) -> list[str]:
    """Return the arguments that make an empty environment."""
    return ["venv", *QUIET, "--no-project", "--allow-existing", f"--python={python}", str(folder)]


def install(folder: Path, requirements: Sequence[str], constraints: Path) -> list[str]:
    """Return the arguments that install into the environment in ``folder``.

    What a package's own pyproject.toml tells uv alone (``tool.uv.sources``) does not hold: other folders would reach the
    environment that nobody named.
    """
    # uv takes a folder for unchanged as long as its pyproject.toml is; we know better, the files were hashed.
    names = [project_name(requirement) for requirement in requirements if local_path(requirement)]
    fresh = [f"--refresh-package={name}" for name in names if name]
    if len(fresh) < len(names):
        fresh = ["--refresh"]
    target = (f"--python={python_of(folder)}", f"--constraint={constraints}")
    return ["pip", "install", *QUIET, "--no-sources", *target, *fresh, "--", *requirements]


def python_of(folder: Path) -> str:
    """Return the interpreter of the environment in ``folder``."""
    return str(folder / "bin" / "python")


def versions(folder: Path) -> dict[str, str]:
    """Return distribution -> version of all that is installed in an environment.

    Raises:
        HarnessError: uv's own reason.
    """
    command = [find_uv_bin(), "pip", "list", "--quiet", "--format=json", f"--python={python_of(folder)}"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode:
        raise HarnessError(f"cannot list what is in {folder}: {reason(answer.stderr)}")
    return {found["name"]: found["version"] for found in json.loads(answer.stdout)}


def uv(arguments: Sequence[str], *, log: Path, lock: int) -> str | None:
    """Run one step; return None if it went well, else uv's own reason in one line.

    Args:
        arguments: of uv.
        log: what it prints is appended, without secrets.
        lock: file descriptor that it inherits: if we are killed, the lock holds until it has ended too.

    Raises:
        HarnessError: uv cannot be started.
    """
    command = [find_uv_bin(), *arguments]
    output = []
    with log.open("a", encoding="utf-8", buffering=1) as stream:
        stream.write(f"$ {shlex.join(map(redacted_argument, command))}\n")
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=(lock,),
                text=True,
                encoding="utf-8",
                errors="replace",
            )
        except OSError as error:
            raise HarnessError(f"cannot run {command[0]}: {error.strerror}") from None
        with process:
            try:
                for line in process.stdout or ():
                    output.append(redacted(line))
                    stream.write(output[-1])
            except BaseException:
                process.kill()
                raise
    if process.returncode == 0:
        return None
    return reason("".join(output)) or f"exit code {process.returncode}"


def reason(output: str) -> str:
    """Return what uv says of a failure in one line: the error and its last cause, without labels; "" if it said nothing."""
    lines = [line.rstrip() for line in output.splitlines() if line.strip()]
    labelled = [number for number, line in enumerate(lines) if re.match(LABEL, line)]
    if not labelled:
        return (lines or [""])[-1].strip()
    return ": ".join(
        _sentence(lines, number).rstrip(":") for number in dict.fromkeys((labelled[0], labelled[-1]))
    )


def _sentence(lines: Sequence[str], first: int) -> str:
    """Join the line, without its label, and those that are indented deeper: one sentence in several lines.

    Where that tells what a failed build has said, the last line of it is the cause.
    """
    indent = len(lines[first]) - len(lines[first].lstrip())
    block = [lines[first]]
    for line in lines[first + 1 :]:
        if len(line) - len(line.lstrip()) <= indent or re.match(LABEL, line):
            break
        block.append(line)
    if block[-1].strip() not in STREAMS and any(line.strip() in STREAMS for line in block):
        return block[-1].strip()
    return " ".join(re.sub(rf"^(?:{LABEL}|\s*)", "", line) for line in block)
