"""Find the contenders, learn from the interpreter under test what each of them is, and combine them into variants."""

import fnmatch
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from harness.measure.job import Entry, Environment, Source
from harness.measure.planning.probe import as_contender, probe
from harness.measure.processes.launch import ROOT
from harness.measure.processes.variables import NONE
from harness.measure.worker.spec import Program
from harness.model import NONE as NO_LOOP
from harness.model import Axis, Cell, Contender, HarnessError, Variant
from harness.sides.environment import Recipe
from harness.text import redacted_variable

FOLDERS: dict[Axis, str] = {"client": "clients", "concurrency": "concurrency", "loop": "loops"}
OPTIONS: dict[Axis, str] = {"client": "--client", "concurrency": "--concurrency-model", "loop": "--loop"}


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
        return next(
            contender for contender in self.contenders if (contender.axis, contender.name) == (axis, name)
        )

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
    given = [(axis, path.parent.resolve() / path.name) for axis, paths in asked for path in paths]
    for axis, path in given:
        _check_given(axis, path, files)
        files.append((axis, path))
    answers, interpreter = probe(python, variables, files)
    if variables:
        interpreter |= {
            "variables": {name: redacted_variable(name, variables[name]) for name in sorted(variables)}
        }
    contenders = tuple(
        as_contender(axis, path, answer, strict=strict and (axis, path) in given)
        for (axis, path), answer in zip(files, answers, strict=True)
    )
    variants = tuple(sorted(combine(contenders), key=lambda variant: variant.id))
    for axis, path in given if strict else ():
        if path.stem not in {getattr(variant, axis) for variant in variants}:
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
    known = list(contenders)
    clients, models, loops = (
        {contender.name: contender for contender in known if contender.axis == axis}
        for axis in get_args(Axis)
    )
    found = []
    for model in models.values():
        for client in clients.values():
            if None not in (client.fetch, model.fetch) and client.fetch != model.fetch:
                continue
            for loop in _loops(model, client, loops):
                parts = [model, client, *([loops[loop]] if loop else [])]
                reasons = [f"{part.name}: {part.unavailable}" for part in parts if part.unavailable]
                found.append(
                    Variant(
                        id="/".join(part.name for part in parts),
                        concurrency=model.name,
                        client=client.name,
                        loop=loop,
                        unavailable="; ".join(reasons) or None,
                        in_flight=model.in_flight,
                        http=client.http or ("1.1",),
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
        if not any(fnmatch.fnmatchcase(variant.id, glob) for variant in variants):
            raise HarnessError(f"{asked}: {glob!r} matches no variant; `list` shows their ids", exit_code=2)
    return tuple(
        variant for variant in variants if any(fnmatch.fnmatchcase(variant.id, glob) for glob in globs)
    )


def match_one(glob: str, variants: Sequence[Variant], asked: str = "--variant") -> Variant:
    """Return the one variant whose id fits; that it fits several is an error."""
    found = match([glob], variants, asked)
    if len(found) > 1:
        raise HarnessError(f"{asked}: {glob!r} names {len(found)} variants; give one", exit_code=2)
    return found[0]


def _loops(model: Contender, client: Contender, known: Mapping[str, Contender]) -> list[str | None]:
    if model.loops is None or (client.fetch is None and client.axis != "client"):
        return []
    if not model.loops:
        return [None]
    fits = [name for name, loop in known.items() if _runs_on(model, loop)]
    return [name for name in fits if client.loops is None or _runs_on(client, known[name])]


def _runs_on(contender: Contender, loop: Contender) -> bool:
    """Whether it names this loop, or one in whose place this loop says that it can run."""
    return not {loop.name, *(loop.loops or ())}.isdisjoint(contender.loops or ())


def _check_given(axis: Axis, path: Path, files: list[tuple[Axis, Path]]) -> None:
    if not (os.path.isfile(path) and os.access(path, os.R_OK)):  # noqa: PTH113 - Path.is_file raises where it may not look
        wrong = f"{path} is no file that can be read"
    elif path.suffix != ".py" or not path.stem.isidentifier():
        wrong = f"{path.name}: a variant is named after its file, so it needs a name like my_client.py"
    elif (axis, path.stem) == ("loop", NO_LOOP):
        wrong = f"{NO_LOOP} is what tables say of a variant without a loop; rename {path.name}"
    elif any((axis, path.stem) == (other, known.stem) for other, known in files):
        wrong = f"there is a {axis} named {path.stem} already; rename {path.name}"
    else:
        return
    raise HarnessError(f"{OPTIONS[axis]}: {wrong}", exit_code=2)
