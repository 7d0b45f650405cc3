"""``selfcheck``: from the command to what later runs quote."""

import json
from pathlib import Path

import pytest

from harness import ledger
from tests.commands.conftest import SUITE, Command

# One family of three rounds against a margin of 50 %: enough to go the whole way, too little for a false alarm.
SELFCHECK = """
[selfcheck]
variant = "thread_pool/requests_session"
workload = "tiny-memory"
twins = 1
slowdowns = [0.1, 3.0]
margin = 0.5
families = 1
rounds = 3
"""


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    path = tmp_path / "suite.toml"
    path.write_text(SUITE.replace("latency_s = 0.005", "latency_s = 0.0") + SELFCHECK)
    return path


def test_it_says_what_was_found_and_keeps_it_for_this_machine(
    harness: Command, suite: Path, tmp_path: Path
) -> None:
    done = harness("selfcheck", "--suite-file", suite, "--results", tmp_path, "--seed", "2")
    assert done.returncode in {0, 4}, done.stderr  # 4 if this host was not fit to judge on: then it says so
    assert ("this host was not fit to judge on" in done.stdout) == (done.returncode == 4)
    assert "false alarms: 0 of 1 verdicts on twins (margin 50.0 %, 3 rounds each)" in done.stdout
    assert "a twin's ratio is known to ±" in done.stdout
    kept = json.loads((tmp_path / "selfcheck.json").read_text())
    assert not (tmp_path / "latest").exists()  # that is the newest run of bench
    [run] = (tmp_path / "runs").iterdir()
    assert kept == json.loads((run / "selfcheck.json").read_text())
    assert (kept["families"], kept["rounds"], kept["twin_verdicts"], kept["false_alarms"]) == (1, 3, 1, 0)
    assert set(kept["detected"]) == set(kept["measured"]) == {"0.1", "3.0"}
    assert kept["measured"]["3.0"] > 1  # planted: three times as much again
    clients = {one.cell.variant.split("/")[1] for one in ledger.read(run).trials}
    assert clients == {"selfcheck_base", "twin_1", "slower_by_10_percent", "slower_by_300_percent"}
    quoted = ledger.read_selfcheck(tmp_path, ledger.read_run(run).fingerprint)
    assert quoted is not None
    assert quoted.seconds == kept["seconds"]
    assert ledger.read_selfcheck(tmp_path, {"cpu": "Abacus 1"}) is None


def test_a_suite_file_without_it_is_one_line(harness: Command, suite_file: Path, tmp_path: Path) -> None:
    done = harness("selfcheck", "--suite-file", suite_file, "--results", tmp_path)
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert "has no [selfcheck]" in line
