"""What a requirement stands for now: a commit for a branch of a git repository, a digest of all files for a path.

A digest that sees too much costs a build; one that sees too little would measure the state of before. So every file counts
that could reach a wheel, whether git knows it or not.
"""

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from harness.git import git, remote_refs
from harness.model import HarnessError
from harness.sides.requirements import local_path, url_of

FULL_HASH = r"[0-9a-f]{40}(?:[0-9a-f]{24})?"
SHORT_HASH = r"[0-9a-f]{7,39}"
OF_TOOLS = {".git", ".hg", ".jj", ".svn", "__pycache__"}
CACHE_TAG = b"Signature: 8a477f597d28d172789f06886806bc55"  # bford.info/cachedir


@dataclass(frozen=True, slots=True, kw_only=True)
class GitSource:
    """Where a requirement such as ``mylib @ git+https://example.org/mylib@main`` comes from.

    Attributes:
        text: the URL as it stands in the requirement.
        url: of the repository, for git.
        revision: branch, tag or commit; "HEAD" if it names none.
    """

    text: str
    url: str
    revision: str

    def at(self, commit: str) -> str:
        """Return the URL with the commit as its revision."""
        place = re.split(r"[?#]", self.text, maxsplit=1)[0]
        rest = self.text.removeprefix(place)
        if "@" in urlsplit(self.text).path:
            place = place.rpartition("@")[0]
        return f"{place}@{commit}{rest}"


def git_source(requirement: str) -> GitSource | None:
    """Return the git repository of a requirement; None if it comes from elsewhere."""
    text = url_of(requirement) or ""
    if not text.startswith("git+"):
        return None
    parts = urlsplit(text.removeprefix("git+"))
    path, _, revision = parts.path.rpartition("@") if "@" in parts.path else (parts.path, "", "HEAD")
    url = urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))
    return GitSource(text=text, url=url, revision=revision)


def exact(requirement: str) -> str:
    """Return the requirement with a branch or tag replaced by its commit, so that what is built is what was looked up.

    Raises:
        HarnessError: the repository cannot be read, or has no such branch or tag.
    """
    source = git_source(requirement)
    if source is None or re.fullmatch(FULL_HASH, source.revision):
        return requirement
    refs = remote_refs(source.url)
    for name in _refs_called(source.revision):
        if name in refs:
            return requirement.replace(source.text, source.at(refs[name]))
    if re.fullmatch(SHORT_HASH, source.revision):
        return requirement  # only a clone can tell; it means one commit for ever
    raise HarnessError(f"{source.url} has no branch or tag {source.revision!r}", exit_code=2)


def _refs_called(revision: str) -> tuple[str, ...]:
    """Full names that a revision may mean, in the order of uv; ``^{}`` is the commit of an annotated tag."""
    if revision == "HEAD":
        return ("HEAD",)
    if revision.startswith("refs/"):
        return (f"{revision}^{{}}", revision)
    return (f"refs/heads/{revision}", f"refs/tags/{revision}^{{}}", f"refs/tags/{revision}")


def content_of(requirement: str) -> str:
    """Return the requirement with a digest of its files if it is a path: an edited checkout is another package."""
    path = local_path(requirement)
    if path is None:
        return requirement
    digest = hashlib.sha256()
    try:
        for part in _content(path):
            digest.update(hashlib.sha256(part).digest())
    except OSError as error:
        raise HarnessError(f"cannot read {error.filename}: {error.strerror}", exit_code=2) from None
    return f"{requirement} sha256:{digest.hexdigest()}"


def _content(path: Path) -> Iterator[bytes]:
    """Yield names, modes and bytes of all files, and what git calls the state, which many make their version from."""
    if not path.is_dir():
        yield path.read_bytes()
        return
    yield (git(path, "describe", "--always", "--tags", "--long") or "").encode(errors="surrogateescape")
    for file in _files(path):
        yield os.fsencode(file.relative_to(path))
        if file.is_symlink():
            yield os.fsencode(file.readlink())
        if file.is_file():
            yield bytes([bool(file.stat().st_mode & 0o100)])
            yield file.read_bytes()


def _files(folder: Path) -> Iterator[Path]:
    """Yield all files and all links, into linked folders too; nothing of version control, caches and environments."""
    seen = set()
    for place, folders, names in os.walk(folder, followlinks=True, onerror=_fail):
        here = Path(place)
        state = here.stat()
        if (state.st_dev, state.st_ino) in seen:  # a link to a folder that is looked into already
            folders.clear()
            continue
        seen.add((state.st_dev, state.st_ino))
        folders[:] = sorted(folder for folder in folders if not _is_made(here / folder))
        yield from (here / folder for folder in folders if (here / folder).is_symlink())
        yield from (here / name for name in sorted(names) if name not in OF_TOOLS)


def _fail(error: OSError) -> None:
    raise error


def _is_made(folder: Path) -> bool:
    """Whether tools made the folder, and say so: it is theirs by name, tagged as a cache, or a virtual environment."""
    if folder.name in OF_TOOLS:
        return True
    tag = folder / "CACHEDIR.TAG"
    if tag.is_file() and tag.read_bytes().startswith(CACHE_TAG):
        return True
    return (folder / "pyvenv.cfg").is_file() and any((folder / "bin").glob("python*"))
