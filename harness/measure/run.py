"""Conduct a run: round after round, trial after trial. It yields records; it writes only what a disk sink gets."""

import shutil
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from harness.measure.catalog import Catalog
from harness.measure.machine import filesystem
from harness.measure.processes import Orphans, session
from harness.measure.sentinel import Watch
from harness.measure.server import Manifest, Server
from harness.measure.trial import RunningTrial, Task, launch
from harness.model import Cell, HarnessError, Plan, Sentinel, Trial

# Trials of one workload go on together, this many at the most, pass by pass in turn. Two things follow. The imports,
# which take longer than a short trial, are done together, on all CPUs, while nothing is measured. And all of them see
# the same host: where a neighbour halves the CPU's speed for a second or two, trials one after the other differ by
# more than what is looked for (measured: docs/method.md).
TOGETHER = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """All that a round needs.

    Attributes:
        catalogs: side -> its interpreter and contenders.
        manifests: workload name -> what the server prepared for it.
        client_cpus: CPUs of a worker; () leaves the choice to the kernel.
        sink: folder in which a disk sink makes its own folders.
    """

    plan: Plan
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
    starting: Callable[[int, Sequence[Cell]], None],
) -> Iterator[Trial | Sentinel]:
    """Yield a sentinel and then the trials of each round, one at a time, as soon as each is measured.

    Args:
        watch: of the host; it makes the sentinels.
        is_wanted: False for what is measured already, and for what is not worth measuring again.
        is_enough: asked before each round; True ends the run.
        starting: told of the round and the cells whose trials go on together, before they do.
    """
    for number, cells in enumerate(bench.plan.rounds):
        places = [(place, cell) for place, cell in enumerate(cells) if is_wanted(number, cell)]
        if is_enough(number):
            return
        if places:
            yield watch.sentinel(number)
        yield from run_round(bench, number, places, starting)


def run_round(
    bench: Bench,
    number: int,
    places: Sequence[tuple[int, Cell]],
    starting: Callable[[int, Sequence[Cell]], None],
) -> Iterator[Trial]:
    """Measure the cells of one round in the order given; yield each trial when its last pass is over."""
    for _, of_workload in groupby(places, key=lambda place: place[1].workload):
        cells = list(of_workload)
        sides = len(bench.catalogs)
        size = max(1, TOGETHER // sides) * sides  # sides of a variant stay together
        for first in range(0, len(cells), size):
            block = cells[first : first + size]
            starting(number, [cell for _, cell in block])
            yield from _run_block(bench, number, block, one_by_one=False)


def _run_block(
    bench: Bench, number: int, places: Sequence[tuple[int, Cell]], *, one_by_one: bool
) -> Iterator[Trial]:
    """Run a pass of each trial in turn, until none wants more. A waiting worker blocks in a read and uses no CPU.

    A trial that was hit may have another to thank for it. So it is measured again, alone: what hits it then is its own.

    Args:
        one_by_one: whether each starts when the one before has imported all, so that it is known who does what.
    """
    again: list[Sequence[tuple[int, Cell]]] = []
    turns: deque[tuple[tuple[int, Cell], RunningTrial]] = deque()
    with Orphans() as orphans, ExitStack() as stack:
        for place in places:
            task = _task(bench, number, *place, stack)
            worker = stack.enter_context(launch(task))
            orphans.know([worker.family.pid])
            trial = RunningTrial(task, worker, bench.server, bench.plan.rules)
            if one_by_one:
                trial.start()
                _look_at(turns, trial, orphans)
            turns.append((place, trial))
        if not one_by_one and _are_hit_at_the_start(turns):
            again.append(places)
            turns.clear()
        while turns:
            place, trial = turns.popleft()
            if trial.wants_more():
                trial.take_turn()
                _look_at(turns, trial, orphans)
            if trial.wants_more():
                turns.append((place, trial))
            elif trial.was_hit and len(places) > 1:
                again.append([place])
            else:
                yield trial.end()
    for some in again:
        yield from _run_block(bench, number, some, one_by_one=True)


def _are_hit_at_the_start(turns: Iterable[tuple[tuple[int, Cell], RunningTrial]]) -> bool:
    """Wait until all have imported their contenders together; tell whether a signal ended any."""
    for _, trial in turns:
        trial.start()
    return any(trial.is_hit() for _, trial in turns)


def _look_at(
    turns: Iterable[tuple[tuple[int, Cell], RunningTrial]], running: RunningTrial, orphans: Orphans
) -> None:
    """See what became of those that waited while one trial had the word."""
    new = orphans.found()
    for _, waiting in turns:
        own = {one for one in new if session(one) == waiting.family.pid}
        waiting.family.adopt(own)
        new -= own
    running.family.adopt(new)  # who has left his session is taken for a child of the one that ran
    for _, waiting in turns:
        waiting.look(running)


def _task(bench: Bench, number: int, place: int, cell: Cell, stack: ExitStack) -> Task:
    catalog = bench.catalogs[cell.side]
    variant = next(one for one in catalog.variants if one.id == cell.variant)
    workload = next(one for one in bench.plan.workloads if one.name == cell.workload)
    manifest = bench.manifests[cell.workload]
    folder = None
    if workload.sink.is_disk:
        try:
            folder = tempfile.mkdtemp(prefix="sink-", dir=bench.sink)
        except OSError as error:
            raise HarnessError(f"cannot make a folder for images in {bench.sink}: {error.strerror}") from None
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
    return Task(
        cell=cell,
        round=number,
        position=place,
        workload=workload,
        in_flight=catalog.contender("concurrency", variant.concurrency).in_flight,
        python=catalog.python,
        variables=catalog.variables,
        program=catalog.program(variant, bench.client_cpus),
        downloads=manifest.downloads(workload, timeout_s=bench.plan.rules.timeout_s, folder=folder),
        sink_filesystem=filesystem(Path(folder)) if folder else None,
    )
