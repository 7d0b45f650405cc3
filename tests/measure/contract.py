"""The tiny workload of the contract, and a trial of it for each variant."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from harness.measure.planning.catalog import Catalog
from harness.measure.server import Server
from harness.measured import Trial
from harness.model import TrialRules
from harness.workload import Workload
from tests.measure.conftest import job_of, measured

# 32 is the most that a default executor has on any machine, so that no variant is skipped.
TINY = Workload.of(
    name="tiny-memory", images=33, image_bytes=4096, latency_s=0.005, concurrency=32, sink="memory", seed=5
)
RULES = TrialRules(warmups=1, trial_s=0.001, max_passes=1, timeout_s=30.0)


def trials_of(
    catalog: Catalog,
    server: Server,
    workload: Workload = TINY,
    order: Sequence[str] = (),
    sink: Path | None = None,
    rules: TrialRules = RULES,
) -> tuple[Trial, ...]:
    """One trial of every variant of the catalogue, in one round, in this order if one is given."""
    return measured(server, job_of(catalog, workload, rules, order), sink=sink)


def only(catalog: Catalog, *ids: str) -> Catalog:
    """The catalogue with these variants alone."""
    found = tuple(variant for variant in catalog.variants if variant.id in ids)
    assert len(found) == len(ids)
    return replace(catalog, variants=found)
