"""The words of the project as frozen records: no I/O, no clock, no defaults for facts.

Times are seconds (``_s``), sizes are bytes (``_bytes``); scaling happens only where text is made. The bounds of a field
stand in its type (``harness.quantities``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from annotated_types import Ge, Lt
from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from harness.fields import HttpVersion
from harness.quantities import Count, Finite, Positive, Reason, Seconds, Share, UnixTime
from harness.text import printable, redacted
from harness.workload import Workload, json_schema

HERE = "here"  # the side of a cell in a run that has one environment only
NONE = "none"  # in a column that says which row it is: an empty one would be lost by whoever groups by it
ALL = "(all)"  # the same for a row that speaks of all of them

Axis = Literal["client", "concurrency", "loop"]
FetchKind = Literal["sync", "async"]

# Of a self-check that others are judged by: its half-width is a median over twins. ``selfcheck --quick`` has as many.
SELF_CHECK_ROUNDS, SELF_CHECK_TWINS = 8, 4


def _workload(flat: Any) -> Any:
    if not isinstance(flat, dict):
        return flat
    if not isinstance(flat.get("name"), str):
        raise ValueError("name must be text")  # noqa: TRY004 - a validator's error
    return Workload.of(**flat)


def _flat(workload: Workload) -> dict[str, Any]:
    return {"name": workload.name, **workload.flat}


# Flat in files, so that a ledger of before a field is read with that field's default.
FlatWorkload = Annotated[
    Workload, BeforeValidator(_workload), PlainSerializer(_flat), WithJsonSchema(json_schema())
]


class HarnessError(Exception):
    """Something that the user can act on: one printable line that says what, where and what to do, and no secret.

    Args:
        message: the line.
        exit_code: what the command line returns (see ``docs/architecture.md``).
    """

    def __init__(self, message: str, *, exit_code: int = 1) -> None:
        super().__init__(printable(redacted(message)))
        self.exit_code = exit_code


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """One file on one axis, as the catalogue found it.

    Attributes:
        fetch: kind of fetch a client yields or a concurrency model drives; None for a loop.
        loops: loops it runs on; () for a model that needs none; None where it has no say (a sync client). Of a loop:
            those in whose place it can run, None if there are none.
        in_flight: how many a model says that it keeps in flight, whatever is asked (``IN_FLIGHT``); None if it follows that.
        unavailable: why it cannot run here; None if it can.
        modules: top-level module -> version that the file imports from outside the standard library.
        http: versions of HTTP that a client speaks; None where it has no say, and in ledgers older than this field.
    """

    axis: Axis
    name: str
    path: str
    label: str
    source: str
    fetch: FetchKind | None
    loops: tuple[str, ...] | None
    in_flight: Count | None
    unavailable: Reason | None
    modules: Mapping[str, str]
    http: tuple[HttpVersion, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A point on the three axes; ``loop`` is None for a model that needs no loop.

    Attributes:
        in_flight: its model's own statement, as of a contender; None in ledgers older than this field, too.
        http: versions of HTTP that its client speaks.
    """

    id: str
    concurrency: str
    client: str
    loop: str | None
    unavailable: Reason | None
    in_flight: Count | None = None
    http: tuple[HttpVersion, ...] = ("1.1",)

    def id_with(self, client: str) -> str:
        """The id of another client, driven in the same way."""
        return "/".join(filter(None, (self.concurrency, client, self.loop)))


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Cell:
    """One variant on one workload; ``side`` names the environment (``HERE`` unless sides are compared)."""

    workload: str
    variant: str
    side: str

    @property
    def id(self) -> str:
        """A readable key, unique in a run."""
        return f"{self.workload}:{self.variant}" + ("" if self.side == HERE else f"@{self.side}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRules:
    """How long a trial lasts.

    Attributes:
        warmups: passes before the timed ones.
        trial_s: timed passes are repeated until all passes of the trial took this long together.
        max_passes: upper bound of timed passes.
        timeout_s: a trial of which one pass takes longer is failed.
    """

    warmups: Count
    trial_s: Seconds
    max_passes: Count
    timeout_s: Positive


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A cell that is not measured, for its variant cannot do what its workload asks; the reason says why."""

    cell: Cell
    reason: Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """What a URL of a list gave when it was first fetched; every later body must be the same.

    Attributes:
        url: without its secrets in ledgers.
        sha256: of the body, in hexadecimal.
        size: of the body, in bytes.
        requests: that it took, redirects included.
    """

    url: Annotated[str, PlainSerializer(redacted)]
    sha256: str
    size: Count
    requests: Annotated[int, Ge(1), Lt(100)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A pure value: the same suite, catalogue, rounds and seed give the same plan.

    Attributes:
        baseline: variant id that ratios refer to.
        precision: stop before the last round once the interval of every ratio is this narrow (relative half-width);
            None measures all rounds.
        rounds: for each round, the cells in the order of running.
        metric: key of the metric that cells are ranked and compared by; None for time per image.
        resources: of a remote server, one for each image of the workload; () where the server is ours.
        skipped: cells that stand in no round, though their variants can run here.
    """

    suite: str
    baseline: str
    seed: int
    rules: TrialRules
    precision: Positive | None
    workloads: tuple[FlatWorkload, ...]
    variants: tuple[Variant, ...]
    rounds: tuple[tuple[Cell, ...], ...]
    metric: str | None = None
    skipped: tuple[Skipped, ...] = ()
    resources: tuple[Resource, ...] = ()

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Every cell that is measured once, sorted."""
        return tuple(sorted({cell for cells in self.rounds for cell in cells}))


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfCheck:
    """What this project's own verdicts are worth on one machine: known truths, and what was said of them.

    Attributes:
        fingerprint: of the machine and the code that were checked.
        rounds: per family; a verdict was made from each family alone.
        margin: that the verdicts were asked with.
        twin_verdicts: verdicts on variants that equal the baseline.
        false_alarms: how many of those said regressed or improved.
        detected: planted slow-down (0.05 is +5 %) -> share of families in which it was called regressed.
        measured: planted slow-down -> measured one, over all families.
        aa_half_width: relative half-width of the interval of a twin's ratio over one family, median over twins.
        smallest_seen: smallest planted slow-down from which on all were found in every family; None if none was.
        seconds: that it took.
        half_widths: metric -> the same as ``aa_half_width`` for what is no time; None in self-checks older than this field.
    """

    fingerprint: Mapping[str, Any]
    created_at: UnixTime
    variant: str
    workload: str
    families: Count
    rounds: Count
    margin: Share
    twin_verdicts: Count
    false_alarms: Count
    detected: Mapping[str, Share]
    measured: Mapping[str, Finite]
    aa_half_width: Seconds
    smallest_seen: Seconds | None
    seconds: Seconds
    half_widths: Mapping[str, Seconds] | None = None

    @property
    def too_small(self) -> str | None:
        """Why this is no measure of the host, so that nothing may be judged by it; None if it is one."""
        if self.rounds >= SELF_CHECK_ROUNDS and self.twin_verdicts >= SELF_CHECK_TWINS:
            return None
        return (
            f"{self.twin_verdicts} verdicts on twins of {self.rounds} rounds each are too few to know this host by: "
            f"measure {SELF_CHECK_TWINS} or more, of {SELF_CHECK_ROUNDS} rounds or more"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Those facts of a fingerprint that something is made of; others stand beside them, and any may be missing."""

    cpu: str = ""
    cores: Count = 0
    cpus: Count = 0
    kernel: str = ""
    architecture: str = ""
    python: str = ""
    free_threaded: bool = False
    packages: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What ``run.json`` holds: all that is known before the first trial.

    Attributes:
        fingerprint: facts of machine, interpreter and libraries that must be equal for two runs to be compared.
        environment: facts worth knowing that two comparable runs may differ in.
        selfcheck: the last one on this machine and code before the run, so that a report always quotes the same.
    """

    id: str
    version: Count
    created_at: UnixTime
    command: str
    plan: Plan
    contenders: tuple[Contender, ...]
    fingerprint: Mapping[str, Any]
    environment: Mapping[str, Any]
    selfcheck: SelfCheck | None

    def on(self, side: str) -> Mapping[str, Any]:
        """Return the fingerprint on a side, which may have an interpreter and packages of its own."""
        sides = self.environment.get("sides")
        facts = sides.get(side) if isinstance(sides, Mapping) else None
        own = facts.get("fingerprint") if isinstance(facts, Mapping) else None
        return {**self.fingerprint, **own} if isinstance(own, Mapping) else self.fingerprint
