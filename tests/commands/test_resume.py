"""``bench --resume``: what a killed run lacks is measured, and nothing else; and ``--precision``, which ends a run early."""

import json
import os
import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness import ledger
from harness.calibration import kill_resume
from harness.cli import main
from harness.measure.job import RoundJob
from harness.measure.planning.plan import make_plan
from harness.measure.server import Server
from harness.model import TrialRules
from harness.session import driver
from harness.session.driver import precise_enough
from tests.builders import cell, series, trial, variant
from tests.commands.conftest import in_process
from tests.report.ledgers import workload
from tests.shared_server import shared

pytestmark = pytest.mark.usefixtures("unpainted")


@pytest.fixture(scope="module", autouse=True)
def _no_git() -> Iterator[None]:
    """The checkout's revision is one of the facts that must not differ; a commit made meanwhile is no test's business."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GIT_DIR", os.devnull)
        yield


@pytest.fixture(scope="module")
def whole(suite_file: Path, server: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two cells that nobody disturbed."""
    results = tmp_path_factory.mktemp("whole")
    asked = ("--workloads", "tiny-memory", "--rounds", "2")
    with shared(server):
        assert in_process("bench", "--suite-file", suite_file, "--results", results, *asked) == 0
    return (results / "latest").resolve()


@pytest.fixture
def run(whole: Path, tmp_path: Path) -> Path:
    """A copy of it to damage."""
    return Path(shutil.copytree(whole, tmp_path / "run"))


def found(run: Path) -> Counter[tuple[int, str]]:
    return Counter((trial.round, trial.cell.variant) for trial in ledger.read(run).trials)


@pytest.mark.usefixtures("probed_once")
@pytest.mark.parametrize(("spread", "rounds"), [(0.001, 8), (0.5, 12)])
def test_a_run_stops_by_precision_between_two_rounds(
    suite_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spread: float, rounds: int
) -> None:
    def measured(job: RoundJob, *, tell: Callable[[ledger.Record], None], **_: object) -> None:
        """Stand in for a round: the second cell's times are spread like this."""
        for place, entry in enumerate(sorted(job.entries, key=lambda entry: entry.cell)):
            tell(trial(entry.cell, job.number, 0.01 * (1 + place * spread * (job.number % 3))))

    monkeypatch.setattr(driver, "run_round", measured)
    asked = ("--workloads", "tiny-memory", "--precision", "2%", "--rounds", "12")
    assert in_process("bench", "--suite-file", suite_file, "--results", tmp_path, *asked) == 0
    done = found(tmp_path / "latest")
    assert len({number for number, _ in done}) == rounds
    assert set(done.values()) == {1}
    assert done.total() == 2 * rounds


@pytest.mark.long
def test_a_killed_run_ends_without_a_trial_lost_or_doubled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kill_resume, "SUITE", kill_resume.SUITE.replace("rounds = 6", "rounds = 3"))
    draw = random.Random(7)
    outcome = kill_resume.kill_and_resume(tmp_path, draw.uniform(0, 0.5))
    assert outcome.killed >= 1
    assert outcome.same_plan
    assert outcome.same_trials
    assert outcome.once_each


@pytest.mark.usefixtures("probed_once")
def test_a_line_that_was_cut_is_said_and_measured_again(
    run: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    trials, before = run / "trials.jsonl", found(run)
    data = trials.read_bytes()
    end = data.index(b"\n", data.rindex(b'{"kind":"trial"')) - 20
    trials.write_bytes(data[:end])
    assert found(run).total() == before.total() - 1
    with shared(server):
        assert in_process("bench", "--resume", run) == 0
    said = capsys.readouterr().err
    assert "the last line of the ledger was cut by a crash; a trial that it lacks is measured again" in said
    after = found(run)
    assert before == after
    assert set(after.values()) == {1}
    assert trials.read_bytes().startswith(data[: data[:end].rfind(b"\n") + 1])


def test_an_option_that_would_change_the_plan_is_refused(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", "--resume", str(run), "--rounds", "9"]) == 2
    assert capsys.readouterr().err.splitlines()[-1].endswith("leave out --rounds")


def test_another_machine_or_code_is_refused_with_the_keys_that_differ(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = json.loads((run / "run.json").read_text())
    record["fingerprint"]["cpu"] = "Abacus 1"
    record["fingerprint"]["packages"]["requests"] = "0.1"
    record["environment"]["revision"] = "0123456789ab"
    for contender in record["contenders"]:
        if contender["name"] in {"thread_pool", "httpx_async"}:  # the second takes no part in the run
            contender["source"] += "# changed\n"
    (run / "run.json").write_text(json.dumps(record))
    before = (run / "trials.jsonl").read_bytes()
    assert main(["bench", "--resume", str(run)]) == 4
    keys = "cpu, packages, revision, concurrency thread_pool"
    said = capsys.readouterr().err.splitlines()[-1]
    assert f"these differ from when it began: {keys}; start a new run" in said
    assert (run / "trials.jsonl").read_bytes() == before


def test_what_is_no_run_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--resume", str(tmp_path)]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "is no run" in line


PRECISE = make_plan(
    suite="s",
    baseline="sequential/a",
    seed=0,
    rules=TrialRules(warmups=0, trial_s=1.0, max_passes=1, timeout_s=1.0),
    workloads=[workload("small")],
    variants=[variant("sequential/a"), variant("sequential/b")],
    rounds=12,
    precision=0.02,
)
BASE, HEAD = cell("sequential/a"), cell("sequential/b")
EVEN = [1.20, 1.21, 1.20, 1.19, 1.20, 1.21, 1.20, 1.19, 1.20, 1.21, 1.20, 1.19]  # far from 1, and steady
WILD = [1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0, 2.0]


@pytest.mark.parametrize(
    ("values", "rounds", "enough"),
    [
        (EVEN, 0, False),
        (EVEN, 7, False),  # significant for long, but that is no reason to stop
        (EVEN, 8, True),
        (WILD, 8, False),
        (WILD, 11, False),
    ],
)
def test_precision_looks_at_the_width_alone(values: list[float], rounds: int, *, enough: bool) -> None:
    trials = series(BASE, [1.0] * 12) + series(HEAD, values)
    assert precise_enough(PRECISE, trials, rounds) is enough


def test_without_precision_all_rounds_are_measured() -> None:
    plan = replace(PRECISE, precision=None)
    assert not precise_enough(plan, series(BASE, [1.0] * 12) + series(HEAD, EVEN), 11)


@pytest.mark.usefixtures("probed_once")
def test_a_ceiling_that_a_pass_surpassed_is_measured_again_on_resume(run: Path, server: Server) -> None:
    trials = run / "trials.jsonl"
    lines = [json.loads(line) for line in trials.read_text().splitlines()]
    disturbed = [line | {"requests_per_s": 0.5} if line["kind"] == "ceiling" else line for line in lines]
    trials.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in disturbed))
    with shared(server):
        assert in_process("bench", "--resume", run) == 0
    first, again = ledger.read(run).ceilings
    assert first.requests_per_s == 0.5 < again.requests_per_s
    assert "server-bound" not in (run / "summary.csv").read_text()
