"""One round of every variant of a catalogue, as ``bench`` measures it, on the server that all tests share."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from harness.ledger import Record
from harness.measure.job import Notice, RoundJob
from harness.measure.planning.catalog import Catalog
from harness.measure.planning.plan import make_plan, round_job
from harness.measure.run import run_round
from harness.measure.server import Server
from harness.measured import Trial
from harness.model import HERE, TrialRules
from harness.workload import Workload
from tests.shared_server import shared


def job_of(catalog: Catalog, workload: Workload, rules: TrialRules, order: Sequence[str] = ()) -> RoundJob:
    """Every variant of the catalogue once, those that ``order`` names first."""
    plan = make_plan(
        suite="test",
        baseline="",
        seed=1,
        rules=rules,
        workloads=[workload],
        variants=catalog.variants,
        rounds=1,
    )
    job = round_job(plan, 0, {HERE: catalog})
    places = {variant: place for place, variant in enumerate(order)}
    last = len(places)
    return replace(
        job, entries=tuple(sorted(job.entries, key=lambda entry: places.get(entry.cell.variant, last)))
    )


def measured(
    server: Server,
    job: RoundJob,
    tell: Callable[[Record | Notice], None] | None = None,
    sink: Path | None = None,
) -> tuple[Trial, ...]:
    """Run the job on a server that runs already."""
    with shared(server):
        return run_round(job, tell=tell, sink=sink).trials
