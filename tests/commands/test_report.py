"""``report`` on runs that hold nothing, or what nobody should act on; the whole command is run in ``test_bench.py``."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from harness import ledger
from harness.cli import main
from harness.ledger import Ledger
from tests.report.ledgers import VARIANTS, make_book
from tests.test_files import room_for


def write(folder: Path, recorded: Ledger) -> Path:
    writer = ledger.create(folder, recorded.run)
    records: list[ledger.Record] = [*recorded.ceilings, *recorded.sentinels, *recorded.trials]
    for record in records:
        writer.append(record)
    return folder


@pytest.mark.parametrize("measured", [False, True])
def test_a_run_without_a_good_trial_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *, measured: bool
) -> None:
    recorded = make_book(rounds=3)
    failed = tuple(replace(trial, reason="a wrong body") for trial in recorded.trials) if measured else ()
    folder = write(tmp_path / "run", replace(recorded, trials=failed))
    assert main(["report", str(folder)]) == 5
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("fetchbench: nothing was measured")
    assert ("a wrong body" in line) is measured
    assert not (folder / "report.html").exists()


RED = "\x1b[31mred\x9b0m"


def test_no_code_of_a_contender_reaches_a_terminal_or_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A ledger of before texts were made printable where they enter; what is made now holds none."""
    recorded = make_book(rounds=3, failed={VARIANTS[1]: RED}, unavailable={"gather/pycurl/asyncio": RED})
    contenders = tuple(
        replace(contender, label=RED, source=f"# {RED}\n") for contender in recorded.run.contenders
    )
    run = replace(recorded.run, contenders=contenders, command=RED, environment={"revision": RED})
    parity = tuple(replace(trial, parity={"library": RED + trial.cell.variant}) for trial in recorded.trials)
    folder = write(tmp_path / "run", replace(recorded, run=run, trials=parity))
    assert main(["report", str(folder)]) == 1
    assert main(["export", str(folder), "--format", "bencher"]) == 0
    told = capsys.readouterr()
    assert r"failed: small-memory:to_thread/requests_session/asyncio: round 1: \x1b[31mred\x9b0m" in told.out
    assert r"\x1b[31mred" in told.err
    made = [
        path.read_text() for path in folder.rglob("*.*") if path.suffix in {".csv", ".md", ".html", ".svg"}
    ]
    assert len(made) > 15
    for text in (told.out, told.err, *made):
        assert [sign for sign in text if not sign.isprintable() and sign not in "\n\N{NO-BREAK SPACE}"] == []


@pytest.mark.usefixtures("unpainted")
def test_a_run_is_judged_by_another_metric_and_then_by_its_own_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write(tmp_path / "run", make_book(rounds=8, variants=VARIANTS[:3]))
    assert main(["report", str(folder)]) == 0
    own = (folder / "summary.csv").read_bytes()
    assert main(["report", str(folder), "--judge", "peak_rss_bytes"]) == 0
    rows = pd.read_csv(folder / "summary.csv")
    assert rows["peak_rss_bytes"].is_monotonic_increasing
    assert not rows["time_per_image_s"].is_monotonic_increasing
    assert set(pd.read_csv(folder / "effects.csv")["metric"]) == {"peak_rss_bytes"}
    assert main(["report", str(folder)]) == 0
    assert (folder / "summary.csv").read_bytes() == own
    with pytest.raises(SystemExit, match="2"):
        main(["report", str(folder), "--judge", "threads"])
    assert "no metric 'threads' to judge by" in capsys.readouterr().err


@pytest.mark.usefixtures("unpainted")
def test_without_room_there_is_one_line_and_no_part_of_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write(tmp_path / "run", make_book(rounds=3))
    with room_for(9_000):
        assert main(["report", str(folder)]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"fetchbench: cannot write {folder}")
    assert line.endswith(": File too large")
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != ".lock"]
    assert files
    assert [path.name for path in files if path.name.endswith(".draft") or not path.stat().st_size] == []
