"""``report`` as a whole command, on ledgers that nobody measured."""

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from harness import ledger
from harness.cli import main
from harness.ledger import Ledger
from harness.measure.launch import ROOT
from tests.commands.conftest import command
from tests.report.books import make_book
from tests.report.test_article import LESSONS, PRIMITIVES, as_json


def write(folder: Path, book: Ledger) -> Path:
    ledger.create(folder, book.run)
    records: list[ledger.Record] = [*book.ceilings, *book.sentinels, *book.trials]
    for record in records:
        ledger.append(folder, record)
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_other_processes_with_other_hashes_give_the_same_bytes(tmp_path: Path) -> None:
    book = make_book(rounds=3)
    folders = [write(tmp_path / name, book) for name in ("one", "two")]
    for folder in folders:
        (folder / "lessons.json").write_bytes(as_json(LESSONS))
        (folder / "primitives.csv").write_bytes(PRIMITIVES)
    processes = [
        subprocess.Popen(
            command("report", folder),
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": str(seed)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for seed, folder in enumerate(folders, start=1)
    ]
    for process in processes:
        _, error = process.communicate(timeout=120)
        assert (process.returncode, error) == (0, "")
    one, two = map(files, folders)
    assert {name for name in one if one[name] != two.get(name)} == set()
    assert one.keys() == two.keys()
    assert {"report.html", "report.md", "passes.csv", "charts/primitives-ladder.svg"} <= one.keys()


@pytest.mark.parametrize("measured", [False, True])
def test_a_run_without_a_good_trial_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *, measured: bool
) -> None:
    book = make_book(rounds=3)
    failed = tuple(replace(one, reason="a wrong body") for one in book.trials) if measured else ()
    folder = write(tmp_path / "run", replace(book, trials=failed))
    assert main(["report", str(folder)]) == 5
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("fetchbench: nothing was measured")
    assert ("a wrong body" in line) is measured
    assert not (folder / "report.html").exists()
