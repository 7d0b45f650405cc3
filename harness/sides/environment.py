"""One environment per content: what is asked decides its place in the cache, and it is built there once.

Every environment has what the contenders import, in the versions of constraints.txt, so that two sides differ only in what
was asked of them. What a side names replaces the project's requirement and pin of the same name.
"""

import hashlib
import json
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from harness.model import HarnessError
from harness.sides.installer import Installer, Launch, python_of, run
from harness.sides.interpreters import Interpreter
from harness.sides.once import complete, made_once
from harness.sides.requirements import content_of, is_fixed, project_name, without

VERSIONS = (
    "import json; from importlib.metadata import distributions; "
    "print(json.dumps({d.metadata['Name']: d.version for d in distributions()}))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """All that decides what is in an environment.

    Attributes:
        base: requirements of the contenders.
        constraints: pins for whatever the side does not name.
        asked: the side's requirements.
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
    python: Interpreter,
    *,
    base: Sequence[str],
    constraints: Sequence[str],
    asked: Sequence[str],
    today: str,
) -> Recipe:
    """Return what an environment is to be; reads the files of requirements that are paths."""
    named = {name for one in asked if (name := project_name(one))}
    return Recipe(
        python=python,
        base=without(base, named),
        constraints=without(constraints, named),
        asked=tuple(asked),
        content=tuple(content_of(one) for one in asked),
        day="" if all(is_fixed(one) for one in asked) else today,
    )


def environment(
    wanted: Recipe, *, cache: Path, installer: Installer, launch: Launch, say: Callable[[str], None]
) -> Path:
    """Return the folder of the environment, built if it is not there yet.

    Raises:
        HarnessError: exit code 1: the installer's own reason in one line, and the place of the log, which is kept.
    """
    folder = cache / "environments" / wanted.key
    with made_once(folder, say=say) as is_ready:
        if not is_ready:
            what = ", ".join((f"Python {wanted.python.version}", *wanted.asked))
            say(f"making an environment: {what}")
            log = folder.with_name(f"{folder.name}.log")
            log.write_bytes(b"")
            why = _build(wanted, folder, installer, lambda command: run(command, launch=launch, log=log))
            if why:
                raise HarnessError(f"cannot make the environment of {what}: {why} (log: {log})")
            complete(folder, asdict(wanted) | {"versions": versions(folder)})
    return folder


def versions(folder: Path) -> dict[str, str]:
    """Return distribution -> version of all that is installed in an environment."""
    answer = subprocess.run(
        [python_of(folder), "-I", "-c", VERSIONS], capture_output=True, text=True, check=True
    )
    found: dict[str, str] = json.loads(answer.stdout)
    return found


def _build(
    wanted: Recipe, folder: Path, installer: Installer, step: Callable[[Sequence[str]], str | None]
) -> str | None:
    """Fill the folder; return why it cannot be done, or None.

    An old library may need old versions of what the project pins (httpx 0.24 of httpcore). Then its own needs come first,
    and the project's requirements and pins hold for the rest.
    """
    pins = folder / "constraints.txt"
    why = step(installer.create(wanted.python.path, folder))
    if why:
        return why

    def install(requirements: Sequence[str], constraints: Sequence[str]) -> str | None:
        pins.write_text("".join(f"{line}\n" for line in constraints), encoding="utf-8")
        return step(installer.install(folder, requirements, pins)) if requirements else None

    why = install((*wanted.asked, *wanted.base), wanted.constraints)
    if not why or not wanted.asked:
        return why
    why = install(wanted.asked, ())
    if why:
        return why
    brought = versions(folder)
    held = tuple(f"{name}=={version}" for name, version in brought.items())
    names = {name for one in brought if (name := project_name(one))}
    return install(without(wanted.base, names), (*held, *without(wanted.constraints, names)))
