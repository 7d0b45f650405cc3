"""Whatever a file, a text or an answer holds: a command ends with a report or one line, and writes what it can read.

The suite tries a few damages of each kind, always the same. ``FETCHBENCH_FUZZ=N`` tries N times as many, newly drawn, and
draws all charts; 300 take an hour.
"""

import io
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from harness import ledger
from harness.cli import main
from harness.commands import bench
from harness.exports import history
from harness.measure.planning.catalog import Catalog
from harness.measure.processes.launch import ROOT
from harness.model import HarnessError
from harness.session import sided
from tests.fuzz.damage import JSON, LINES, RUN_FILE, TEXT, Damage, applied
from tests.measure.test_answers import ENDED, FINE, conducted
from tests.report.ledgers import VARIANTS, leave_unpainted, make_book

TIMES = int(os.environ.get("FETCHBENCH_FUZZ", "0"))
CODES = {0, 1, 2, 3, 4, 5, 130}
SUITE = (ROOT / "benchmarks" / "suite.toml").read_bytes()
FORMATS = ("pytest-benchmark", "pyperf", "bencher", "github-action-benchmark", "otava")


def fuzzed(few: int) -> Callable[[Any], Any]:
    """Try so many examples, or that times as was asked."""
    return settings(
        max_examples=few * max(1, TIMES),
        derandomize=not TIMES,
        deadline=None,
        database=None,
        phases=[Phase.generate],  # a report takes seconds: shrinking would take hours
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture(scope="module", autouse=True)
def folder() -> Iterator[Path]:
    """A place with two runs, in which nothing is measured and no process is started."""
    recorded = make_book(variants=VARIANTS[:3], rounds=3, failed={VARIANTS[2]: "a wrong body"})
    catalog = Catalog(
        contenders=recorded.run.contenders,
        variants=recorded.run.plan.variants,
        python="python",
        need=None,
        variables={},
        interpreter={"packages": {}},
    )
    records: list[ledger.Record] = [*recorded.ceilings, *recorded.sentinels, *recorded.trials]

    def measured(*_: object, **__: object) -> None:
        """Leave out."""

    def prepared(*_: object, **__: object) -> None:
        raise HarnessError("no environment is made here")

    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as name:
        place = Path(name)
        for run in ("one", "two"):
            writer = ledger.create(place / "whole" / "runs" / run, replace(recorded.run, id=run))
            for record in records:
                writer.append(record)
        quiet("history", "add", "one", "--results", place / "whole")
        patch.setattr(tempfile, "tempdir", str(place))
        patch.setattr(bench, "drive", measured)
        patch.setattr(bench, "catalog_from", lambda _: catalog)
        patch.setattr(bench, "differences", lambda *_: [])
        patch.setattr(sided, "catalog_from", lambda *_, **__: catalog)
        patch.setattr(sided, "prepare", prepared)
        if not TIMES:
            leave_unpainted(patch)
        yield place


def quiet(*arguments: str | Path) -> tuple[int, str, str]:
    """Run a command in this process; return its code and what it said on standard output and error."""
    output, errors = io.StringIO(), io.StringIO()
    with redirect_stdout(output), redirect_stderr(errors):
        try:
            code = main([*map(str, arguments)])
        except SystemExit as end:  # of argparse
            code = end.code if isinstance(end.code, int) else 1
    return code, output.getvalue(), errors.getvalue()


def ends_well(*arguments: str | Path) -> int:
    """Run a command, and hold it to how commands end."""
    code, output, errors = quiet(*arguments)
    assert code in CODES
    assert "Traceback" not in errors
    assert output.strip() or errors.strip()
    assert all(len(line) < 3000 for line in errors.splitlines() if line.startswith("fetchbench: "))
    return code


def copied(folder: Path) -> Path:
    """A copy of the whole place, to damage."""
    return Path(shutil.copytree(folder / "whole", tempfile.mkdtemp(dir=folder), dirs_exist_ok=True))


def every_command(results: Path) -> None:
    """Give the run ``one`` to all that reads runs; what could be read before can be read after."""
    try:
        ledger.read(results / "runs" / "one")
        can_be_read = True
    except HarnessError:
        can_be_read = False
    ends_well("report", "one", "--results", results)
    for kind in FORMATS:
        ends_well("export", "one", "--format", kind, "--results", results)
    ends_well("compare", "two", "one", "--force", "--results", results)
    if ends_well("history", "add", "one", "--results", results) == 0:
        for path in history.stores(results / "history"):
            history.read(path)
    ends_well("history", "show", "--results", results)
    ends_well("bench", "--resume", "one", "--results", results)
    if can_be_read:
        assert not ledger.read(results / "runs" / "one").cut


def damaged(folder: Path, path: str, damages: list[Damage]) -> Path:
    results = copied(folder)
    [file] = results.glob(path)
    before, after = file.read_bytes(), applied(file.read_bytes(), damages)
    at = next((at for at, pair in enumerate(zip(before, after, strict=False)) if len({*pair}) > 1), 0)
    note(
        f"damaged at {at}: {before[max(0, at - 80) : at + 80]!r} became {after[max(0, at - 80) : at + 80]!r}"
    )
    file.write_bytes(after)
    return results


@fuzzed(3)
@given(damages=LINES)
def test_a_damaged_ledger(folder: Path, damages: list[Damage]) -> None:
    every_command(results := damaged(folder, "runs/one/trials.jsonl", damages))
    shutil.rmtree(results)


@fuzzed(4)
@given(damages=RUN_FILE)
def test_a_damaged_run_file(folder: Path, damages: list[Damage]) -> None:
    every_command(results := damaged(folder, "runs/one/run.json", damages))
    shutil.rmtree(results)


@fuzzed(15)
@given(damages=LINES)
def test_a_damaged_history(folder: Path, damages: list[Damage]) -> None:
    results = damaged(folder, "history/*.jsonl", damages)
    ends_well("history", "show", "--results", results)
    ends_well("history", "add", "two", "--results", results)
    [path] = history.stores(results / "history")
    ends_well("export", path, "--format", "otava", "--out", results / "otava")
    shutil.rmtree(results)


@fuzzed(20)
@given(damages=LINES, name=TEXT)
def test_a_damaged_suite_file(folder: Path, damages: list[Damage], name: str) -> None:
    results = copied(folder)
    (results / "suite.toml").write_bytes(applied(SUITE, damages))
    given = ("--suite-file", results / "suite.toml", "--results", results)
    ends_well("bench", *given)
    ends_well("bench", f"--suite={name}", *given)
    ends_well("gate", "--base", "here", "--head", "python3.11", *given)
    shutil.rmtree(results)


@fuzzed(30)
@given(side=TEXT, glob=TEXT)
def test_any_text_as_a_side(folder: Path, side: str, glob: str) -> None:
    results = copied(folder)
    options = (f"--variants={glob}", "--results", results, "--cache", results / "cache")
    ends_well("gate", f"--base={side}", "--head=here", *options)
    ends_well("matrix", f"--side={side}", "--side=here", *options)
    shutil.rmtree(results)


@fuzzed(60)
@given(name=st.sampled_from(sorted(FINE)), value=JSON, end=st.sampled_from(sorted(ENDED)), last=JSON)
def test_any_answer_of_a_worker(folder: Path, name: str, value: Any, end: str, last: Any) -> None:
    place = Path(tempfile.mkdtemp(dir=folder))
    conducted(place, FINE | {name: value}, ENDED | {end: last}, {})
    shutil.rmtree(place)
