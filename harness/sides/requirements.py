"""Read requirements: what a text asks for, what it names, and what it stands for as content. Nothing is installed."""

import hashlib
import tomllib
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from packaging.dependency_groups import resolve_dependency_groups
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)

from harness.model import HarnessError
from harness.sides.trees import git

GROUP = "clients"  # of pyproject.toml: what the contenders import
MADE = {"__pycache__", "build", "dist", "node_modules", "target", "venv"}  # by tools, not by the author


def read_requirement(text: str) -> str | None:
    """Return ``text`` as an installer understands it from any folder, or None if it is no requirement.

    A bare name is one too; whoever has better readings of it tries them first.
    """
    path = Path(text).expanduser()
    if is_source(path):
        return str(path.resolve())
    if "://" in text and " @ " not in text:
        return text
    try:
        parsed = Requirement(text)
    except InvalidRequirement:
        return None
    if parsed.url and "://" not in parsed.url:
        target = Path(parsed.url).expanduser()
        if not is_source(target):
            raise HarnessError(
                f"{text!r}: {parsed.url} is no package (a folder with pyproject.toml, a wheel or an sdist)",
                exit_code=2,
            )
        parsed.url = target.resolve().as_uri()
    return str(parsed)


def is_source(path: Path) -> bool:
    """Whether an installer can take a package from this path."""
    if path.is_dir():
        return (path / "pyproject.toml").is_file() or (path / "setup.py").is_file()
    return path.is_file() and path.name.endswith((".whl", ".tar.gz", ".zip"))


def local_path(requirement: str) -> Path | None:
    """Return the path that a requirement takes its package from; None if it comes from elsewhere."""
    if Path(requirement).is_absolute():
        return Path(requirement)
    url = requirement if "://" in requirement.partition(" @ ")[0] else _parsed_url(requirement)
    parts = urlsplit(url or "")
    return Path(unquote(parts.path)) if parts.scheme == "file" else None


def project_name(requirement: str) -> str | None:
    """Return the canonical name of the project that a requirement asks for; None if only building it would tell."""
    try:
        return canonicalize_name(Requirement(requirement).name)
    except InvalidRequirement:
        path = local_path(requirement)
        return _source_name(path) if path else None


def is_fixed(requirement: str) -> bool:
    """Whether it means the same package on any day: one exact version, or what content_of looks into."""
    if local_path(requirement) or _git_source(requirement):
        return True
    try:
        parsed = Requirement(requirement)
    except InvalidRequirement:
        return False
    return any(one.operator in {"==", "==="} and not one.version.endswith(".*") for one in parsed.specifier)


def without(lines: Iterable[str], names: Collection[str]) -> tuple[str, ...]:
    """Return the requirements of projects other than ``names`` (canonical): what a side names, replaces ours."""
    return tuple(line for line in lines if canonicalize_name(Requirement(line).name) not in names)


def project_requirements(folder: Path) -> tuple[str, ...]:
    """Return what the contenders of the project in ``folder`` need: its dependency group "clients"."""
    file = folder / "pyproject.toml"
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        return tuple(sorted(resolve_dependency_groups(table["dependency-groups"], GROUP)))
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise HarnessError(f"{file}: its dependency group {GROUP!r} cannot be read ({error})") from None


def constraints(folder: Path) -> tuple[str, ...]:
    """Return the lines of constraints.txt; () where there is none."""
    file = folder / "constraints.txt"
    if not file.is_file():
        return ()
    lines = (line.partition(" #")[0].strip() for line in file.read_text(encoding="utf-8").splitlines())
    return tuple(line for line in lines if line and not line.startswith(("#", "-")))


def content_of(requirement: str) -> str:
    """Return the requirement with what it stands for now, so that an edited checkout or a moved branch is another package.

    That is a digest of the files for a path, and the commit for a branch of a git repository.
    """
    path = local_path(requirement)
    if path is None:
        source = _git_source(requirement)
        commit = git(Path.cwd(), "ls-remote", *source) if source else None
        return f"{requirement} {commit.partition(chr(9))[0]}" if commit else requirement
    digest = hashlib.sha256()
    for file in sorted(_files(path)) if path.is_dir() else [path]:
        digest.update(str(file.relative_to(path)).encode() + b"\0")
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return f"{requirement} sha256:{digest.hexdigest()}"


def _files(folder: Path) -> Iterator[Path]:
    """Yield an author's files: those that git does not ignore, or all but what tools make."""
    listed = git(folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    paths = folder.rglob("*") if listed is None else [folder / name for name in listed.split("\0")[:-1]]
    for path in paths:
        parts = path.relative_to(folder).parts
        made = any(part in MADE or part.startswith(".") or part.endswith(".egg-info") for part in parts)
        if path.is_file() and not made:
            yield path


def _git_source(requirement: str) -> tuple[str, str] | None:
    """Return repository and revision of a requirement such as ``mylib @ git+https://example.org/mylib@main``."""
    url = (requirement if requirement.startswith("git+") else _parsed_url(requirement)) or ""
    if not url.startswith("git+"):
        return None
    parts = urlsplit(url.removeprefix("git+"))
    path, _, revision = parts.path.rpartition("@") if "@" in parts.path else (parts.path, "", "HEAD")
    return urlunsplit((parts.scheme, parts.netloc, path, parts.query, "")), revision


def _parsed_url(requirement: str) -> str | None:
    try:
        return Requirement(requirement).url
    except InvalidRequirement:
        return None


def _source_name(path: Path) -> str | None:
    try:
        if path.is_dir():
            table = tomllib.loads((path / "pyproject.toml").read_text(encoding="utf-8"))
            return canonicalize_name(table["project"]["name"])
        if path.suffix == ".whl":
            return parse_wheel_filename(path.name)[0]
        return parse_sdist_filename(path.name)[0]
    except (OSError, ValueError, LookupError, InvalidWheelFilename, InvalidSdistFilename):
        return None
