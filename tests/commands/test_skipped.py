"""A model that cannot keep to what a workload asks is skipped there with its reason, everywhere alike."""

import csv
import json
import tempfile
from pathlib import Path

import pytest

from harness import ledger
from harness.cli import main
from tests.builders import seen
from tests.commands.conftest import SUITE

pytestmark = pytest.mark.usefixtures("probed_once", "unpainted")
ONE = SUITE.replace("concurrency = 32", "concurrency = 1")
NAIVE, SIZED = "to_thread/requests_session/asyncio", "thread_pool/requests_session"


@pytest.fixture
def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The options that name a suite in which one download at a time is asked, and a folder for its results."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "suite.toml").write_text(ONE)
    return ["--suite-file", str(tmp_path / "suite.toml"), "--results", str(tmp_path)]


def test_what_is_skipped_is_told_and_all_else_is_measured(
    suite: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--workloads", "tiny-memory", "--variants", NAIVE, SIZED, "--rounds", "1"]
    assert main(["bench", *suite, *asked]) == 0
    told = capsys.readouterr()
    folder = tmp_path / "latest"
    [skipped] = ledger.read_run(folder).plan.skipped
    assert skipped.cell.id == f"tiny-memory:{NAIVE}"
    assert skipped.reason.startswith("to_thread keeps ")
    assert skipped.reason.endswith(" in flight, and 1 is asked")
    assert [(trial.cell.variant, trial.reason) for trial in ledger.read(folder).trials] == [(SIZED, None)]
    line = f"skipped: tiny-memory:{NAIVE}: {skipped.reason}"
    assert line in told.err.splitlines()
    assert line in told.out.splitlines()
    with (folder / "summary.csv").open() as file:
        rows = {row["variant"]: (row["state"], row["reason"]) for row in csv.DictReader(file)}
    assert rows[NAIVE] == ("skipped", skipped.reason)
    assert rows[SIZED][0] == "untested"
    assert skipped.reason.replace("_", r"\_") in (folder / "report.md").read_text()
    assert f"skipped: {skipped.reason}" in (folder / "report.html").read_text()


def test_over_http_2_who_does_not_speak_it_is_skipped_and_the_ceiling_is_of_http_2(
    suite: list[str], tmp_path: Path
) -> None:
    speaking = "gather/httpx_http2/asyncio"
    asked = ["--images", "33", "--size", "2KB", "--tls", "--http", "2", "--concurrency", "32"]
    assert main(["bench", *suite[2:], *asked, "--variants", speaking, SIZED, "--rounds", "1"]) == 0
    run = ledger.read(tmp_path / "latest")
    assert [(each.cell.variant, each.reason) for each in run.run.plan.skipped] == [
        (SIZED, "requests_session speaks HTTP/1.1, and HTTP/2 is asked")
    ]
    assert [(trial.cell.variant, trial.reason) for trial in run.trials] == [(speaking, None)]
    assert [(ceiling.http, ceiling.tls) for ceiling in run.ceilings] == [("2", True)]
    assert {seen(each).http_version for each in run.trials[0].passes} == {"2"}


@pytest.mark.parametrize("command", [["bench", "--variants", NAIVE], ["selfcheck", "--variant", NAIVE]])
def test_where_all_is_skipped_nothing_is_measured(
    suite: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    (tmp_path / "suite.toml").write_text(
        f'{ONE}\n[selfcheck]\nvariant = "{SIZED}"\nworkload = "tiny-memory"\ntwins = 1\nslowdowns = [0.1]\n'
        "margin = 0.5\nfamilies = 1\nrounds = 6\n"
    )
    assert main([*command, *suite]) == 5
    line = capsys.readouterr().err.splitlines()[-1]
    assert "nothing can be measured here: tiny-" in line
    assert "to_thread keeps " in line
    assert line.endswith("choose other variants or workloads")
    assert not list(tmp_path.glob("runs/*"))


def test_the_list_says_what_is_skipped_where(suite: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", *suite[:2]]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "skipped: tiny-memory, tiny-disk: to_thread keeps " in told
    assert "skipped: tiny-memory, tiny-disk: httpx_http2 speaks HTTP/2, and HTTP/1.1 is asked" in told
    assert main(["list", "--json", *suite[:2]]) == 0
    skipped = json.loads(capsys.readouterr().out)["skipped"]
    assert {each["workload"] for each in skipped} == {"tiny-memory", "tiny-disk"}
    assert NAIVE in {each["variant"] for each in skipped}
    models = {each["variant"].partition("/")[0] for each in skipped if "keeps" in each["reason"]}
    assert models == {"run_in_executor", "to_thread"}
