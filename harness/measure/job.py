"""A round as a value that travels: what to measure goes in, what was measured comes out. Neither holds a live handle.

Both pickle. A job holds the contenders as text, and an environment as what it needs, so that any machine with this
project can run it (``harness.measure.run.run_round``).
"""

import io
import tokenize
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from harness.ledger import Record
from harness.measure.worker.spec import Program
from harness.measured import Ceiling, Sentinel, Trial
from harness.model import Axis, Cell, Resource, TrialRules
from harness.sides.environment import Recipe
from harness.workload import AnswerKind, Workload

# Trials of one workload go on together, this many at the most, pass by pass in turn. Two things follow. The imports,
# which take longer than a short trial, are done together, on all CPUs, while nothing is measured. And all of them see
# the same host: where a neighbour halves the CPU's speed for a second or two, trials one after the other differ by
# more than what is looked for (measured: docs/method.md).
TOGETHER = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The file of a contender; its name is the contender's."""

    axis: Axis
    name: str
    text: str

    def write(self, folder: Path) -> Path:
        """Write the file, in the encoding that its text declares."""
        path = folder / f"{self.name}.py"
        encoding, _ = tokenize.detect_encoding(io.BytesIO(self.text.encode()).readline)
        path.write_text(self.text, encoding=encoding)
        return path


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A trial that is asked for.

    Attributes:
        position: place of the cell in the round's order, from 0.
        in_flight: the concurrency model's own ceiling, None if it follows the asked one.
        loop: None for a model that needs none.
    """

    cell: Cell
    position: int
    in_flight: int | None
    client: Source
    concurrency_model: Source
    loop: Source | None

    @property
    def sources(self) -> tuple[Source, ...]:
        """The files that make the variant."""
        return (self.client, self.concurrency_model, *([self.loop] if self.loop else []))

    def program(self, paths: Mapping[Source, Path], cpus: Sequence[int]) -> Program:
        """What a worker imports, where these files were written to."""
        client, model, *loop = (str(paths[source]) for source in self.sources)
        return Program(client=client, concurrency_model=model, loop=next(iter(loop), None), cpus=cpus)


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What one side runs in.

    Attributes:
        need: what its environment is made of; None is the interpreter that runs the round.
        variables: environment variables beside those of the clean environment.
    """

    need: Recipe | None
    variables: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundJob:
    """One round, or what is left of it.

    Attributes:
        entries: in the order of running.
        workloads: those of the entries.
        environments: side -> what it runs in.
        ceilings: kinds of answers whose ceiling is asked for, before the first pass.
        resources: of the remote server that is asked instead of one of ours; () for ours.
        together: how many trials of a workload go on in turn.
    """

    number: int
    entries: tuple[Entry, ...]
    workloads: tuple[Workload, ...]
    rules: TrialRules
    environments: Mapping[str, Environment]
    ceilings: tuple[AnswerKind, ...] = ()
    resources: tuple[Resource, ...] = ()
    together: int = TOGETHER

    def workload(self, name: str) -> Workload:
        """Return the workload of this name."""
        return next(workload for workload in self.workloads if workload.name == name)

    def blocks(self) -> Iterator[tuple[Entry, ...]]:
        """Yield the entries that go on together: of one workload, the sides of a variant in one block."""
        sides = len(self.environments)
        size = max(1, self.together // sides) * sides
        for _, of_workload in groupby(self.entries, key=lambda entry: entry.cell.workload):
            entries = tuple(of_workload)
            yield from (entries[first : first + size] for first in range(0, len(entries), size))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """A remote server has asked for it, and nothing is sent meanwhile; it is told and not recorded."""

    host: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Cells of a round whose trials begin together; it is told and not recorded."""

    round: int
    cells: tuple[Cell, ...]


Notice = Block | Pause


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundResult:
    """What was measured of a job.

    Attributes:
        sentinel: None if the job had no entries.
        machine: facts of the machine that ran it (``harness.measure.machine.fingerprint``).
    """

    ceilings: tuple[Ceiling, ...]
    trials: tuple[Trial, ...]
    sentinel: Sentinel | None
    machine: Mapping[str, Any]

    @property
    def records(self) -> tuple[Record, ...]:
        """All that belongs into a ledger."""
        return (*self.ceilings, *self.trials, *([self.sentinel] if self.sentinel else []))


def write_sources(entries: Iterable[Entry], folder: Path) -> dict[Source, Path]:
    """Write each file once, in a folder of its own: two sides may have files of one name."""
    paths: dict[Source, Path] = {}
    for source in (source for entry in entries for source in entry.sources):
        if source not in paths:
            place = folder / str(len(paths))
            place.mkdir()
            paths[source] = source.write(place)
    return paths
