"""One environment per content: what is asked decides its place in the cache, and it is built there once.

Every environment has what the contenders import, in the versions of constraints.txt, so that two sides differ only in what
was asked of them. What a side names replaces the project's requirement and pin of the same name.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from packaging.utils import canonicalize_name

from harness.model import HarnessError
from harness.sides.content import content_of, exact
from harness.sides.interpreters import Interpreter
from harness.sides.once import complete, made_once
from harness.sides.requirements import is_fixed, project_name, without
from harness.sides.uv import create, install, uv, versions
from harness.text import redacted


class Run(Protocol):
    """Runs a step of uv; returns why it failed, or None."""

    def __call__(self, arguments: Sequence[str], *, log: Path, lock: int) -> str | None:
        """See ``harness.sides.uv.uv``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """All that decides what is in an environment.

    Attributes:
        base: requirements of the contenders.
        constraints: pins for whatever the side does not name.
        asked: the side's requirements, with commits in the place of branches and tags.
        content: the same, with a digest of the files where one is a path.
        day: ISO date for which a requirement without one exact version holds; "" if all are exact.
    """

    python: Interpreter
    base: tuple[str, ...]
    constraints: tuple[str, ...]
    asked: tuple[str, ...]
    content: tuple[str, ...]
    day: str

    @property
    def key(self) -> str:
        """Return the name of its folder in the cache."""
        facts = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(facts.encode()).hexdigest()[:16]


def recipe(
    python: Interpreter, *, base: Sequence[str], constraints: Sequence[str], asked: Sequence[str], today: str
) -> Recipe:
    """Return what an environment is to be; reads the files of paths, and asks repositories for the commits of branches."""
    named = {name for requirement in asked if (name := project_name(requirement))}
    exactly = tuple(map(exact, asked))
    return Recipe(
        python=python,
        base=without(base, named),
        constraints=without(constraints, named),
        asked=exactly,
        content=tuple(map(content_of, exactly)),
        day="" if all(is_fixed(requirement) for requirement in asked) else today,
    )


def environment(wanted: Recipe, *, cache: Path, say: Callable[[str], None], run: Run = uv) -> Path:
    """Return the folder of the environment, built if it is not there yet.

    Args:
        wanted: what it is to be.
        cache: folder of all environments.
        say: told, in one line, what takes long.
        run: runs a step of uv.

    Raises:
        HarnessError: exit code 1: uv's own reason in one line, and the place of the log, which is kept.
    """
    folder = cache / "environments" / wanted.key
    with made_once(folder, say=say) as lock:
        if lock is not None:
            what = ", ".join((f"Python {wanted.python.version}", *wanted.asked))
            say(redacted(f"making an environment: {what}"))
            log = folder.with_name(f"{folder.name}.log")
            log.write_bytes(b"")
            why = _build(wanted, folder, partial(run, log=log, lock=lock))
            if why:
                raise HarnessError(f"cannot make the environment of {what}: {why} (log: {log})")
            asked = [redacted(requirement) for requirement in wanted.content]
            complete(folder, {"asked": asked, "versions": versions(folder), "commits": commits(folder)})
    return folder


def commits(folder: Path) -> dict[str, str]:
    """Return distribution -> commit of all that was installed from a git repository, as PEP 610 records it."""
    found: dict[str, str] = {}
    for path in folder.glob("lib/python*/site-packages/*.dist-info/direct_url.json"):
        commit = json.loads(path.read_text(encoding="utf-8")).get("vcs_info", {}).get("commit_id")
        if commit:
            found[canonicalize_name(path.parent.name.partition("-")[0])] = str(commit)
    return found


def _build(wanted: Recipe, folder: Path, step: Callable[[Sequence[str]], str | None]) -> str | None:
    """Fill the folder; return why it cannot be done, or None.

    An old library may need old versions of what the project pins (httpx 0.24 of httpcore). Then its own needs come first,
    and the project's requirements and pins hold for the rest.
    """
    pins = folder / "constraints.txt"
    why = step(create(wanted.python.path, folder))
    if why:
        return why

    def installed(requirements: Sequence[str], constraints: Sequence[str]) -> str | None:
        pins.write_text("".join(f"{line}\n" for line in constraints), encoding="utf-8")
        return step(install(folder, requirements, pins)) if requirements else None

    why = installed((*wanted.asked, *wanted.base), wanted.constraints)
    if not why or not wanted.asked:
        return why
    why = installed(wanted.asked, ())
    if why:
        return why
    brought = versions(folder)
    held = tuple(f"{name}=={version}" for name, version in brought.items())
    names = {name for requirement in brought if (name := project_name(requirement))}
    return installed(without(wanted.base, names), (*held, *without(wanted.constraints, names)))
