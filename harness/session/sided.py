"""What commands that compare sides share: sides made ready, what is compared on them, and a run's folder."""

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness import ledger
from harness.measure.catalog import Catalog, match, open_catalog
from harness.measure.launch import ROOT
from harness.measure.machine import cpu_split, environment, fingerprint
from harness.model import Cell, HarnessError, Plan, Run, Variant
from harness.session.console import Console
from harness.session.driver import drive, opened
from harness.session.options import variables_from, with_own
from harness.session.recorded import command_line
from harness.sides.model import Prepared, Side
from harness.sides.parse import parse_side
from harness.sides.prepare import default_cache, prepare


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A side that can be measured.

    Attributes:
        name: of the side in cells.
        catalog: its contenders, as its own interpreter sees them.
    """

    name: str
    prepared: Prepared
    catalog: Catalog

    @property
    def side(self) -> Side:
        """What was asked."""
        return self.prepared.side


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineup:
    """What is compared.

    Attributes:
        groups: per workload and variant, one cell for each side, in the order of the sides.
        left_out: groups that a side cannot run -> the name of that side and its reason.
        nowhere: those of them that no side can run.
    """

    groups: tuple[tuple[Cell, ...], ...]
    left_out: Mapping[tuple[Cell, ...], tuple[str, str]]
    nowhere: frozenset[tuple[Cell, ...]]


def ready_sides(
    texts: Mapping[str, str],
    options: argparse.Namespace,
    console: Console,
    failed: dict[str, str] | None = None,
) -> tuple[Ready, ...]:
    """Read all sides, then make each ready; a mistake in the last one is told before anything is installed.

    Args:
        texts: name -> the side as the user wrote it.
        options: with client, concurrency_model, loop and cache.
        console: told what takes long.
        failed: is given the sides that cannot be made ready, and why; without it the first of them is an error.
    """
    # What the user's own client imports may be installed on the sides alone.
    here = open_catalog(
        sys.executable,
        clients=options.client,
        models=options.concurrency_model,
        loops=options.loop,
        strict=False,
        variables=variables_from(options),
    )
    ids = [variant.id for variant in here.variants]
    sides = {name: parse_side(text, repository=ROOT, variant_ids=ids) for name, text in texts.items()}

    found = []
    for name, side in sides.items():
        try:
            prepared = prepare(side, repository=ROOT, cache=options.cache or default_cache(), say=console.say)
            is_plain = (prepared.python, prepared.root) == (sys.executable, ROOT / "benchmarks")
            is_plain = is_plain and side.client is None and not side.variables
            catalog = here if is_plain else _catalog(prepared, options)
        except HarnessError as error:
            if failed is None:
                raise
            failed[name] = str(error)
            console.say(f"fetchbench: side {name}: {error}")
        else:
            found.append(Ready(name=name, prepared=prepared, catalog=catalog))
    return tuple(found)


def _catalog(prepared: Prepared, options: argparse.Namespace) -> Catalog:
    """Open the catalogue of a side; a client file that stands in its tree already is no second one."""
    clients = [path.resolve() for path in options.client]
    own = prepared.side.client
    if own is not None and own.resolve() not in {
        *clients,
        *(prepared.root / "clients").resolve().glob("*.py"),
    }:
        clients.append(own.resolve())
    return open_catalog(
        prepared.python,
        need=prepared.need,
        clients=clients,
        models=options.concurrency_model,
        loops=options.loop,
        root=prepared.root,
        variables=variables_from(options) | dict(prepared.side.variables),
    )


def line_up(
    sides: Sequence[Ready], globs: Sequence[str], workloads: Sequence[str], options: argparse.Namespace
) -> Lineup:
    """Choose what is compared: the variants that the globs ask for, or those that sides name.

    Raises:
        HarnessError: exit code 5: no variant can be run on every side; 2: what is asked contradicts itself.
    """
    known = {variant.id: variant for ready in sides for variant in ready.catalog.variants}
    union = replace(sides[-1].catalog, variants=tuple(known[name] for name in sorted(known)))
    selected = _selected(sides, globs, union, options)
    rows = dict.fromkeys(
        tuple(_id(ready.side, variant) for ready in sides)
        for variant in sorted(selected, key=lambda variant: variant.id)
    )
    groups, left_out, nowhere = [], {}, set()
    for row in rows:
        if not _fits(sides, row):
            continue
        obstacles = [obstacle for obstacle in map(_obstacle, sides, row) if obstacle]
        for workload in workloads:
            group = tuple(
                Cell(workload=workload, variant=variant, side=ready.name)
                for ready, variant in zip(sides, row, strict=True)
            )
            if not obstacles:
                groups.append(group)
                continue
            left_out[group] = obstacles[0]
            if len(obstacles) == len(sides):
                nowhere.add(group)
    if not groups and not left_out:
        raise HarnessError(
            "nothing to measure: no variant takes this client; choose others with --variants", exit_code=5
        )
    return Lineup(groups=tuple(groups), left_out=left_out, nowhere=frozenset(nowhere))


def _selected(
    sides: Sequence[Ready], globs: Sequence[str], union: Catalog, options: argparse.Namespace
) -> Sequence[Variant]:
    """What sides measure that name no variant; one that another side names is meant for all, unless --variants says."""
    named = list(dict.fromkeys(ready.side.variant for ready in sides if ready.side.variant))
    others = [ready.side.text for ready in sides if not ready.side.variant]
    if not named:
        return with_own(match(globs, union.variants), union, options)
    if options.variants:
        matched = match(globs, union.variants)
        if not others:
            raise HarnessError("--variants: every side names its variant already; leave it out", exit_code=2)
        if len(matched) > 1:
            raise HarnessError(
                f"--variants: it matches {len(matched)} variants, and a side names one ({named[0]}); give one",
                exit_code=2,
            )
        return matched
    if others and len(named) > 1:
        raise HarnessError(
            f"side {others[0]!r}: the others name {len(named)} variants; say with --variants which one it measures",
            exit_code=2,
        )
    return [variant for variant in union.variants if variant.id == named[0]]


def _id(side: Side, selected: Variant) -> str:
    """The variant that a side measures where ``selected`` is asked for."""
    if side.variant:
        return side.variant
    client = side.client.stem if side.client else selected.client
    return "/".join(part for part in (selected.concurrency, client, selected.loop) if part)


def _fits(sides: Sequence[Ready], row: Sequence[str]) -> bool:
    """False where a side's client is of another kind than the concurrency model: there is nothing to compare."""
    return all(
        ready.side.client is None or any(known.id == variant for known in ready.catalog.variants)
        for ready, variant in zip(sides, row, strict=True)
    )


