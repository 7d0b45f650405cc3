"""Measure what a run's ledger still lacks: the one way from a plan to trials, for every command that measures."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from harness import ledger
from harness.commands.locks import lock
from harness.interrupts import interrupts
from harness.measure.catalog import Catalog
from harness.measure.ceiling import ceilings
from harness.measure.machine import cpu_split
from harness.measure.run import Bench, measure
from harness.measure.sentinel import Watch
from harness.measure.server import running_server
from harness.metrics import TIME_PER_IMAGE, judged_metric
from harness.model import HarnessError, Plan, Trial
from harness.report.progress import Lines, Screen
from harness.stats.validity import server_limits

LOCK_FILE = Path(tempfile.gettempdir(), "fetchbench.lock")


def conduct(
    console: Console,
    folder: Path,
    catalogs: Mapping[str, Catalog],
    *,
    is_over: Callable[[int], bool] = lambda _number: False,
) -> None:
    """Measure the trials of the run in ``folder`` that its ledger lacks; each is on the disk before the next begins.

    Nobody else measures the same run meanwhile, also where a TMPDIR of their own gives them another lock of the machine.

    Args:
        console: for progress.
        catalogs: side -> its interpreter and contenders.
        is_over: asked before each round; True ends the run, as when a budget is used up.
    """
    with lock(console, folder / ".lock", "measuring this run"):
        _conduct(console, folder, catalogs, is_over)


def _conduct(
    console: Console,
    folder: Path,
    catalogs: Mapping[str, Catalog],
    is_over: Callable[[int], bool],
) -> None:
    writer = ledger.Writer(folder)
    book = writer.book
    plan = book.run.plan
    trials = list(book.trials)
    measured = {(one.round, one.cell) for one in trials}
    # A cell that failed has lost its rank already; measuring it again would only take time.
    failed = {one.cell for one in trials if one.reason is not None}
    client_cpus, server_cpus = cpu_split()
    for left in folder.glob("sink-*"):  # by a run that was killed
        shutil.rmtree(left, ignore_errors=True)
    show = Screen if console.is_terminal else Lines
    with (
        running_server(cpus=server_cpus) as server,
        _folder_for_images(folder) as sink,
        show(console, plan, trials, time.monotonic) as reporter,
    ):
        known = list(book.ceilings)

        def measure_ceilings() -> None:
            """Measure those that are missing, and those that a pass has refuted."""
            limits = server_limits(trials, plan.workloads, known)
            sizes = sorted({one.what.image_bytes for one in plan.workloads if one.name not in limits})
            found = ceilings(server, next(iter(catalogs.values())).python, client_cpus, sizes)
            known.extend(one for one in found if _append(console, writer, one))

        measure_ceilings()
        bench = Bench(
            plan=plan,
            catalogs=catalogs,
            server=server,
            manifests={one.name: server.register(one) for one in plan.workloads},
            client_cpus=client_cpus,
            sink=sink,
        )
        records = measure(
            bench,
            Watch((*client_cpus[:1], *server_cpus), server.pid),
            is_wanted=lambda number, cell: (number, cell) not in measured and cell not in failed,
            is_enough=lambda number: is_over(number) or precise_enough(plan, trials, number),
            starting=reporter.next,
        )
        for record in records:
            written = _append(console, writer, record)
            if isinstance(written, Trial):
                reporter.done(written)
                trials.append(written)
                if written.reason is not None:
                    failed.add(written.cell)
        measure_ceilings()


@contextmanager
def _folder_for_images(folder: Path) -> Iterator[Path]:
    """Yield a folder on the disk of the results; that it cannot be taken away hides no other error."""
    try:
        made = tempfile.TemporaryDirectory(prefix="sink-", dir=folder, ignore_cleanup_errors=True)
    except OSError as error:
        raise HarnessError(f"cannot make a folder for images in {folder}: {error.strerror}") from None
    with made as sink:
        yield Path(sink)


def _append(console: Console, writer: ledger.Writer, record: ledger.Record) -> ledger.Record | None:
    """Write a record; None if it had to be left out, which is said."""
    try:
        return writer.append(record)
    except ValueError as error:
        text = f"a {type(record).__name__.lower()} is left out, as it cannot have been measured: {error}"
        console.print(text, markup=False, highlight=False, soft_wrap=True)
        return None


def precise_enough(plan: Plan, trials: list[Trial], number: int) -> bool:
    """Whether the rounds before this one made every interval as narrow as the plan asks; never on significance."""
    if plan.precision is None or number == 0:
        return False
    # scipy is slow to load: only runs that stop by precision pay for it, between two rounds. And numpy cannot be
    # imported again, for the report of what was measured, once its import broke off.
    with interrupts.held():
        from harness.stats.effect import against_variant, effects  # noqa: PLC0415
        from harness.stats.power import keep_measuring  # noqa: PLC0415
        from harness.stats.sample import samples  # noqa: PLC0415

    metric = judged_metric(plan.metric) if plan.metric else TIME_PER_IMAGE
    done = samples([trial for trial in trials if trial.round < number], metric)
    found = effects(done, against_variant(plan.baseline))
    return not keep_measuring(
        found, precision=plan.precision, rounds_done=number, most_rounds=len(plan.rounds)
    )


@contextmanager
def machine_lock(console: Console) -> Iterator[None]:
    """Let only one measuring job run on this machine; say so while waiting for another to end."""
    with lock(console, LOCK_FILE, "measuring on this machine", "; remove it, or set TMPDIR"):
        yield
