"""What a lesson says of itself, read from its text: nothing here runs a lesson."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.model import HarnessError


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """One lesson file.

    Attributes:
        name: of the file, without its ending.
        python_note: how the claim differs between versions of Python; None if it does not.
        modules: top-level modules that the file imports.
        wants_urls: True if ``observe`` has to be given image URLs.
    """

    name: str
    path: Path
    title: str
    claim: str
    advice: str
    python_note: str | None
    modules: tuple[str, ...]
    wants_urls: bool


def find_lessons(folder: Path, names: Sequence[str] = ()) -> list[Lesson]:
    """Read every lesson of a folder, sorted by name; only those named, if any are.

    Raises:
        HarnessError: a name is not a lesson of the folder, or a file breaks the contract.
    """
    paths = {path.stem: path for path in sorted(folder.glob("*.py")) if not path.name.startswith("_")}
    for name in names:
        if name not in paths:
            raise HarnessError(f"no lesson is called {name!r}; there are: {', '.join(paths)}", exit_code=2)
    return [read_lesson(path) for name, path in paths.items() if not names or name in names]


def read_lesson(path: Path) -> Lesson:
    """Read one lesson file.

    Raises:
        HarnessError: the file is not there, is not Python, or breaks the contract (see ``harness.lessons``).
    """
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError) as error:
        raise HarnessError(f"{path.name}: cannot be read as a lesson: {error}", exit_code=2) from error
    texts = _texts(tree)
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    observe = functions.get("observe")
    title = (ast.get_docstring(tree) or "").partition("\n")[0].rstrip(".")
    found = {
        "a docstring": title,
        "CLAIM": texts.get("CLAIM"),
        "ADVICE": texts.get("ADVICE"),
        "observe()": observe,
    }
    missing = [what for what, value in found.items() if not value]
    if observe is None or missing:
        raise HarnessError(
            f"{path.name}: a lesson needs {', '.join(missing)}; see harness/lessons", exit_code=2
        )
    return Lesson(
        name=path.stem,
        path=path,
        title=title,
        claim=texts["CLAIM"],
        advice=texts["ADVICE"],
        python_note=texts.get("PYTHON"),
        modules=_modules(tree),
        wants_urls=bool(observe.args.args),
    )


def _texts(tree: ast.Module) -> dict[str, str]:
    """Return the module's names that are bound to plain strings."""
    return {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _modules(tree: ast.Module) -> tuple[str, ...]:
    """Return the top-level modules that are imported anywhere in the file, sorted."""
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    return tuple(sorted({name.partition(".")[0] for name in names}))
