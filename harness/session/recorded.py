"""What commands record of themselves, and where a recorded run is: what users write for one."""

import os
import platform
import shlex
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from harness import ledger, quotes
from harness.measure.machine import cpu_split, environment, fingerprint
from harness.measure.planning.catalog import Catalog
from harness.measure.planning.suite import OF_SELFCHECK
from harness.model import HERE, HarnessError, Plan, Run
from harness.text import redacted_argument


def command_line() -> str:
    """The command that runs, as it may be recorded."""
    return shlex.join(["python", "-m", "harness", *map(redacted_argument, sys.argv[1:])])


def run_folder(name: str, results: Path) -> Path:
    """The folder of a run given as a path, as an id below ``results/runs``, or as ``latest``.

    Raises:
        HarnessError: there is no such run.
    """
    for place in (Path(name), results / "runs" / name, results / name) if name else ():
        if os.path.isfile(place / "run.json"):  # noqa: PTH113 - Path.is_file raises where it may not look
            return place
    raise HarnessError(
        f"{name or repr(name)} is no run: neither a folder with run.json nor an id below {results / 'runs'}",
        exit_code=2,
    )


def bench_folder(name: str, results: Path) -> Path:
    """The folder of a run that ``bench`` made.

    Raises:
        HarnessError: there is no such run, or another command made it, for a purpose of its own.
    """
    folder = run_folder(name, results)
    plan = ledger.read_run(folder).plan
    kind = "a self-check" if plan.suite == OF_SELFCHECK else "a comparison of sides"
    if plan.suite == OF_SELFCHECK or any(cell.side != HERE for cell in plan.cells):
        raise HarnessError(f"{folder} is {kind}; this takes runs of bench alone", exit_code=2)
    return folder


def start(results: Path, plan: Plan, catalog: Catalog, side: Mapping[str, object] | None = None) -> Path:
    """Make the run's folder with all that is known before the first trial.

    Args:
        side: what it is measured on, where that is not this interpreter.
    """
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{plan.suite}"
    folder = results / "runs" / name
    create_run(folder, results, name, plan, [catalog], {HERE: side} if side else {})
    quotes.quote(results, folder, platform.python_version())
    return folder


def create_run(
    folder: Path,
    results: Path,
    name: str,
    plan: Plan,
    catalogs: Sequence[Catalog],
    sides: Mapping[str, Mapping[str, object]],
) -> None:
    """Make a run's folder with all that is known before the first trial.

    Args:
        results: where the last self-check of this machine is kept.
        catalogs: of what is measured; the facts of the run are those of the first.
        sides: what each side is, where it is not this interpreter alone.
    """
    facts = fingerprint(catalogs[0].interpreter, *cpu_split())
    contenders = {
        (contender.axis, contender.name, contender.source): contender
        for catalog in catalogs
        for contender in catalog.contenders
    }
    run = Run(
        id=name,
        version=ledger.VERSION,
        created_at=time.time(),
        command=command_line(),
        plan=plan,
        contenders=tuple(contenders.values()),
        fingerprint=facts,
        environment=environment() | ({"sides": sides} if sides else {}),
        selfcheck=ledger.read_selfcheck(results, facts),
    )
    ledger.create(folder, run)


def dated_folder(parent: Path) -> Path:
    """Make a folder of a name that sorts by time."""
    folder = parent / f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}"
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise HarnessError(f"cannot write results to {folder}: {error.strerror}") from None
    return folder
