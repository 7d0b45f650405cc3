"""What the files of contenders say of themselves.

None is imported here: a process does it with the interpreter under test, which need not be ours, and a file may do anything
when it is imported.
"""

import ast
import tokenize
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness import checks
from harness.fields import HttpVersion
from harness.measure.machine import cpu_split
from harness.measure.processes.launch import Worker, WorkerDied
from harness.measure.processes.usage import Orphans
from harness.model import Axis, Contender, FetchKind, HarnessError
from harness.quantities import Count, Reason
from harness.text import printable_values, syntax_of

PROBE_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What the probe may answer; the fields of a contender, or why there are none."""

    label: str = ""
    fetch: FetchKind | None = None
    loops: tuple[str, ...] | None = None
    in_flight: Count | None = None
    http: tuple[HttpVersion, ...] | None = None
    modules: Mapping[str, str] = field(default_factory=dict)
    missing: Reason | None = None
    invalid: Reason | None = None
    reason: Reason | None = None


def probe(
    python: str, variables: Mapping[str, str], files: Sequence[tuple[Axis, Path]]
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Ask one process after the other until every file has an answer: a file may end the process that imports it.

    Returns:
        An answer per file, and what the interpreter is.
    """
    answers: list[dict[str, Any]] = []
    interpreter: dict[str, Any] = {}
    while not interpreter:
        left = files[len(answers) :]
        try:
            with Orphans(), Worker(python, variables) as worker:
                for axis, path in left:
                    # A model that counts its CPUs is told those that it will have in a pass.
                    cpus = cpu_split()[0] if axis == "concurrency" else ()
                    asked = {"axis": axis, "path": str(path), "cpus": cpus}
                    answer = worker.ask("probe", **asked, within_s=PROBE_TIMEOUT_S)
                    # What a file does to the process may show a moment later: then it is this file's doing, no other's.
                    worker.ask("alive", within_s=PROBE_TIMEOUT_S)
                    answers.append(sound(answer))
                roots = sorted({name for answer in answers for name in answer.get("modules", {})})
                interpreter = worker.ask("interpreter", roots=roots, within_s=PROBE_TIMEOUT_S)
        except WorkerDied as death:
            if not left:
                raise HarnessError(f"{python} does not say what it is: {death}") from None
            if len(answers) == len(files):  # the last one, after all
                answers.pop()
            answers.append({"reason": f"importing it: {death}"})
    if not isinstance(interpreter.get("packages"), dict):
        raise HarnessError(f"{python} does not say what it is: {interpreter.get('reason', 'no packages')}")
    return answers, interpreter


def sound(told: dict[str, Any]) -> dict[str, Any]:
    """What a file says of itself, if that can be recorded; a reason if not."""
    try:
        checks.made(_Told, told)
    except ValueError as error:
        return {"reason": f"what it says of itself cannot be read: {error}"}
    return told


def as_contender(axis: Axis, path: Path, answer: dict[str, Any], *, strict: bool) -> Contender:
    """Turn the probe's answer into a record; a broken contract, or anything wrong with a file given by path, is an error."""
    unavailable = None
    if "missing" in answer:
        unavailable = f"package {answer['missing']} is not installed"
    elif "reason" in answer:
        unavailable = answer["reason"]
    if "invalid" in answer or (strict and unavailable):
        raise HarnessError(f"{path}: {answer.get('invalid') or unavailable}", exit_code=2)
    source = _source(path)
    known = answer if unavailable is None else sound(printable_values(_static(source)))
    loops, http = known.get("loops"), known.get("http")
    return Contender(
        axis=axis,
        name=path.stem,
        path=str(path),
        label=known.get("label", path.stem),
        source=source,
        fetch=known.get("fetch"),
        loops=None if loops is None else tuple(loops),
        in_flight=known.get("in_flight"),
        http=None if http is None else tuple(http),
        unavailable=unavailable,
        modules=answer.get("modules", {}),
    )


def _source(path: Path) -> str:
    """The text of a file in the encoding that it declares; "" if it cannot be read as text, which its state then tells."""
    try:
        with tokenize.open(path) as file:
            return file.read()
    except (SyntaxError, UnicodeDecodeError):
        return ""


def _static(source: str) -> dict[str, Any]:
    """What can be read of a file that cannot be imported here, so that it is listed with its reason and not lost."""
    tree = syntax_of(source)
    if tree is None:
        return {}
    constants = {
        node.targets[0].id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    found: dict[str, Any] = {}
    for name, key, kind in (("FETCH", "fetch", str), ("LOOPS", "loops", tuple), ("HTTP", "http", tuple)):
        # Absent, or more than a literal, or one that Python itself would not make.
        with suppress(KeyError, ValueError, TypeError, RecursionError, MemoryError):
            value = ast.literal_eval(constants[name])
            found |= {key: value} if isinstance(value, kind) else {}
    functions = {type(node) for node in tree.body if getattr(node, "name", "") == "open_client"}
    if functions:
        found["fetch"] = "async" if ast.AsyncFunctionDef in functions else "sync"
    docstring = ast.get_docstring(tree)
    return found | ({"label": docstring.partition("\n")[0]} if docstring else {})
