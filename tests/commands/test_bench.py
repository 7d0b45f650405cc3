"""``bench``: from the command to the files, and everything that can go wrong on the way."""

import csv
import json
import math
import os
import shutil
import signal
import subprocess
from dataclasses import asdict
from functools import partial
from pathlib import Path

import psutil
import pytest

from harness import ledger
from harness.measure.planning.catalog import open_catalog
from harness.measure.processes.launch import ROOT
from harness.measure.server import Server
from harness.report.frames.phases import NAMES
from harness.session import options
from tests.commands.conftest import Command, command, in_process
from tests.shared_server import shared


@pytest.fixture(scope="module")
def run(harness: Command, suite_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole run of the tiny suite."""
    results = tmp_path_factory.mktemp("results")
    done = harness(
        "bench", "--suite-file", suite_file, "--results", results, "--seed", "3", env={"PYTHONHASHSEED": "1"}
    )
    assert done.returncode == 0, done.stderr
    assert "written to" in done.stdout
    assert "[12/12]" in done.stderr
    return results / "latest"


ENDLESS = ("--workloads", "tiny-memory", "--rounds", "500")
SHORT = ("--workloads", "tiny-memory", "--rounds", "1", "--variants", "thread_pool/requests_session")


def rows(path: Path) -> list[dict[str, str]]:
    with path.open() as file:
        return list(csv.DictReader(file))


def test_the_ledger_holds_the_plan(run: Path) -> None:
    recorded = ledger.read(run)
    measured = [[trial.cell for trial in recorded.trials if trial.round == number] for number in range(3)]
    assert measured == [list(cells) for cells in recorded.run.plan.rounds]
    assert [trial.reason for trial in recorded.trials] == [None] * 12
    assert len(recorded.sentinels) == 3
    assert recorded.run.fingerprint["packages"]["aiohttp"]
    assert "--seed 3" in recorded.run.command


def test_one_further_pass_of_each_variant_is_watched(run: Path) -> None:
    for trial in ledger.read(run).trials:
        assert (trial.watched is not None) == (trial.round == 0)
        if trial.watched is not None:
            found = {name: values for name, values in asdict(trial.watched).items() if values is not None}
            assert {len(values) for values in found.values()} == {40}
            is_small = trial.cell.workload == "tiny-memory"
            assert min(found["waiting_s"]) >= (0.004 if is_small else 0.0)  # libuv counts whole milliseconds
            assert is_small or min(found["saving_s"]) > 0.0  # into a file
            assert max(map(sum, zip(*found.values(), strict=True))) < 20
    watched = rows(run / "phases.csv")
    assert len(watched) == 4
    for row in watched:
        assert row["opening_s"] == ""
        parts = (float(row[name]) for name in NAMES if row[name])
        assert math.isclose(sum(parts), float(row["latency_s"]), rel_tol=1e-5)


def test_the_csvs_are_tidy(run: Path) -> None:
    passes = rows(run / "passes.csv")
    assert {row["warmup"] for row in passes} == {"True", "False"}
    assert len(passes) >= 24
    summary = rows(run / "summary.csv")
    assert [row["state"] for row in summary] == ["ranked"] * 4
    for row in summary:
        low, middle, high = (float(row[f"images_per_s{end}"]) for end in ("_low", "", "_high"))
        assert 0 < low <= middle <= high
        assert float(row["time_per_image_s"]) == pytest.approx(1 / middle, rel=1e-5)
    effects = rows(run / "effects.csv")
    assert {row["reference_variant"] for row in effects} == {"thread_pool/requests_session"}
    assert {row["verdict"] for row in effects} <= {"faster", "slower", "as fast", "undecided"}


def test_every_column_is_explained(run: Path) -> None:
    text = (ROOT / "results" / "README.md").read_text()
    for path in run.glob("*.csv"):
        for column in path.read_text().partition("\n")[0].split(","):
            assert f"`{column}`" in text, f"{path.name}: {column}"


def test_the_charts_are_there(run: Path) -> None:
    names = {path.name for path in (run / "charts").iterdir()}
    for kind in ("ranking", "latency", "completion", "cost"):
        for workload in ("tiny-memory", "tiny-disk"):
            assert f"{kind}-{workload}.svg" in names
    assert all(path.stat().st_size > 1_000 for path in (run / "charts").iterdir())


def test_nothing_is_left_of_the_sink(run: Path) -> None:
    assert not list(run.glob("sink-*"))


def test_another_process_with_other_hashes_rebuilds_the_same_bytes(
    run: Path, harness: Command, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("run.json", "trials.jsonl", ".lock"):
        shutil.copy(run / name, copy)
    assert harness("report", copy, env={"PYTHONHASHSEED": "2"}).returncode == 0
    before = {path.relative_to(run): path.read_bytes() for path in run.rglob("*") if path.is_file()}
    after = {path.relative_to(copy): path.read_bytes() for path in copy.rglob("*") if path.is_file()}
    assert before == after


@pytest.mark.usefixtures("unpainted")
def test_a_failing_cell_is_named_keeps_no_speed_and_fails_the_run(
    suite_file: Path,
    server: Server,
    small_tree: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(options, "open_catalog", partial(open_catalog, root=small_tree))
    client = tmp_path / "liar.py"
    client.write_text(
        '"""Truncates."""\n'
        "import urllib.request\n"
        "from contextlib import contextmanager\n\n\n"
        "@contextmanager\n"
        "def open_client(*, concurrency, timeout_s, ca_file):\n"
        "    yield lambda url: urllib.request.urlopen(url).read()[:-1]\n"
    )
    where = ("--suite-file", suite_file, "--results", tmp_path, "--client", client)
    asked = ("--workloads", "tiny-memory", "--rounds", "2", "--variants", "thread_pool/requests_session")
    with shared(server):
        assert in_process("bench", *where, *asked) == 1
    found = {row["variant"]: row for row in rows(tmp_path / "latest" / "summary.csv")}
    assert found["thread_pool/liar"]["state"] == "failed"
    assert "bodies differ from the manifest" in found["thread_pool/liar"]["reason"]
    assert found["thread_pool/liar"]["images_per_s"] == found["thread_pool/liar"]["rank"] == ""
    assert found["thread_pool/requests_session"]["state"] == "untested"
    assert "bodies differ" in capsys.readouterr().out
    trials = [trial for trial in ledger.read(tmp_path / "latest").trials if "liar" in trial.cell.variant]
    assert len(trials) == 1


@pytest.mark.long
def test_a_second_run_waits_until_ctrl_c_ends_the_first_which_reports_what_is_measured(
    suite_file: Path, tmp_path: Path
) -> None:
    def start(name: str, *options: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            command("bench", "--suite-file", suite_file, "--results", tmp_path / name, *options),
            cwd=ROOT, env=os.environ | {"TMPDIR": str(tmp_path)},
            stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    first = start("a", *ENDLESS)
    assert first.stderr is not None
    assert any(line.startswith("[3/") for line in first.stderr)
    second = start("b", *SHORT)
    assert second.stderr is not None
    assert "another fetchbench is measuring on this machine" in second.stderr.readline()
    first.send_signal(signal.SIGINT)
    out, error = first.communicate(timeout=60)
    assert first.returncode == 130
    assert "interrupted; what was measured is kept" in error
    assert "Traceback" not in error
    assert "written to" in out
    assert len(ledger.read(tmp_path / "a" / "latest").trials) >= 3
    assert any(line.startswith("[1/") for line in second.stderr)  # now it measures
    others = psutil.Process(second.pid).children(recursive=True)
    second.kill()  # leaves nobody behind
    assert psutil.wait_procs(others, timeout=30)[1] == []
    second.communicate(timeout=60)


@pytest.mark.long
def test_a_server_that_dies_ends_the_run_in_one_line_and_loses_nothing(
    suite_file: Path, tmp_path: Path
) -> None:
    process = subprocess.Popen(
        command("bench", "--suite-file", suite_file, "--results", tmp_path, *ENDLESS),
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("[3/"):
            break
    [server] = [
        child for child in psutil.Process(process.pid).children() if "local_server" in child.cmdline()
    ]
    server.kill()
    out, error = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "the image server stopped answering" in error.splitlines()[-1]
    assert "Traceback" not in error
    assert "written to" in out


def test_a_missing_package_is_a_state_with_a_reason(harness: Command) -> None:
    listed = json.loads(harness("list", "--json").stdout)
    assert len(listed["variants"]) >= 60
    assert {contender["axis"] for contender in listed["contenders"]} == {"client", "concurrency", "loop"}
    assert all("unavailable" in variant for variant in listed["variants"])
