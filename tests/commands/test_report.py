"""``report`` on runs that hold nothing; the whole command is run in ``test_bench.py``."""

from dataclasses import replace
from pathlib import Path

import pytest

from harness import ledger
from harness.cli import main
from harness.ledger import Ledger
from tests.report.books import make_book


def write(folder: Path, book: Ledger) -> Path:
    ledger.create(folder, book.run)
    records: list[ledger.Record] = [*book.ceilings, *book.sentinels, *book.trials]
    for record in records:
        ledger.append(folder, record)
    return folder


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
