"""What commands that compare sides share: sides made ready, and the run that measures them."""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.measure.planning.catalog import Catalog, open_catalog
from harness.measure.processes.launch import ROOT
from harness.model import HERE, HarnessError, Plan
from harness.session.console import Console, to_errors
from harness.session.driver import drive, opened
from harness.session.options import catalog_from, variables_from
from harness.session.recorded import create_run
from harness.sides.model import Prepared, Side
from harness.sides.parse import parse_side, split_parts
from harness.sides.prepare import prepare
from harness.text import redacted_argument


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
    here = catalog_from(options, strict=False)
    sides = {}
    for name, text in texts.items():
        with _naming(name, text):
            sides[name] = parse_side(text, repository=ROOT, variant_ids=_variant_ids(here, text))

    found = []
    for name, side in sides.items():
        if side.ref:
            console.say(f"{name}: {side.text} is commit {side.ref[:7]} of fetchbench, in {ROOT}")
        try:
            prepared = prepare(side, repository=ROOT, cache=options.cache, say=console.say)
            is_plain = (prepared.python, prepared.root) == (sys.executable, ROOT / "benchmarks")
            is_plain = is_plain and side.client is None and not side.variables
            catalog = here if is_plain else _catalog(prepared, options)
        except HarnessError as error:
            if failed is None:
                with _naming(name, side.text):
                    raise
            failed[name] = str(error)
            to_errors().say(f"fetchbench: side {name}: {error}")
        else:
            found.append(Ready(name=name, prepared=prepared, catalog=catalog))
    return tuple(found)


def _variant_ids(here: Catalog, text: str) -> set[str]:
    """What a side may name as a variant: those that are here, and the same ways of driving a client file of its own."""
    stems = {Path(part).stem for part in split_parts(text) if part.endswith(".py")}
    own = {variant.id_with(stem) for variant in here.variants for stem in stems}
    return own | {variant.id for variant in here.variants}


@contextmanager
def _naming(name: str, text: str) -> Iterator[None]:
    """Let an error say of which side it is, unless that is called as it was written."""
    try:
        yield
    except HarnessError as error:
        if name in {HERE, redacted_argument(text)}:
            raise
        raise HarnessError(f"{name}: {error}", exit_code=error.exit_code) from None


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
    catalogs = {side.name: side.catalog for side in sides}
    records = {side.name: record_of(side) for side in sides}
    name = f"{folder.parent.name}-{folder.name}"
    create_run(folder, results, name, plan, list(catalogs.values()), records)
    with opened(folder, console) as writer:
        drive(console, writer, catalogs, is_over=is_over, cache_folder=cache)


def facts_of(ready: Ready) -> dict[str, object]:
    """What a side is, for people."""
    return {"side": ready.side.text, **ready.prepared.facts}


def record_of(ready: Ready) -> dict[str, object]:
    """What a side is, exactly; its part of the fingerprint stands for that of the run (see ``Run.on``)."""
    return facts_of(ready) | {"identity": ready.prepared.identity, "fingerprint": ready.catalog.interpreter}


def package_changes(sides: Sequence[Ready]) -> dict[str, list[str | None]]:
    """Distribution -> its version on each side, of all that are not the same on every side; None where it is missing."""
    installed = [ready.catalog.packages for ready in sides]
    names = sorted({name for packages in installed for name in packages})
    found = {name: [packages.get(name) for packages in installed] for name in names}
    return {name: versions for name, versions in found.items() if len(set(versions)) > 1}
