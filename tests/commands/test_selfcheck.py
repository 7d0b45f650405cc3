"""``selfcheck``: from the command to what later runs quote."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from harness import ledger
from harness.commands.selfcheck import _conclude, truths
from harness.measure.planning.suite import SelfCheckFields
from harness.measure.server import Server
from tests.builders import cell, self_check, sentinel, trial, variant
from tests.commands.conftest import SUITE, in_process
from tests.report.ledgers import make_book, workload
from tests.shared_server import shared

# Few short rounds against a margin of 50 %: enough to go the whole way, too little for a false alarm or to be kept.
SELFCHECK = """
[selfcheck]
variant = "thread_pool/urllib3_pool"
workload = "tiny-memory"
twins = 1
slowdowns = [0.1, 3.0]
margin = 0.5
families = 1
rounds = 6
"""


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    path = tmp_path / "suite.toml"
    path.write_text(SUITE.replace("latency_s = 0.005", "latency_s = 0.0") + SELFCHECK)
    return path


@pytest.mark.long
@pytest.mark.usefixtures("probed_once")
def test_it_says_what_was_found_and_that_so_little_is_not_kept(
    suite: Path, server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with shared(server):
        code = in_process("selfcheck", "--suite-file", suite, "--results", tmp_path, "--seed", "2")
    said = capsys.readouterr()
    assert code in {0, 4}, said.err  # 4 if this host was not fit to judge on: then it says so
    assert ("the machine was not quiet enough to be checked" in said.out) == (code == 4)
    assert "false alarms: 0 of 1 verdicts on twins (margin 50.0 %, 6 rounds each)" in said.out
    assert "a twin's ratio is known to ±" in said.out
    # What is not fit to be judged by is told and not kept; it stays in the folder of its own run.
    assert "1 verdicts on twins of 6 rounds each are too few to know this host by" in said.out
    assert "this self-check is not kept" in said.out
    assert not (tmp_path / "selfcheck.json").exists()
    assert not (tmp_path / "latest").exists()  # that is the newest run of bench
    [path] = tmp_path.glob("runs/*/selfcheck.json")
    kept = json.loads(path.read_text())
    assert (kept["families"], kept["rounds"], kept["twin_verdicts"], kept["false_alarms"]) == (1, 6, 1, 0)
    assert set(kept["detected"]) == set(kept["measured"]) == {"0.1", "3.0"}
    assert kept["measured"]["3.0"] > 1  # planted: three times as much again
    clients = {measured.cell.variant.split("/")[1] for measured in ledger.read(path.parent).trials}
    assert clients == {"selfcheck_base", "twin_1", "slower_by_10_percent", "slower_by_300_percent"}


@pytest.mark.parametrize(("busy", "code"), [(0.0, 0), (0.9, 4)])
def test_only_what_a_fit_host_gave_is_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], busy: float, code: int
) -> None:
    fields = SelfCheckFields(
        variant="m/c", workload="small", twins=4, slowdowns=[0.5], margin=0.1, families=1, rounds=8
    )
    clients = {name: cell(f"m/{name}") for name in truths(fields)}
    run = make_book().run
    plan = replace(
        run.plan,
        baseline="m/selfcheck_base",
        rounds=(tuple(clients.values()),) * 8,
        workloads=(workload("small"),),
        variants=tuple(variant(client.variant) for client in clients.values()),
    )
    folder = tmp_path / "runs" / "one"
    of_axis = {contender.axis: contender for contender in run.contenders}
    model, of_client = replace(of_axis["concurrency"], name="m"), of_axis["client"]
    contenders = (model, *(replace(of_client, name=name) for name in clients))
    writer = ledger.create(folder, replace(run, id="one", plan=plan, contenders=contenders))
    for number in range(8):
        writer.append(sentinel(number, busy_elsewhere=busy, stretch=1.0))
        for at, (name, of) in enumerate(clients.items()):
            pace = 0.001 * (1 + truths(fields)[name]) * (1 + (number * (at + 2) % 5) / 500)
            writer.append(trial(of, number, pace))
    assert _conclude(tmp_path, folder, fields, 1.0) == code
    assert ("not kept" in capsys.readouterr().out) == (code == 4)
    kept = ledger.read_selfcheck(tmp_path, run.fingerprint)
    assert (kept is not None) == (code == 0)


def test_only_a_self_check_of_this_machine_that_tells_enough_is_quoted(tmp_path: Path) -> None:
    check = replace(self_check(0.02), fingerprint={"cpu": "Abacus 1"})
    ledger.keep_selfcheck(tmp_path, check)
    assert ledger.read_selfcheck(tmp_path, {"cpu": "Abacus 1"}) == check
    assert ledger.read_selfcheck(tmp_path, {"cpu": "Abacus 2"}) is None
    for tiny in (replace(check, rounds=7), replace(check, twin_verdicts=3)):
        ledger.keep_selfcheck(tmp_path, tiny)
        assert ledger.read_selfcheck(tmp_path, {"cpu": "Abacus 1"}) is None
        assert "too few to know this host by" in str(tiny.too_small)


def test_what_cannot_tell_of_a_host_is_refused_in_one_line(
    suite: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("--suite-file", suite, "--results", tmp_path, "--families", "1", "--rounds", "3")
    assert in_process("selfcheck", *asked) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "--rounds: Input should be greater than or equal to 6" in line
    assert list(tmp_path.glob("runs/*")) == []
