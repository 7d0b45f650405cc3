"""What every export is made from: the cells of a run that have values."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from harness.ledger import Ledger
from harness.metrics import TIME_PER_IMAGE
from harness.model import Cell
from harness.stats.sample import Interval, Sample, samples, summarise


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """One cell.

    Attributes:
        values: trial values in the order of the rounds, seconds per image.
        mean: geometric mean; ``interval`` its 95 % interval, None if the values give none.
    """

    cell: Cell
    values: Sequence[float]
    mean: float
    interval: Interval | None


def exported(ledger: Ledger) -> list[Exported]:
    """The cells with values, sorted."""
    return [
        summary
        for sample in samples(ledger.trials, TIME_PER_IMAGE).values()
        if (summary := _summary(sample)) is not None
    ]


def left_out(ledger: Ledger) -> dict[Cell, str]:
    """The cells that failed, and why."""
    return {
        cell: sample.reason
        for cell, sample in samples(ledger.trials, TIME_PER_IMAGE).items()
        if sample.reason is not None
    }


def began(ledger: Ledger) -> datetime:
    """When the run began, in UTC."""
    return datetime.fromtimestamp(ledger.run.created_at, UTC)


def revision(ledger: Ledger) -> str:
    """Of the project, as the run recorded it."""
    return str(ledger.run.environment.get("revision", "unknown"))


def _summary(sample: Sample) -> Exported | None:
    found = summarise(sample)
    if found.geometric_mean is None:
        return None
    values = [sample.values[number] for number in sorted(sample.values)]
    return Exported(cell=sample.cell, values=values, mean=found.geometric_mean, interval=found.interval)
