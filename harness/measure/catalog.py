"""Find the contenders, learn from the interpreter under test what each of them is, and combine them into variants.

No contender is imported here: a probe process does it, because the interpreter under test need not be ours and a file may do
anything when it is imported.
"""

import ast
import fnmatch
import os
import tokenize
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from harness import checks
from harness.measure.job import Entry, Environment, Source
from harness.measure.launch import ROOT, Worker, WorkerDied
from harness.measure.machine import cpu_split
from harness.measure.processes import Orphans
from harness.measure.variables import NONE
from harness.measure.worker.spec import Program
from harness.model import NONE as NO_LOOP
from harness.model import Axis, Cell, Contender, Count, FetchKind, HarnessError, Reason, Variant
from harness.sides.environment import Recipe
from harness.text import printable_values, redacted_variable

FOLDERS: dict[Axis, str] = {"client": "clients", "concurrency": "concurrency", "loop": "loops"}
OPTIONS: dict[Axis, str] = {"client": "--client", "concurrency": "--concurrency-model", "loop": "--loop"}
PROBE_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """Every contender found and every variant that they make; both sorted, the unavailable ones among them.

    Attributes:
        python: path of the interpreter that they are for.
        need: what its environment is made of; None is the interpreter that runs this.
        variables: environment variables that it gets, beside those of the clean environment.
        interpreter: what it is (see ``worker.contender.interpreter``), with the packages that the contenders need, and these
            variables without secrets if there are any.
    """

    contenders: tuple[Contender, ...]
    variants: tuple[Variant, ...]
    python: str
    need: Recipe | None
    variables: Mapping[str, str]
    interpreter: Mapping[str, Any]

    @property
    def packages(self) -> Mapping[str, str]:
        """Distribution -> version, of the contenders' packages and all that those require."""
        found: Mapping[str, str] = self.interpreter["packages"]
        return found

    def contender(self, axis: Axis, name: str) -> Contender:
        """Return the contender of this name."""
        return next(one for one in self.contenders if (one.axis, one.name) == (axis, name))

    @property
    def environment(self) -> Environment:
        """Return what the contenders run in, as a value that another machine can make."""
        return Environment(need=self.need, variables=self.variables)

    def entry(self, cell: Cell, position: int) -> Entry:
        """Return a trial to ask for, with the files that make its variant."""
        variant = next(variant for variant in self.variants if variant.id == cell.variant)
        return Entry(
            cell=cell,
            position=position,
            in_flight=variant.in_flight,
            client=self._source("client", variant.client),
            concurrency_model=self._source("concurrency", variant.concurrency),
            loop=self._source("loop", variant.loop) if variant.loop else None,
        )

    def program(self, variant: Variant, cpus: Sequence[int] = ()) -> Program:
        """Return the files that make a variant, where they are, and the CPUs that it may use."""
        return Program(
            client=self.contender("client", variant.client).path,
            concurrency_model=self.contender("concurrency", variant.concurrency).path,
            loop=self.contender("loop", variant.loop).path if variant.loop else None,
            cpus=cpus,
        )

    def _source(self, axis: Axis, name: str) -> Source:
        return Source(axis=axis, name=name, text=self.contender(axis, name).source)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What the probe may answer; the fields of a contender, or why there are none."""

    label: str = ""
    fetch: FetchKind | None = None
    loops: tuple[str, ...] | None = None
    in_flight: Count | None = None
    modules: Mapping[str, str] = field(default_factory=dict)
    missing: Reason | None = None
    invalid: Reason | None = None
    reason: Reason | None = None


def open_catalog(
    python: str,
    *,
    clients: Sequence[Path] = (),
    models: Sequence[Path] = (),
    loops: Sequence[Path] = (),
    root: Path = ROOT / "benchmarks",
    strict: bool = True,
    variables: Mapping[str, str] = NONE,
    need: Recipe | None = None,
) -> Catalog:
    """Find all files below ``root`` and those given by path, and probe them with ``python``.

    Args:
        variables: environment variables that are asked for.
        need: what the interpreter's environment is made of; None is the interpreter that runs this.
        strict: whether a file given by path that cannot run here is an error, or unavailable as any other.
    """
    files = [
        (axis, path)
        for axis in get_args(Axis)
        for path in sorted((root / FOLDERS[axis]).glob("*.py"))
        if not path.name.startswith("_")
    ]
    asked: list[tuple[Axis, Sequence[Path]]] = [("client", clients), ("concurrency", models), ("loop", loops)]
    # A link is named as it was given, whatever it leads to.
    given = [(axis, one.parent.resolve() / one.name) for axis, paths in asked for one in paths]
    for axis, path in given:
        _check_given(axis, path, files)
        files.append((axis, path))
    answers, interpreter = _probe(python, variables, files)
    if variables:
        interpreter |= {
            "variables": {name: redacted_variable(name, variables[name]) for name in sorted(variables)}
        }
    contenders = tuple(
        _contender(axis, path, answer, strict=strict and (axis, path) in given)
        for (axis, path), answer in zip(files, answers, strict=True)
    )
    variants = tuple(sorted(combine(contenders), key=lambda one: one.id))
    for axis, path in given if strict else ():
        if path.stem not in {getattr(one, axis) for one in variants}:
            raise HarnessError(
                f"{OPTIONS[axis]}: {path.name} fits no other file: look at its LOOPS, and at the FETCH of models",
                exit_code=2,
            )
    return Catalog(
        contenders=contenders,
        variants=variants,
        python=python,
        need=need,
        variables=dict(variables),
        interpreter=interpreter,
    )


def combine(contenders: Iterable[Contender]) -> list[Variant]:
    """Return every point on the three axes whose contracts fit together. Pure."""
    every = list(contenders)
    loops = {one.name: one for one in every if one.axis == "loop"}
    found = []
    for model in (one for one in every if one.axis == "concurrency"):
        for client in (one for one in every if one.axis == "client"):
            if None not in (client.fetch, model.fetch) and client.fetch != model.fetch:
                continue
            for loop in _loops(model, client, loops):
                parts = [model, client, *([loops[loop]] if loop else [])]
                reasons = [f"{one.name}: {one.unavailable}" for one in parts if one.unavailable]
                found.append(
                    Variant(
                        id="/".join(one.name for one in parts),
                        concurrency=model.name,
                        client=client.name,
                        loop=loop,
                        unavailable="; ".join(reasons) or None,
                        in_flight=model.in_flight,
                    )
                )
    return found


def match(
    globs: Sequence[str], variants: Sequence[Variant], asked: str = "--variants"
) -> tuple[Variant, ...]:
    """Return the variants whose id fits any glob, in the order of their ids; a glob that fits none is an error.

    Args:
        asked: where the globs come from, for the message.
    """
    for glob in globs:
        if not any(fnmatch.fnmatchcase(one.id, glob) for one in variants):
            raise HarnessError(
                f"{asked}: {glob!r} matches no variant; `list` shows their ids",
                exit_code=2,
            )
    return tuple(one for one in variants if any(fnmatch.fnmatchcase(one.id, glob) for glob in globs))


def _loops(model: Contender, client: Contender, known: Mapping[str, Contender]) -> list[str | None]:
    if model.loops is None or (client.fetch is None and client.axis != "client"):
        return []
    if not model.loops:
        return [None]
    fits = [name for name, loop in known.items() if _runs_on(model, loop)]
    return [name for name in fits if client.loops is None or _runs_on(client, known[name])]


def _runs_on(one: Contender, loop: Contender) -> bool:
    """Whether it names this loop, or one in whose place this loop says that it can run."""
    return not {loop.name, *(loop.loops or ())}.isdisjoint(one.loops or ())


def _check_given(axis: Axis, path: Path, files: list[tuple[Axis, Path]]) -> None:
    if not (os.path.isfile(path) and os.access(path, os.R_OK)):  # noqa: PTH113 - Path.is_file raises where it may not look
        wrong = f"{path} is no file that can be read"
    elif not path.stem.isidentifier():
        wrong = f"{path.name}: a variant is named after its file, so it needs a name like my_client.py"
    elif (axis, path.stem) == ("loop", NO_LOOP):
        wrong = f"{NO_LOOP} is what tables say of a variant without a loop; rename {path.name}"
    elif any((axis, path.stem) == (other, known.stem) for other, known in files):
        wrong = f"there is a {axis} named {path.stem} already; rename {path.name}"
    else:
        return
    raise HarnessError(f"{OPTIONS[axis]}: {wrong}", exit_code=2)


def _probe(
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
                    answers.append(_sound(answer))
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


def _sound(told: dict[str, Any]) -> dict[str, Any]:
    """What a file says of itself, if that can be recorded; a reason if not."""
    try:
        checks.made(_Told, told)
    except ValueError as error:
        return {"reason": f"what it says of itself cannot be read: {error}"}
    return told


def _contender(axis: Axis, path: Path, answer: dict[str, Any], *, strict: bool) -> Contender:
    """Turn the probe's answer into a record; a broken contract, or anything wrong with a file given by path, is an error."""
    unavailable = None
    if "missing" in answer:
        unavailable = f"package {answer['missing']} is not installed"
    elif "reason" in answer:
        unavailable = answer["reason"]
    if "invalid" in answer or (strict and unavailable):
        raise HarnessError(f"{path}: {answer.get('invalid') or unavailable}", exit_code=2)
    source = _source(path)
    known = answer if unavailable is None else _sound(printable_values(_static(source)))
    loops = known.get("loops")
    return Contender(
        axis=axis,
        name=path.stem,
        path=str(path),
        label=known.get("label", path.stem),
        source=source,
        fetch=known.get("fetch"),
        loops=None if loops is None else tuple(loops),
        in_flight=known.get("in_flight"),
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
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return {}
    constants = {
        node.targets[0].id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    found: dict[str, Any] = {}
    for name, key, kind in (("FETCH", "fetch", str), ("LOOPS", "loops", tuple)):
        with suppress(KeyError, ValueError):  # absent, or more than a literal
            value = ast.literal_eval(constants[name])
            found |= {key: value} if isinstance(value, kind) else {}
    functions = {type(node) for node in tree.body if getattr(node, "name", "") == "open_client"}
    if functions:
        found["fetch"] = "async" if ast.AsyncFunctionDef in functions else "sync"
    docstring = ast.get_docstring(tree)
    return found | ({"label": docstring.partition("\n")[0]} if docstring else {})
