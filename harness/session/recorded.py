"""What commands record of themselves, and where a recorded run is: what users write for one."""

import os
import platform
import shlex
import sys
import time
from collections.abc import Mapping
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
    for place in (Path(name), results / "runs" / name, results / name):
        if os.path.isfile(place / "run.json"):  # noqa: PTH113 - Path.is_file raises where it may not look
            return place
    raise HarnessError(
        f"{name} is no run: neither a folder with run.json nor an id below {results / 'runs'}", exit_code=2
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
    now = time.time()
    name = f"{datetime.fromtimestamp(now, UTC):%Y%m%dT%H%M%SZ}-{plan.suite}"
    folder = results / "runs" / name
    facts = fingerprint(catalog.interpreter, *cpu_split())
    run = Run(
        id=name,
        version=ledger.VERSION,
        created_at=now,
        command=command_line(),
        plan=plan,
        contenders=catalog.contenders,
        fingerprint=facts,
        environment=environment() | ({"sides": {HERE: side}} if side else {}),
        selfcheck=ledger.read_selfcheck(results, facts),
    )
    ledger.create(folder, run)
    quotes.quote(results, folder, platform.python_version())
    return folder


def gate_folder(results: Path, now: float, *, kind: str = "gates") -> Path:
    """Make a folder of a name that sorts by time."""
    name = f"{datetime.fromtimestamp(now, UTC):%Y%m%dT%H%M%S.%fZ}"
    folder = results / kind / name
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise HarnessError(f"cannot write results to {folder}: {error.strerror}") from None
    return folder
