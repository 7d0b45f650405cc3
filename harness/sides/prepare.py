"""From a side to what can be measured: an interpreter, a folder of contenders, and the facts that are shown."""

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import platformdirs

from harness.git import git
from harness.model import HarnessError
from harness.sides import interpreters, once
from harness.sides.environment import Recipe, environment, recipe
from harness.sides.model import Prepared, Side
from harness.sides.requirements import constraints, local_path, project_name, project_requirements
from harness.sides.trees import tree_of
from harness.sides.uv import python_of
from harness.text import redacted, redacted_variable


def cache_in(asked: Path | None) -> Path:
    """Return where environments and commits are kept: below the user's cache folder, never below results/.

    Args:
        asked: the folder that is named instead.

    Raises:
        HarnessError: exit code 2: none is named, and the user has no home.
    """
    try:
        return (asked or platformdirs.user_cache_path("fetchbench")).resolve()
    except RuntimeError:
        raise HarnessError(
            "this user has no home to keep environments in: name a folder with --cache", exit_code=2
        ) from None


def prepare(side: Side, *, repository: Path, cache: Path | None, say: Callable[[str], None]) -> Prepared:
    """Make ready what a side asks for; what was made before is taken from the cache.

    A side that asks for neither Python nor packages is measured with the interpreter that runs this, unless it is a commit
    whose requirements or pins are not those of the checkout: a change of a pin is a change.

    Args:
        repository: the project's folder.
        cache: see ``cache_in``.
        say: told, in one line, what takes long.

    Raises:
        HarnessError: exit code 1: uv's own reason in one line, and the log; exit code 2: nothing is there.
    """
    repository = repository.resolve()
    tree = (
        tree_of(side.ref, repository=repository, cache=cache_in(cache), say=say) if side.ref else repository
    )
    own = tree if (tree / "pyproject.toml").is_file() else repository
    facts = {"fetchbench": side.ref[:7]} if side.ref else {}
    facts |= {f"env {name}": redacted_variable(name, value) for name, value in side.variables.items()}
    identity: dict[str, object] = {"commit": side.ref} if side.ref else {}
    python = interpreters.ask(side.python or sys.executable)
    if python is None:
        raise HarnessError(f"{side.python or sys.executable} cannot be run")
    facts["python"] = python.version
    if not side.python and not side.requirements and _needs(own) == _needs(repository):
        return Prepared(
            side=side,
            python=sys.executable,
            need=None,
            root=tree / "benchmarks",
            identity=identity,
            facts=facts,
        )
    wanted = recipe(
        python,
        base=project_requirements(own),
        constraints=constraints(own),
        asked=side.requirements,
        today=time.strftime("%Y-%m-%d", time.gmtime()),
    )
    folder = environment(wanted, cache=cache_in(cache), say=say)
    return Prepared(
        side=side,
        python=python_of(folder),
        need=wanted,
        root=tree / "benchmarks",
        identity=identity
        | {
            "requirements": [redacted(requirement) for requirement in wanted.content],
            "commits": _library_commits(side, folder),
        },
        facts=facts | _named_versions(side, folder),
    )


def interpreter_of(need: Recipe | None, cache: Path | None = None) -> str:
    """Return the path of the interpreter of an environment on this machine, which is made if it is not there yet.

    A Python that this machine does not have in the same place is looked for by its series.

    Args:
        need: None is the interpreter that runs this.
        cache: see ``cache_in``.

    Raises:
        HarnessError: it cannot be made here.
    """
    if need is None:
        return sys.executable
    if not Path(need.python.path).is_file():
        need = replace(need, python=interpreters.find(need.python.series))
    return python_of(environment(need, cache=cache_in(cache), say=lambda _line: None))


def _needs(folder: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return requirements and pins of a checkout; of one without pyproject.toml (a folder of contenders) nothing."""
    if not (folder / "pyproject.toml").is_file():
        return (), ()
    return project_requirements(folder), constraints(folder)


def _library_commits(side: Side, folder: Path) -> dict[str, str]:
    """Project -> the commit that it was built at, of all that the side takes from a git repository or a folder in one."""
    known = (once.read(folder) or {}).get("commits", {})
    found = {}
    for requirement in side.requirements:
        name, path = project_name(requirement), local_path(requirement)
        commit = known.get(name) or (path and _checked_out(path))
        if name and commit:
            found[name] = commit
    return found


def _checked_out(folder: Path) -> str | None:
    """The commit of a folder in a git repository; "-dirty" if it was edited since. What builds leave there is no edit."""
    commit = git(folder, "rev-parse", "--verify", "--quiet", "HEAD")
    edits = git(folder, "status", "--porcelain", "--untracked-files=no", "--", ".")
    return f"{commit.strip()}{'-dirty' if edits else ''}" if commit else None


def _named_versions(side: Side, folder: Path) -> dict[str, str]:
    """Return the versions of the packages that the side named, with the commit of what comes from a git repository.

    Raises:
        HarnessError: exit code 2: one is not there, for its own condition (``; python_version < "3.12"``) does not hold.
    """
    facts = once.read(folder) or {}
    commits = facts["commits"]
    installed = {project_name(name): (name, version) for name, version in facts["versions"].items()}
    found = {}
    for requirement in side.requirements:
        project = project_name(requirement)
        if project in installed:
            name, version = installed[project]
            found[name] = f"{version} ({commits[project][:12]})" if project in commits else version
        elif project:
            raise HarnessError(f"{redacted(requirement)!r} asks for nothing with this Python", exit_code=2)
    return found
