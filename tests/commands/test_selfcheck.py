"""``selfcheck``: from the command to what later runs quote."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from harness import ledger
from tests.builders import self_check
from tests.commands.conftest import SUITE, Command

# Few short rounds against a margin of 50 %: enough to go the whole way and to be kept, too little for a false alarm.
SELFCHECK = """
[selfcheck]
variant = "thread_pool/requests_session"
workload = "tiny-memory"
twins = 4
slowdowns = [0.1, 3.0]
margin = 0.5
families = 1
rounds = 8
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
    assert "false alarms: 0 of 4 verdicts on twins (margin 50.0 %, 8 rounds each)" in done.stdout
    assert "a twin's ratio is known to ±" in done.stdout
    # What is not fit to be judged by is told and not kept; it stays in the folder of its own run.
    assert ("this self-check is not kept" in done.stdout) == (done.returncode == 4)
    assert (tmp_path / "selfcheck.json").exists() == (done.returncode == 0)
    assert not (tmp_path / "latest").exists()  # that is the newest run of bench
    [path] = tmp_path.glob("runs/*/selfcheck.json")
    kept = json.loads(path.read_text())
    assert (kept["families"], kept["rounds"], kept["twin_verdicts"], kept["false_alarms"]) == (1, 8, 4, 0)
    assert set(kept["detected"]) == set(kept["measured"]) == {"0.1", "3.0"}
    assert kept["measured"]["3.0"] > 1  # planted: three times as much again
    clients = {one.cell.variant.split("/")[1] for one in ledger.read(path.parent).trials}
    assert clients >= {"selfcheck_base", "twin_1", "slower_by_10_percent", "slower_by_300_percent"}


def test_only_a_self_check_of_this_machine_that_tells_enough_is_quoted(tmp_path: Path) -> None:
    check = replace(self_check(0.02), fingerprint={"cpu": "Abacus 1"})
    ledger.keep_selfcheck(tmp_path, check)
    assert ledger.read_selfcheck(tmp_path, {"cpu": "Abacus 1"}) == check
    assert ledger.read_selfcheck(tmp_path, {"cpu": "Abacus 2"}) is None
    for tiny in (replace(check, rounds=7), replace(check, twin_verdicts=3)):
        ledger.keep_selfcheck(tmp_path, tiny)
        assert ledger.read_selfcheck(tmp_path, {"cpu": "Abacus 1"}) is None
        assert "too few to know this host by" in str(tiny.too_small)


def test_a_family_of_so_few_rounds_that_no_verdict_can_be_is_refused(
    harness: Command, suite: Path, tmp_path: Path
) -> None:
    done = harness("selfcheck", "--suite-file", suite, "--results", tmp_path, "--families", 1, "--rounds", 3)
    assert (done.returncode, list(tmp_path.glob("runs/*"))) == (2, [])
    assert "--rounds: Input should be greater than or equal to 6" in done.stderr.splitlines()[-1]


def test_a_suite_file_without_it_is_one_line(harness: Command, suite_file: Path, tmp_path: Path) -> None:
    done = harness("selfcheck", "--suite-file", suite_file, "--results", tmp_path)
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert "has no [selfcheck]" in line
