"""Commits of the project as folders: what git knows, taken out beside the checkout. The checkout is never touched."""

import tarfile
from collections.abc import Callable
from pathlib import Path

from harness.git import git
from harness.model import HarnessError
from harness.sides.once import complete, made_once, read


def commit_of(ref: str, repository: Path) -> str | None:
    """Return the full hash of the commit that git finds under ``ref`` in the project; None if there is none."""
    found = git(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    return found.strip() if found else None


def place_of(commit: str, cache: Path) -> Path:
    """Return the folder in which the files of a commit are, or will be."""
    return cache / "trees" / commit[:16]


def tree_of(commit: str, *, repository: Path, cache: Path, say: Callable[[str], None]) -> Path:
    """Return a folder with the project's files of a commit; taken out once, then kept.

    Links that lead out of the commit are left out, and told: what they point to is no part of it.

    Raises:
        HarnessError: the commit is gone, or has no ``benchmarks/``.
    """
    folder = place_of(commit, cache)
    with made_once(folder, say=say) as lock:
        if lock is not None:
            archive = folder / ".archive.tar"
            if git(repository, "archive", "--format=tar", f"--output={archive}", commit) is None:
                raise HarnessError(f"git cannot take commit {commit} out of {repository}")
            left_out = _unpack(archive, folder)
            archive.unlink()
            complete(folder, {"commit": commit, "left_out": left_out})
    for name in (read(folder) or {}).get("left_out", ()):
        say(f"commit {commit[:7]}: {name} leads out of the commit and is left out")
    if not (folder / "benchmarks").is_dir():
        raise HarnessError(f"commit {commit[:7]} has no benchmarks/ folder", exit_code=2)
    return folder


def _unpack(archive: Path, folder: Path) -> list[str]:
    """Take out what stays below the folder; return the names of the rest."""
    left_out = []

    def stays(member: tarfile.TarInfo, path: str) -> tarfile.TarInfo | None:
        try:
            return tarfile.data_filter(member, path)
        except tarfile.FilterError:
            left_out.append(member.name)
            return None

    try:
        with tarfile.open(archive) as tar:
            # Pythons before 3.11.4 do not know filters.
            options = {"filter": stays} if hasattr(tarfile, "data_filter") else {}
            tar.extractall(folder, **options)  # type: ignore[arg-type]  # noqa: S202 - filtered
    except tarfile.ReadError:  # what tarfile makes of an archive without a file: the commit is empty
        return []
    return left_out
