"""Commits of the project as folders: what git knows, taken out beside the checkout. The checkout is never touched."""

import subprocess
import tarfile
from pathlib import Path

from harness.model import HarnessError
from harness.sides.once import complete, made_once


def git(folder: Path, *arguments: str) -> str | None:
    """Return what git prints in ``folder``; None if it fails, or if there is no git."""
    try:
        answer = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, check=False)  # noqa: S607
    except OSError:
        return None
    return answer.stdout.decode(errors="surrogateescape") if answer.returncode == 0 else None


def commit_of(ref: str, repository: Path) -> str | None:
    """Return the full hash of the commit that git finds under ``ref`` in the project; None if there is none."""
    found = git(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    return found.strip() if found else None


def tree_of(commit: str, *, repository: Path, cache: Path) -> Path:
    """Return a folder with the project's files of a commit; taken out once, then kept.

    Raises:
        HarnessError: the commit is gone, or has no ``benchmarks/``.
    """
    folder = cache / "trees" / commit[:16]
    with made_once(folder, say=lambda _: None) as is_ready:
        if not is_ready:
            archive = folder / ".archive.tar"
            if git(repository, "archive", "--format=tar", f"--output={archive}", commit) is None:
                raise HarnessError(f"git cannot take commit {commit} out of {repository}")
            with tarfile.open(archive) as tar:
                # Made by git from this very project; Pythons before 3.11.4 do not know the filter.
                options = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
                tar.extractall(folder, **options)  # type: ignore[arg-type]  # noqa: S202
            archive.unlink()
            complete(folder, {"commit": commit})
    if not (folder / "benchmarks").is_dir():
        raise HarnessError(f"commit {commit[:7]} has no benchmarks/ folder", exit_code=2)
    return folder
