"""Measure what a run's ledger still lacks: the one way from a plan to trials, for every command that measures.

Each round is a job, which is run in this process, or by an executor if one is given.
"""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path

from harness import ledger
from harness.locks import lock
from harness.measure.job import Block, Notice, Pause, RoundJob, RoundResult
from harness.measure.planning.catalog import Catalog
from harness.measure.planning.plan import round_job
from harness.measure.run import run_round
from harness.measured import Ceiling, Trial
from harness.metrics import TIME_PER_IMAGE, judged_metric
from harness.model import HarnessError, Plan, Resource
from harness.report.progress import Lines, Screen
from harness.report.words.absences import absences
from harness.session.console import Console
from harness.stats.effect import against_variant, effects
from harness.stats.power import keep_measuring
from harness.stats.sample import samples
from harness.stats.validity import server_limits
from harness.workload import AnswerKind


@contextmanager
def opened(folder: Path, console: Console) -> Iterator[ledger.Writer]:
    """Read a run's ledger, once, and add to it; nobody else measures the same run meanwhile.

    That is so also where a TMPDIR of their own gives them another lock of the machine.
    """
    with lock(folder / ".lock", "measuring this run", say=console.say):
        writer = ledger.Writer(folder)
        if writer.ledger.cut:
            console.say(
                "the last line of the ledger was cut by a crash; a trial that it lacks is measured again"
            )
        yield writer


def drive(
    console: Console,
    writer: ledger.Writer,
    catalogs: Mapping[str, Catalog],
    *,
    is_over: Callable[[int], bool] = lambda _number: False,
    executor: Executor | None = None,
    cache_folder: Path | None = None,
    resources: Sequence[Resource] = (),
) -> None:
    """Measure the trials that a ledger lacks, round by round.

    In this process each record is on the disk before the next is measured; from elsewhere a round arrives whole.

    Args:
        console: for progress.
        catalogs: side -> its environment and contenders.
        is_over: asked before each round; True ends the run, as when a budget is used up.
        executor: runs the rounds; None runs them in this process.
        cache_folder: of environments.
        resources: of the plan, with the URLs as they are.
    """
    plan = writer.ledger.run.plan
    for left in writer.folder.glob("sink-*"):  # by a run that was killed
        shutil.rmtree(left, ignore_errors=True)
    for line in absences(("skipped", skip.cell.id, skip.reason) for skip in plan.skipped):
        console.say(line)
    show = Screen if console.is_terminal else Lines
    with (
        _folder_for_images(writer.folder) as sink,
        show(console, plan, writer.ledger.trials, time.monotonic) as reporter,
    ):
        run = _Run(console, writer, catalogs, reporter, resources)

        def measure(job: RoundJob) -> None:
            if executor is not None:
                run.add_all(executor.submit(run_round, job).result())
                return
            try:
                run_round(job, tell=run.add, sink=sink, cache_folder=cache_folder)
            except OSError as error:  # no more files, processes or room for us
                raise HarnessError(f"cannot go on measuring: {error}; what was measured is kept") from None

        kinds = run.kinds_without_ceiling()
        for number in range(len(plan.rounds)):
            job = run.job(number, kinds)
            if is_over(number) or precise_enough(plan, run.trials, number):
                break
            if job.entries:
                measure(job)
                kinds = []
        # Those that are missing still, and those that a pass has refuted.
        if kinds := run.kinds_without_ceiling():
            measure(run.job(0, kinds, is_over=True))


class _Run:
    """What is known of a run while it is measured."""

    def __init__(
        self,
        console: Console,
        writer: ledger.Writer,
        catalogs: Mapping[str, Catalog],
        reporter: Lines | Screen,
        resources: Sequence[Resource],
    ) -> None:
        self._resources = resources
        self._console = console
        self._writer = writer
        self._catalogs = catalogs
        self._reporter = reporter
        self._plan = writer.ledger.run.plan
        self._ceilings = list(writer.ledger.ceilings)
        self.trials = list(writer.ledger.trials)
        self._measured = {(trial.round, trial.cell) for trial in self.trials}
        # A cell that failed has lost its rank already; measuring it again would only take time.
        self._failed = {trial.cell for trial in self.trials if trial.reason is not None}

    def job(self, number: int, kinds: Sequence[AnswerKind], *, is_over: bool = False) -> RoundJob:
        """What a round lacks, nothing if the run is over, and these ceilings."""
        return round_job(
            self._plan,
            number,
            self._catalogs,
            is_wanted=lambda cell: not (is_over or (number, cell) in self._measured or cell in self._failed),
            ceilings=kinds,
            resources=self._resources,
        )

    def kinds_without_ceiling(self) -> list[AnswerKind]:
        """Kinds of answers of which no ceiling is known that still stands."""
        limits = server_limits(self.trials, self._plan.workloads, self._ceilings)
        return sorted(
            {
                workload.answer_kind
                for workload in self._plan.workloads
                if workload.name not in limits and not workload.network.is_remote
            }
        )

    def add(self, record: ledger.Record | Notice) -> None:
        """Write a record and show it; what has to be left out is said."""
        if isinstance(record, Block):
            self._reporter.next(record.round, record.cells)
            return
        if isinstance(record, Pause):
            self._console.say(f"{record.host} asks to wait: nothing is sent for {record.seconds:.0f} s")
            return
        try:
            written = self._writer.append(record)
        except ValueError as error:
            kind = type(record).__name__.lower()
            self._console.say(f"a {kind} is left out, as it cannot have been measured: {error}")
            return
        if isinstance(written, Trial):
            self._reporter.done(written)
            self.trials.append(written)
            self._measured.add((written.round, written.cell))
            if written.reason is not None:
                self._failed.add(written.cell)
        elif isinstance(written, Ceiling):
            self._ceilings.append(written)

    def add_all(self, result: RoundResult) -> None:
        """Write what came back from elsewhere.

        Raises:
            HarnessError: it was measured on another kind of machine than the run began on.
        """
        known = self._writer.ledger.run.fingerprint
        differing = [name for name, value in result.machine.items() if known.get(name) != value]
        if differing:
            raise HarnessError(f"a round was measured on another machine: {', '.join(differing)} differ")
        for record in result.records:
            self.add(record)


@contextmanager
def _folder_for_images(folder: Path) -> Iterator[Path]:
    """Yield a folder on the disk of the results; that it cannot be taken away hides no other error."""
    try:
        made = tempfile.TemporaryDirectory(prefix="sink-", dir=folder, ignore_cleanup_errors=True)
    except OSError as error:
        raise HarnessError(f"cannot make a folder for images in {folder}: {error.strerror}") from None
    with made as sink:
        yield Path(sink)


def precise_enough(plan: Plan, trials: list[Trial], number: int) -> bool:
    """Whether the rounds before this one made every interval as narrow as the plan asks; never on significance."""
    if plan.precision is None or number == 0:
        return False
    metric = judged_metric(plan.metric) if plan.metric else TIME_PER_IMAGE
    done = samples([trial for trial in trials if trial.round < number], metric)
    found = effects(done, against_variant(plan.baseline))
    return not keep_measuring(
        found, precision=plan.precision, rounds_done=number, most_rounds=len(plan.rounds)
    )
