"""What a matrix does with what it measured; the measuring itself is a stand-in that writes a ledger."""

import csv
from pathlib import Path

import pytest

from harness.cli import main
from tests.gate.conftest import client
from tests.gate.measuring import Gate, Measuring

pytestmark = pytest.mark.usefixtures("probed_once")


def test_a_matrix_shows_every_side_against_the_first(
    measuring: Measuring, run: Gate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measuring.slower = 1.5
    assert run("matrix") == 0
    [folder] = (tmp_path / "matrices").iterdir()
    assert {"matrix.csv", "matrix.md", "matrix.svg"} <= {path.name for path in folder.iterdir()}
    assert "1.5" in (folder / "matrix.csv").read_text()
    assert "other.py" in capsys.readouterr().out


def test_a_matrix_whose_first_side_fails_compares_the_others(
    measuring: Measuring, tmp_path: Path, suite_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, broken, other = (str(client(tmp_path, name, 0)) for name in ("one", "broken", "other"))
    Path(broken).write_text("raise OSError('no such luck')\n")
    measuring.slower = 1.5
    gone = f"{tmp_path}/gone.py"
    where = ["--suite-file", str(suite_file), "--results", str(tmp_path)]
    sides = [part for side in (broken, first, other) for part in ("--side", side)]
    assert main(["matrix", *sides, *where]) == 1
    [folder] = (tmp_path / "matrices").iterdir()
    with (folder / "matrix.csv").open() as file:
        rows = {row["side"]: row for row in csv.DictReader(file)}
    assert float(rows[other]["ratio"]) == pytest.approx(1.5, rel=0.01)
    assert rows[other]["reference_side"] == first
    assert rows[broken]["ratio"] == ""
    assert "no such luck" in rows[broken]["reason"]
    assert "no such luck" in (folder / "matrix.md").read_text()
    assert main(["matrix", "--side", broken, "--side", first, *where]) == 1
    assert "nothing to compare: 1 of 2 sides can be measured" in capsys.readouterr().err.splitlines()[-1]
    assert (
        main(["matrix", "--side", gone, "--side", first, *where]) == 2
    )  # a mistake in the text is no side that failed


def test_a_matrix_whose_first_side_fails_while_measured_compares_the_others(
    measuring: Measuring, tmp_path: Path, suite_file: Path
) -> None:
    sides = [str(client(tmp_path, name, 0)) for name in ("one", "other", "third")]
    measuring.broken, measuring.broken_at = "a wrong body", 0
    where = ["--suite-file", str(suite_file), "--results", str(tmp_path)]
    assert main(["matrix", *[part for side in sides for part in ("--side", side)], *where]) == 1
    [path] = tmp_path.glob("matrices/*/matrix.csv")
    with path.open() as file:
        rows = {row["side"]: row for row in csv.DictReader(file)}
    assert {row["reference_side"] for row in rows.values()} == {sides[1]}
    assert (rows[sides[0]]["ratio"], rows[sides[0]]["verdict"]) == ("", "failed")
    assert "a wrong body" in rows[sides[0]]["reason"]
    assert float(rows[sides[2]]["ratio"]) == pytest.approx(1.0, rel=0.01)


def test_a_matrix_that_is_interrupted_shows_what_it_has(
    measuring: Measuring, run: Gate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measuring.slower, measuring.stops = 1.5, ("run", 4)
    assert run("matrix") == 130
    assert list(tmp_path.glob("matrices/*/matrix.csv"))
    assert "interrupted" in capsys.readouterr().err
