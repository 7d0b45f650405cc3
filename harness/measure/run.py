"""Conduct a run: round after round, trial after trial. It yields records; it writes only what a disk sink gets."""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from harness.measure.catalog import Catalog
from harness.measure.machine import filesystem
from harness.measure.sentinel import Watch
from harness.measure.server import Manifest, Server
from harness.measure.trial import Task, launch, loaded, run_trial
from harness.model import Cell, Plan, Sentinel, Trial

# Importing a client takes longer than a short trial. Workers are therefore launched some at a time, on all CPUs, while
# nothing is measured; then they wait in a blocking read, using no CPU, until their turn comes.
LAUNCHED_TOGETHER = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """All that a round needs.

    Attributes:
        pythons: side -> interpreter.
        catalogs: side -> its contenders.
        manifests: workload name -> what the server prepared for it.
        client_cpus: CPUs of a worker; () leaves the choice to the kernel.
        sink: folder in which a disk sink makes its own folders.
    """

    plan: Plan
    pythons: Mapping[str, str]
    catalogs: Mapping[str, Catalog]
    server: Server
    manifests: Mapping[str, Manifest]
    client_cpus: tuple[int, ...]
    sink: Path


def measure(
    bench: Bench,
    watch: Watch,
    *,
    is_wanted: Callable[[int, Cell], bool],
    is_enough: Callable[[int], bool],
    starting: Callable[[Cell], None],
) -> Iterator[Trial | Sentinel]:
    """Yield a sentinel and then the trials of each round, one at a time, as soon as each is measured.

    Args:
        watch: of the host; it makes the sentinels.
        is_wanted: False for what is measured already, and for what is not worth measuring again.
        is_enough: asked before each round; True ends the run.
        starting: told of each cell before its trial.
    """
    for number, cells in enumerate(bench.plan.rounds):
        places = [(place, cell) for place, cell in enumerate(cells) if is_wanted(number, cell)]
        if is_enough(number):
            return
        if places:
            yield watch.sentinel(number)
        yield from run_round(bench, number, places, starting)


def run_round(
    bench: Bench, number: int, places: Sequence[tuple[int, Cell]], starting: Callable[[Cell], None]
) -> Iterator[Trial]:
    """Measure the cells of one round in the order given."""
    for first in range(0, len(places), LAUNCHED_TOGETHER):
        with ExitStack() as stack:
            tasks = [
                _task(bench, number, place, cell, stack)
                for place, cell in places[first : first + LAUNCHED_TOGETHER]
            ]
            workers = [stack.enter_context(launch(task)) for task in tasks]
            loads = [loaded(worker, bench.plan.rules) for worker in workers]
            for task, worker, load in zip(tasks, workers, loads, strict=True):
                starting(task.cell)
                trial = run_trial(task, worker, load, bench.server, bench.plan.rules)
                worker.end()
                yield trial


def _task(bench: Bench, number: int, place: int, cell: Cell, stack: ExitStack) -> Task:
    catalog = bench.catalogs[cell.side]
    variant = next(one for one in catalog.variants if one.id == cell.variant)
    workload = next(one for one in bench.plan.workloads if one.name == cell.workload)
    manifest = bench.manifests[cell.workload]
    folder = None
    if workload.sink == "disk":
        folder = tempfile.mkdtemp(prefix="sink-", dir=bench.sink)
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
    return Task(
        cell=cell,
        round=number,
        position=place,
        workload=workload,
        in_flight=catalog.contender("concurrency", variant.concurrency).in_flight,
        python=bench.pythons[cell.side],
        load=catalog.paths(variant)
        | {
            "urls": manifest.urls,
            "digests": manifest.digests,
            "concurrency": workload.concurrency,
            "timeout_s": bench.plan.rules.timeout_s,
            "ca_file": None,
            "folder": folder,
            "cpus": bench.client_cpus,
        },
        sink_filesystem=filesystem(Path(folder)) if folder else None,
    )
