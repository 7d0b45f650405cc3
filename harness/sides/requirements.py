"""Read requirements: what a text asks for, what it names, and what it stands for as content. Nothing is installed."""

import re
import tomllib
from collections.abc import Collection, Iterable
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

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
from harness.text import redacted

GROUP = "clients"  # of pyproject.toml: what the contenders import
IN_URLS = "/%:@#?&=+~!$'()*,;[]"  # what means something in one, or itself
GIT_SCHEMES = {"file", "git", "http", "https", "ssh"}  # git knows others, which run commands


def named_path(text: str) -> Path:
    """Return the path that a text names; where ``~`` is nobody's home, it is a sign as any other."""
    path = Path(text)
    try:
        return path.expanduser()
    except RuntimeError:
        return path


def read_requirement(text: str) -> str | None:
    """Return ``text`` as an installer understands it from any folder, or None if it is no requirement.

    A bare name is one too; whoever has better readings of it tries them first.

    Raises:
        HarnessError: exit code 2: it names what is no package, no URL, or a repository of a kind that runs commands.
    """
    path = named_path(text)
    if is_source(path):
        return _as_named(path.resolve())
    text = _with_quoted_path(text)
    if "://" in text and " @ " not in text:
        return _safe(text, text)
    try:
        parsed = Requirement(text)
    except InvalidRequirement:
        return None
    if parsed.url:
        _safe(text, parsed.url)
    if parsed.url and "://" not in parsed.url:
        target = named_path(parsed.url)
        if not is_source(target):
            raise HarnessError(
                f"{text!r}: {parsed.url} is no package (a folder with pyproject.toml, a wheel or an sdist)",
                exit_code=2,
            )
        parsed.url = target.resolve().as_uri()
    return str(parsed)


def _as_named(folder: Path) -> str:
    """The path, or its URL where an installer would act on a sign of it, as on the brackets of extras."""
    text, url = str(folder), folder.as_uri()
    return text if url == f"file://{text}" else url


def _with_quoted_path(text: str) -> str:
    """The text with the path of a file's URL as URLs have it: folders have spaces, and letters of any script (RFC 3986).

    The last @ is before a revision; any other is of a folder, as Jenkins calls its second workspace.
    """
    found = re.fullmatch(r"((?:[^/]+ @ )?(?:git\+)?file://)(.+?)( ;.*)?", text, re.DOTALL)
    if found is None:
        return text
    folder, sign, revision = quote(found[2], safe=IN_URLS).rpartition("@")
    return f"{found[1]}{folder.replace('@', '%40')}{sign}{revision}{found[3] or ''}"


def _safe(text: str, url: str) -> str:
    """Return ``text``, unless its URL is none, or would have git run something."""
    try:
        scheme = urlsplit(url.removeprefix("git+")).scheme
    except ValueError as error:
        raise HarnessError(f"{redacted(text)!r}: {error}", exit_code=2) from None
    if url.startswith("git+") and scheme not in GIT_SCHEMES:
        known = ", ".join(f"git+{scheme}://" for scheme in sorted(GIT_SCHEMES))
        raise HarnessError(f"{redacted(text)!r}: a git repository is one of {known}", exit_code=2)
    return text


def is_source(path: Path) -> bool:
    """Whether an installer can take a package from this path."""
    if path.is_dir():
        return (path / "pyproject.toml").is_file() or (path / "setup.py").is_file()
    return path.is_file() and path.name.endswith((".whl", ".tar.gz", ".zip"))


def local_path(requirement: str) -> Path | None:
    """Return the path that a requirement takes its package from; None if it comes from elsewhere."""
    if Path(requirement).is_absolute():
        return Path(requirement)
    parts = urlsplit(url_of(requirement) or "")
    return Path(unquote(parts.path)) if parts.scheme == "file" else None


def project_name(requirement: str) -> str | None:
    """Return the canonical name of the project that a requirement asks for; None if only building it would tell."""
    try:
        return canonicalize_name(Requirement(requirement).name)
    except InvalidRequirement:
        path = local_path(requirement)
        return _source_name(path) if path else None


def is_fixed(requirement: str) -> bool:
    """Whether it means the same package on any day: one exact version, a path, or a commit (see ``content``)."""
    if local_path(requirement) or (url_of(requirement) or "").startswith("git+"):
        return True
    try:
        parsed = Requirement(requirement)
    except InvalidRequirement:
        return False
    return any(
        clause.operator in {"==", "==="} and not clause.version.endswith(".*") for clause in parsed.specifier
    )


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


def url_of(requirement: str) -> str | None:
    """Return the URL that a requirement takes its package from, if it names one."""
    if "://" in requirement.partition(" @ ")[0]:
        return requirement
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
