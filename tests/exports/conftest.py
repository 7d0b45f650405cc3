"""Runs whose values are known, for whatever reads an export back."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from harness import ledger
from harness.measured import Trial
from tests.builders import series
from tests.report.ledgers import make_book

VARIANTS = ("thread_pool/requests_session", "gather/aiohttp_session/uvloop")
FAILED = "thread_pool/urllib3_pool"
# seconds per image of each trial, typed by hand; arithmetic means 0.0103 and 0.00525, geometric ones below
VALUES = {
    "thread_pool/requests_session": (0.010, 0.011, 0.010, 0.0102),
    "gather/aiohttp_session/uvloop": (0.005, 0.0055, 0.005, 0.0055),
}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run whose values are known, and a cell that failed."""
    made = make_book(variants=[*VARIANTS, FAILED], rounds=4, failed={FAILED: "a wrong body"})
    folder = tmp_path / "runs" / "one"
    writer = ledger.create(folder, made.run)
    by_variant = {trial.cell.variant: trial.cell for trial in made.trials}
    known: Sequence[Trial] = [
        trial for name, values in VALUES.items() for trial in series(by_variant[name], values)
    ]
    broken = [trial for trial in made.trials if trial.cell.variant == FAILED]
    records: list[ledger.Record] = [*made.sentinels, *known, *broken]
    for record in records:
        writer.append(record)
    return folder


@pytest.fixture
def sided(tmp_path: Path) -> Path:
    """A run whose only side has an interpreter and packages of its own, unlike those of the harness."""
    made = make_book(variants=[VARIANTS[0]], rounds=4)
    identity = {"commits": {"mylib": "1a2b3c4d5e6f7890-dirty", "other": "f" * 40}}
    own = {"python": "CPython 3.12.1", "packages": {"requests": "2.25.1", "urllib3": "1.26.20"}}
    told = [
        replace(contender, modules={"requests": "2.34.2"}) for contender in made.run.contenders
    ]  # by another side
    run = replace(
        made.run,
        contenders=tuple(told),
        environment={"sides": {"here": {"fingerprint": own, "identity": identity}}},
    )
    writer = ledger.create(tmp_path / "runs" / "sided", run)
    records: list[ledger.Record] = [*made.sentinels, *made.trials]
    for record in records:
        writer.append(record)
    return tmp_path / "runs" / "sided"
