"""Ask git. It is never let to ask back, and no text of the user's is taken for one of its options."""

import os
import subprocess
from pathlib import Path

from harness.model import HarnessError

NO_QUESTIONS = {"GIT_TERMINAL_PROMPT": "0"}
# Where git itself runs us, in a hook or a rebase, these name its own repository, and would win over the folder.
OF_A_REPOSITORY = {
    *("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_PREFIX"),
    *("GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_SHALLOW_FILE", "GIT_GRAFT_FILE"),
}


def git(folder: Path, *arguments: str) -> str | None:
    """Return what git prints in ``folder``; None if it fails, or if there is no git."""
    try:
        answer = _run("-C", str(folder), *arguments)
    except OSError:
        return None
    return answer.stdout.decode(errors="surrogateescape") if answer.returncode == 0 else None


def lacks(folder: Path) -> str | None:
    """Return why commits cannot be found in a folder: git cannot read it, or its history is cut off; None if neither."""
    try:
        answer = _run("-C", str(folder), "rev-parse", "--is-shallow-repository")
    except OSError as error:
        return f"cannot run git: {error.strerror}"
    if answer.returncode:
        return f"git cannot read it: {_reason(answer)}"
    return "a shallow clone: git fetch --unshallow" if answer.stdout.strip() == b"true" else None


def remote_refs(url: str) -> dict[str, str]:
    """Return full name -> hash of all refs of a repository.

    Raises:
        HarnessError: git's own reason.
    """
    try:
        answer = _run("ls-remote", "--", url)
    except OSError as error:
        raise HarnessError(f"cannot run git: {error.strerror}") from None
    if answer.returncode:
        raise HarnessError(f"git cannot read {url}: {_reason(answer)}")
    pairs = (line.partition("\t") for line in answer.stdout.decode(errors="replace").splitlines())
    return {name: commit for commit, _, name in pairs}


def _reason(failed: subprocess.CompletedProcess[bytes]) -> str:
    """What git says of a failure, in one line."""
    said = failed.stderr.decode(errors="replace").strip().splitlines()
    return next(
        (line for line in said if line.startswith(("fatal: ", "error: "))), (said or ["no reason"])[-1]
    )


def _run(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["git", *arguments],  # noqa: S607 - the user's git
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env={name: os.environ[name] for name in os.environ.keys() - OF_A_REPOSITORY} | NO_QUESTIONS,
        check=False,
    )
