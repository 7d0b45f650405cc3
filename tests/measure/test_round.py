"""A round travels: what is measured of it in another process, or from another folder, is what is measured here."""

import multiprocessing
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness import checks, ledger
from harness.measure.job import RoundJob, RoundResult, Source, write_sources
from harness.measure.machine import cpu_split, fingerprint
from harness.measure.planning.catalog import Catalog
from harness.measure.planning.plan import make_plan
from harness.measure.processes.launch import ROOT
from harness.measure.run import run_round
from harness.measure.server import Server
from harness.measured import Ceiling, Sentinel, Trial
from harness.metrics import TIME_PER_IMAGE
from harness.model import HERE, HarnessError, Run, TrialRules
from harness.session.console import Console
from harness.session.driver import drive
from harness.stats.effect import against_variant
from harness.stats.judge import judge, measured_in, pairs_of
from harness.stats.verdict import Margins
from harness.workload import Workload
from tests.builders import sentinel, trial
from tests.measure.conftest import job_of
from tests.shared_server import shared

TINY = Workload.of(
    name="round-disk", images=33, image_bytes=4096, latency_s=0.005, concurrency=32, sink="disk", seed=5
)
RULES = TrialRules(warmups=1, trial_s=0.001, max_passes=1, timeout_s=30.0)
NAMES = ("thread_pool/requests_session", "gather/aiohttp_session/asyncio")


@pytest.fixture(scope="module")
def few(catalog: Catalog) -> Catalog:
    """Two variants of one tree."""
    return replace(catalog, variants=tuple(variant for variant in catalog.variants if variant.id in NAMES))


def started(folder: Path, catalog: Catalog, *, rounds: int) -> ledger.Writer:
    """A run of the two variants, nothing of it measured."""
    plan = make_plan(
        suite="test",
        baseline=NAMES[0],
        seed=1,
        rules=RULES,
        workloads=[TINY],
        variants=catalog.variants,
        rounds=rounds,
    )
    run = Run(
        id="run",
        version=ledger.VERSION,
        created_at=1.0,
        command="",
        plan=plan,
        contenders=catalog.contenders,
        fingerprint=fingerprint(catalog.interpreter, *cpu_split()),
        environment={},
        selfcheck=None,
    )
    return ledger.create(folder, run)


def kinds(result: RoundResult) -> list[tuple[type, object]]:
    """Type and cell of each record: what does not depend on time."""
    return [(type(record), getattr(record, "cell", None)) for record in result.records]


def test_a_round_in_another_process_gives_the_same_records(few: Catalog, server: Server) -> None:
    job = replace(job_of(few, TINY, RULES), ceilings=(TINY.answer_kind,))
    with shared(server):
        here = run_round(job)
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        there = pool.submit(run_round, job).result()
    assert kinds(there) == kinds(here)
    assert [kind for kind, _ in kinds(here)] == [Ceiling, Trial, Trial, Sentinel]
    assert [trial.reason for trial in (*here.trials, *there.trials)] == [None] * 4
    assert there.machine == here.machine
    assert {trial.sink_filesystem is None for trial in there.trials} == {False}


@pytest.mark.long
def test_a_run_whose_rounds_are_measured_elsewhere_is_judged_as_any(
    few: Catalog, server: Server, tmp_path: Path
) -> None:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        drive(Console(), started(tmp_path / "there", few, rounds=2), {HERE: few}, executor=pool)
    with shared(server):
        drive(Console(), started(tmp_path / "here", few, rounds=2), {HERE: few})
    ledgers = [ledger.read(tmp_path / name) for name in ("here", "there")]
    margins = Margins(default=0.05, of_metric={})
    findings = [
        judge(
            measured_in(recorded),
            pairs_of(recorded.trials, against_variant(NAMES[0]), [TIME_PER_IMAGE]),
            margins=margins,
        )
        for recorded in ledgers
    ]
    verdicts = [[(finding.pair, finding.word) for finding in found] for found in findings]
    assert verdicts[0] == verdicts[1]
    for recorded in ledgers:
        assert len(recorded.trials) == 4
        assert [found.round for found in recorded.sentinels] == [0, 1]
        assert [found.image_bytes for found in recorded.ceilings] == [TINY.what.image_bytes]


