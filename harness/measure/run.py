"""Run a round: its server, its watch on the host, and block after block of trials, pass by pass in turn."""

import shutil
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from functools import cache
from pathlib import Path
from time import sleep

from harness.ledger import Record
from harness.link import Link
from harness.locks import machine_lock
from harness.measure.ceiling import ceilings
from harness.measure.ends import End, Ends
from harness.measure.job import Block, Entry, Notice, RoundJob, RoundResult, write_sources
from harness.measure.machine import cpu_split, fingerprint
from harness.measure.manifest import Manifest
from harness.measure.processes.launch import Worker
from harness.measure.processes.usage import Orphans, session
from harness.measure.sentinel import Watch
from harness.measure.server import Server
from harness.measure.trial import RunningTrial
from harness.measure.worker.spec import Downloads
from harness.measured import Ceiling, Sentinel, Trial
from harness.sides.prepare import interpreter_of

HERE = Link()  # no line: client and server are on one host
Turns = deque[tuple[Entry, RunningTrial]]


def run_round(
    job: RoundJob,
    *,
    tell: Callable[[Record | Notice], None] | None = None,
    sink: Path | None = None,
    cache_folder: Path | None = None,
) -> RoundResult:
    """Measure what the job asks for, with a server of its own, while nobody else measures on this machine.

    The last three arguments are for who runs it in his own process; elsewhere the result arrives whole.

    Args:
        tell: told of each block as it begins and of each record as it is made, before anything else is measured.
        sink: folder on the disk that a disk sink is to write to.
        cache_folder: of environments.

    Raises:
        HarnessError: nothing more can be measured; what was told of is whole.
    """
    found: list[Record] = []
    with (
        machine_lock(),
        tempfile.TemporaryDirectory(prefix="fetchbench-", ignore_cleanup_errors=True) as folder,
    ):
        client_cpus, server_cpus = cpu_split()
        watch = Watch((*client_cpus[:1], *server_cpus))
        with ExitStack() as stack:
            ends = Ends(stack, server_cpus, job.resources)
            for record in _Round(job, ends, watch, Path(folder), sink, cache_folder).records():
                if tell:
                    tell(record)
                if not isinstance(record, Notice):
                    found.append(record)
    return RoundResult(
        ceilings=tuple(record for record in found if isinstance(record, Ceiling)),
        trials=tuple(record for record in found if isinstance(record, Trial)),
        sentinel=next((record for record in found if isinstance(record, Sentinel)), None),
        machine=fingerprint({}, client_cpus, server_cpus),
    )