def _obstacle(ready: Ready, variant: str) -> tuple[str, str] | None:
    found = next((known for known in ready.catalog.variants if known.id == variant), None)
    if found is None:
        return ready.name, f"{variant} does not exist on {ready.name}"
    return (ready.name, f"on {ready.name}: {found.unavailable}") if found.unavailable else None


def chosen_variants(sides: Sequence[Ready], groups: Sequence[tuple[Cell, ...]]) -> tuple[Variant, ...]:
    """Every variant that the groups measure, once, sorted by id."""
    measured = {cell.variant for group in groups for cell in group}
    found = {
        variant.id: variant for ready in sides for variant in ready.catalog.variants if variant.id in measured
    }
    return tuple(found[name] for name in sorted(found))


def twins(sides: Sequence[Ready], groups: Sequence[tuple[Cell, ...]]) -> tuple[str, ...]:
    """Names of the sides that measure the very thing that the first one measures, so that only noise can differ."""

    def identity(place: int) -> object:
        ready = sides[place]
        sources = frozenset(
            (contender.axis, contender.name, contender.source) for contender in ready.catalog.contenders
        )
        measured = tuple((group[place].workload, group[place].variant) for group in groups)
        known = ready.catalog
        return known.python, dict(known.variables), dict(known.packages), sources, measured

    return tuple(
        ready.name for place, ready in enumerate(sides) if place and groups and identity(place) == identity(0)
    )


def measure_sides(
    console: Console,
    folder: Path,
    results: Path,
    plan: Plan,
    sides: Sequence[Ready],
    *,
    cache: Path | None,
    is_over: Callable[[int], bool] = lambda _number: False,
) -> None:
    """Make the run's folder and measure the plan on all sides, whose environments are in the cache."""
    first = sides[0].catalog
    facts = fingerprint(first.interpreter, *cpu_split())
    contenders = {
        (contender.axis, contender.name, contender.source): contender
        for ready in sides
        for contender in ready.catalog.contenders
    }
    run = Run(
        id=f"{folder.parent.name}-{folder.name}",
        version=ledger.VERSION,
        created_at=time.time(),
        command=command_line(),
        plan=plan,
        contenders=tuple(contenders.values()),
        fingerprint=facts,
        environment=environment() | {"sides": {side.name: _record_of(side) for side in sides}},
        selfcheck=ledger.read_selfcheck(results, facts),
    )
    ledger.create(folder, run)
    catalogs = {side.name: side.catalog for side in sides}
    with opened(folder, console) as writer:
        drive(console, writer, catalogs, is_over=is_over, cache_folder=cache)


def facts_of(ready: Ready) -> dict[str, object]:
    """What a side is, for people."""
    return {"side": ready.side.text, **ready.prepared.facts}


def _record_of(ready: Ready) -> dict[str, object]:
    """What a side is, exactly; its part of the fingerprint stands for that of the run (see ``Run.on``)."""
    return facts_of(ready) | {"identity": ready.prepared.identity, "fingerprint": ready.catalog.interpreter}


def package_changes(sides: Sequence[Ready]) -> dict[str, list[str | None]]:
    """Distribution -> its version on each side, of all that are not the same on every side; None where it is missing."""
    installed = [ready.catalog.packages for ready in sides]
    names = sorted({name for packages in installed for name in packages})
    found = {name: [packages.get(name) for packages in installed] for name in names}
    return {name: versions for name, versions in found.items() if len(set(versions)) > 1}