def test_a_job_in_a_file_runs_from_another_checkout(few: Catalog, tmp_path: Path) -> None:
    job, result = tmp_path / "job", tmp_path / "result"
    job.write_bytes(pickle.dumps(job_of(few, TINY, RULES)))
    assert str(ROOT).encode() not in job.read_bytes()
    clone = tmp_path / "elsewhere" / "clone"
    for folder in ("harness", "local_server"):
        shutil.copytree(ROOT / folder, clone / folder, ignore=shutil.ignore_patterns("__pycache__"))
    code = (
        "import pickle, sys; from pathlib import Path; from harness.measure.run import run_round; "
        "job = pickle.loads(Path(sys.argv[1]).read_bytes()); "
        "Path(sys.argv[2]).write_bytes(pickle.dumps(run_round(job)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(job), str(result)],
        cwd=clone,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found_there: RoundResult = pickle.loads(result.read_bytes())  # noqa: S301 - our own
    assert [trial.reason for trial in found_there.trials] == [None, None]


class Remote(Executor):
    """Pretends that another machine measured: all values are made up."""

    def __init__(self, **machine: object) -> None:
        self.jobs: list[RoundJob] = []
        self._machine = machine

    def submit(self, _fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """Give every cell a time per image; the second cell fails in the first round."""
        assert not kwargs
        [job] = args
        self.jobs.append(job)
        future: Future[Any] = Future()
        cells = [entry.cell for entry in job.entries]
        reasons = {cell: "a wrong body" for cell in cells if job.number == 0 and cell.variant == NAMES[1]}
        future.set_result(
            RoundResult(
                ceilings=tuple(
                    Ceiling(image_bytes=kind.image_bytes, started_at=1.0, requests_per_s=9e6)
                    for kind in job.ceilings
                ),
                trials=tuple(trial(cell, job.number, 0.01, reason=reasons.get(cell)) for cell in cells),
                sentinel=sentinel(job.number),
                machine=fingerprint({}, *cpu_split()) | self._machine,
            )
        )
        return future


def test_a_resumed_run_reads_its_ledger_once_and_asks_for_what_it_lacks(
    few: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote = Remote()
    writer = started(tmp_path / "run", few, rounds=4)
    drive(Console(), writer, {HERE: few}, executor=remote, is_over=lambda number: number == 2)
    read: list[Path] = []
    lines = ledger._lines

    def counted(path: Path, terms: checks.Terms) -> Any:
        read.append(path)
        return lines(path, terms)

    monkeypatch.setattr(ledger, "_lines", counted)
    drive(Console(), ledger.Writer(tmp_path / "run"), {HERE: few}, executor=remote)
    assert read == [tmp_path / "run" / "trials.jsonl"]
    asked = [(job.number, len(job.entries), job.ceilings) for job in remote.jobs]
    # What failed is not asked for again, and a ceiling that is known is not either.
    assert asked == [(0, 2, (TINY.answer_kind,)), (1, 1, ()), (2, 1, ()), (3, 1, ())]


def test_a_round_from_another_kind_of_machine_is_refused(few: Catalog, tmp_path: Path) -> None:
    writer = started(tmp_path / "run", few, rounds=1)
    with pytest.raises(HarnessError, match=r"^a round was measured on another machine: cpu differ"):
        drive(Console(), writer, {HERE: few}, executor=Remote(cpu="Abacus 1"))
    assert ledger.read(tmp_path / "run").trials == ()


def test_a_source_is_written_in_the_encoding_that_it_declares(tmp_path: Path) -> None:
    text = '# coding: latin-1\n"""Müllers client."""\n'
    path = Source(axis="client", name="latin", text=text).write(tmp_path)
    assert path.name == "latin.py"
    assert "Müllers".encode("latin-1") in path.read_bytes()


def test_two_sides_may_have_files_of_one_name(few: Catalog, tmp_path: Path) -> None:
    entry, *_ = job_of(few, TINY, RULES).entries
    other = replace(entry, client=replace(entry.client, text="# another\n"))
    paths = write_sources([entry, other], tmp_path)
    assert len({entry.client, other.client}) == 2
    assert paths[other.client].read_text() == "# another\n"
    assert {path.stem for path in paths.values()} == {source.name for source in (*entry.sources,)}
