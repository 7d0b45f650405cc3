"""From the text of a side to its record: what each part is, tried in one fixed order. Nothing is built or installed."""

import os
import re
from collections.abc import Collection
from pathlib import Path

from harness.git import lacks
from harness.model import HERE, HarnessError
from harness.sides import interpreters
from harness.sides.model import Side
from harness.sides.requirements import (
    constraints,
    named_path,
    project_name,
    project_requirements,
    read_requirement,
)
from harness.sides.trees import commit_of
from harness.text import read_variable, redacted_argument

KINDS = (
    "a Python (python3.13 or its path), a requirement (aiohttp==3.9.5, ./checkout), a git ref of fetchbench itself, "
    "a variant's id, a client file (./my_client.py) or a variable (env:NAME=VALUE)"
)
VARIABLE = "env:"
OPERATORS = ("<", ">", "=", "!", "~")


def parse_side(text: str, *, repository: Path, variant_ids: Collection[str]) -> Side:
    """Read a side: comma-separated parts in any order, each tried in the order of ``KINDS`` as documented.

    The order is: variable, Python, client file, variant, requirement that can be nothing else, git ref, bare name of
    a package.

    Args:
        text: e.g. "python3.13,aiohttp==3.14.*", "HEAD~1", "./my_client.py,mylib @ ./checkout"; "here" changes nothing.
        repository: the project's folder, for git refs.
        variant_ids: what counts as a variant.

    Raises:
        HarnessError: exit code 2: one line that names the part and what a side can be.
    """
    if not split_parts(text):  # a variable that is not set would gate nothing, and pass
        raise HarnessError(f"a side is empty; write {HERE} for what is here", exit_code=2)
    single: dict[str, str] = {}
    requirements: dict[str, str] = {}
    variables: dict[str, str] = {}
    for part in split_parts(text):
        if part == HERE:
            continue
        if part.startswith("-"):  # an option to every tool that would get it
            raise HarnessError(f"a side cannot be {part!r}, an option; its parts are {KINDS}", exit_code=2)
        if part.startswith(VARIABLE):
            taken, (key, value) = variables, _variable(part)
        else:
            kind, value = _read(part, repository, variant_ids)
            taken, key = single, kind
            if kind == "requirement":
                taken, key = requirements, project_name(value) or value
        if key in taken:
            raise HarnessError(
                f"side {redacted_argument(text)!r}: {redacted_argument(part)!r} is a second {key}; one is enough",
                exit_code=2,
            )
        taken[key] = value
    client = single.get("client")
    return Side(
        text=redacted_argument(text.strip()),
        python=single.get("python"),
        requirements=tuple(sorted(requirements.values())),
        ref=single.get("ref"),
        variant=single.get("variant"),
        client=Path(client) if client else None,
        variables=variables,
    )


def split_parts(text: str) -> list[str]:
    r"""Split at commas outside brackets; a part that begins with an operator belongs to the one before it.

    So ``aiohttp>=3.9,<3.10`` and ``httpx[http2,brotli]`` are one requirement each. In the value of a variable brackets and
    operators mean nothing, and a comma is written ``\,``.
    """
    pieces, depth = [""], 0
    for letter in text:
        is_value = pieces[-1].lstrip().startswith(VARIABLE)
        depth = 0 if is_value else depth + (letter in "[(") - (letter in "])")
        if letter == "," and is_value and pieces[-1].endswith("\\"):
            pieces[-1] = pieces[-1][:-1] + ","
        elif letter == "," and depth <= 0:
            pieces.append("")
        else:
            pieces[-1] += letter
    parts: list[str] = []
    for piece in (piece.strip() for piece in pieces):
        if parts and piece.startswith(OPERATORS) and not parts[-1].startswith(VARIABLE):
            parts[-1] += f",{piece}"
        elif piece:
            parts.append(piece)
    return parts


def _variable(part: str) -> tuple[str, str]:
    try:
        return read_variable(part.removeprefix(VARIABLE))
    except ValueError as error:
        raise HarnessError(f"a side cannot be {redacted_argument(part)!r}: {error}", exit_code=2) from None


def _read(part: str, repository: Path, variant_ids: Collection[str]) -> tuple[str, str]:
    """Return the kind of a part and its value."""
    path = named_path(part)
    if python := _python(part, path):
        return "python", python
    if path.suffix == ".py" and path.is_file():
        return "client", str(path.resolve())
    if part in variant_ids:
        return "variant", part
    requirement = read_requirement(part)
    is_bare = requirement is not None and re.fullmatch(r"[A-Za-z0-9._-]+", requirement)
    if requirement and not is_bare:
        return "requirement", requirement
    if commit := commit_of(part, repository):
        return "ref", commit
    if requirement and project_name(requirement) in _own_packages(repository):
        return "requirement", requirement
    lacking = lacks(repository)
    where = f"in {repository}" + (f", {lacking}" if lacking else "")
    if (
        requirement and path.suffix != ".py"
    ):  # never installed on a guess: a mistyped branch may be somebody's package
        raise HarnessError(
            f"{part!r} is no git ref of fetchbench ({where}) and no package that it requires; of a library of "
            f"yours write 'NAME @ git+file:///ITS/FOLDER@{part}', for any other package {part}>0",
            exit_code=2,
        )
    missing = ["no such file"] if "/" in part or path.suffix == ".py" else []
    missing += [f"no git ref of fetchbench {where}"] if lacking else []
    told = f" ({'; '.join(missing)})" if missing else ""
    raise HarnessError(f"a side cannot be {part!r}{told}; its parts are {KINDS}", exit_code=2)


def _own_packages(repository: Path) -> set[str | None]:
    """Names of what the project's contenders require and of all that it pins."""
    return {
        project_name(requirement)
        for requirement in (*project_requirements(repository), *constraints(repository))
    }


def _python(part: str, path: Path) -> str | None:
    named = re.fullmatch(r"(?:python)?(3\.\d+t?)", part)
    if named:
        return interpreters.find(named[1]).path
    if path.suffix == ".py" or not (path.is_file() and os.access(path, os.X_OK)):
        return None
    found = interpreters.ask(str(path.absolute()))
    return interpreters.checked(found).path if found else None