class _Round:
    """A round that is measured: all that is alive for its time.

    Args:
        ends: its servers; each starts while the first of its workers import.
        folder: that ends with it.
    """

    def __init__(
        self,
        job: RoundJob,
        ends: Ends,
        watch: Watch,
        folder: Path,
        sink: Path | None,
        cache_folder: Path | None,
    ) -> None:
        self._job = job
        self._ends = ends
        self._watch = watch
        self._folder = folder
        self._sink = sink or folder
        self._cpus, _ = cpu_split()
        self._paths = write_sources(job.entries, folder)
        self._pythons = {
            side: interpreter_of(environment.need, cache_folder)
            for side, environment in job.environments.items()
        }
        self._manifest = cache(self._register)
        self._is_watched = False

    def records(self) -> Iterator[Record | Notice]:
        """Yield each record as soon as it is made; a trial when its last pass is over."""
        server = self._ends.end(HERE).server if self._job.ceilings else None
        if isinstance(server, Server):
            python = next(iter(self._pythons.values()))
            yield from ceilings(server, python, self._cpus, self._job.ceilings)
        for entries in self._job.blocks():
            yield Block(round=self._job.number, cells=tuple(entry.cell for entry in entries))
            yield from self._run_block(entries, one_by_one=False)
        if self._job.entries:
            yield self._watch.sentinel(self._job.number, list(self._ends.pids()))

    def _run_block(self, entries: Sequence[Entry], *, one_by_one: bool) -> Iterator[Trial | Notice]:
        """Run a pass of each trial in turn, until none wants more. A waiting worker blocks in a read and uses no CPU.

        A trial that was hit may have another to thank for it. So it is measured again, alone: what hits it then is its own.

        Args:
            one_by_one: whether each starts when the one before has imported all, so that it is known who does what.
        """
        again: list[Sequence[Entry]] = []
        self._ends.line(self._link(entries[0]))  # started before, it is no orphan
        with Orphans() as orphans, ExitStack() as stack:
            turns = self._started(entries, orphans, stack, one_by_one=one_by_one)
            if not one_by_one and any(trial.is_hit() for _, trial in turns):
                again.append(entries)
                turns.clear()
            self._watch_once()
            while turns:
                entry, trial = turns.popleft()
                if trial.wants_more():
                    trial.take_turn()
                    _look_at(turns, trial, orphans)
                    yield from self._pauses(entry)
                if trial.wants_more():
                    turns.append((entry, trial))
                elif trial.was_hit and len(entries) > 1:
                    again.append([entry])
                else:
                    yield trial.end()
        for some in again:
            yield from self._run_block(some, one_by_one=True)

    def _pauses(self, entry: Entry) -> Iterator[Notice]:
        """Send nothing for as long as the server has asked for."""
        server = self._end(entry).server
        if pause := server.pause:
            yield pause
            sleep(pause.seconds)
            server.pause = None

    def _started(
        self, entries: Sequence[Entry], orphans: Orphans, stack: ExitStack, *, one_by_one: bool
    ) -> Turns:
        """Launch a worker for each and wait until all have imported their contenders; the server starts meanwhile."""
        turns: Turns = deque()
        for entry in entries:
            worker = stack.enter_context(self._launch(entry))
            orphans.know([worker.family.pid])
            trial = RunningTrial(entry, self._job, worker, self._cpus)
            if one_by_one:
                trial.start(self._end(entry), self._downloads(entry, stack))
                _look_at(turns, trial, orphans)
            turns.append((entry, trial))
        if not one_by_one:
            for entry, trial in turns:
                trial.start(self._end(entry), self._downloads(entry, stack))
        return turns

    def _launch(self, entry: Entry) -> Worker:
        """Start a worker and have it import the contenders, without waiting for it."""
        side = entry.cell.side
        line = self._ends.line(self._link(entry))
        worker = Worker(
            self._pythons[side],
            self._job.environments[side].variables,
            prefix=line.client_prefix if line else (),
        )
        worker.say(
            "load", within_s=self._job.rules.timeout_s, **asdict(entry.program(self._paths, self._cpus))
        )
        return worker

    def _downloads(self, entry: Entry, stack: ExitStack) -> Downloads:
        """What its passes download, with a folder of its own for a disk sink."""
        workload = self._job.workload(entry.cell.workload)
        folder = None
        if workload.sink.is_disk:
            folder = tempfile.mkdtemp(prefix="sink-", dir=self._sink)
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
        manifest = self._manifest(workload.name)
        return manifest.downloads(
            workload, timeout_s=self._job.rules.timeout_s, folder=folder, certificates=self._folder
        )

    def _register(self, workload: str) -> Manifest:
        asked = self._job.workload(workload)
        return self._ends.end(asked.link).server.register(asked)

    def _end(self, entry: Entry) -> End:
        return self._ends.end(self._link(entry))

    def _link(self, entry: Entry) -> Link:
        return self._job.workload(entry.cell.workload).link

    def _watch_once(self) -> None:
        """Look at the host while all workers of the first block wait."""
        if not self._is_watched:
            self._is_watched = True
            self._watch.work()


def _look_at(turns: Iterable[tuple[Entry, RunningTrial]], running: RunningTrial, orphans: Orphans) -> None:
    """See what became of those that waited while one trial had the word."""
    new = orphans.found()
    for _, waiting in turns:
        own = {pid for pid in new if session(pid) == waiting.family.pid}
        waiting.family.adopt(own)
        new -= own
    running.family.adopt(new)  # who has left his session is taken for a child of the one that ran
    for _, waiting in turns:
        waiting.look(running)
