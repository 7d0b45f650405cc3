"""The default suite's variants under pytest-benchmark, so that people's existing tooling works on them.

``nox -s pytest_benchmark``. One process for all, one round after the other: for verdicts use ``nox -s bench``, which
gives each trial a process of its own and pairs inside rounds. Bodies are verified here too, after the clock has stopped.
"""

import sys
from collections.abc import Iterator
from typing import Any

import pytest

from harness.measure.manifest import Manifest
from harness.measure.planning.catalog import match, open_catalog
from harness.measure.planning.suite import SuiteFile, read_suite_file
from harness.measure.processes.launch import ROOT
from harness.measure.server import Server, running_server
from harness.measure.worker.trial import Trial
from harness.model import Variant
from harness.workload import Workload

WORKLOAD = "thumbs-50ms-memory"


def suite_file() -> SuiteFile:
    """The suites and workloads that the harness itself measures."""
    return read_suite_file(ROOT / "benchmarks" / "suite.toml")


CATALOG = open_catalog(sys.executable)
VARIANTS = match(suite_file().suite("default").variants, CATALOG.variants)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with running_server(cpus=()) as running:
        yield running


@pytest.fixture(scope="session")
def workload() -> Workload:
    return suite_file().workload(WORKLOAD)


@pytest.fixture(scope="session")
def manifest(server: Server, workload: Workload) -> Manifest:
    return server.register(workload)


@pytest.mark.benchmark(group=WORKLOAD)
@pytest.mark.parametrize("variant", VARIANTS, ids=[variant.id for variant in VARIANTS])
def test_download(benchmark: Any, variant: Variant, manifest: Manifest, workload: Workload) -> None:
    if variant.unavailable:
        pytest.skip(variant.unavailable)  # a state with its reason, never a silent gap
    trial = Trial(CATALOG.program(variant))
    trial.assign(manifest.downloads(workload, timeout_s=60.0))

    def prepare() -> None:
        trial.prepare(warmup=False)

    def verify() -> None:
        told = trial.tell()
        assert "reason" not in told
        assert tuple(told["digests"]) == manifest.digests

    benchmark.extra_info["images"] = len(manifest.urls)
    benchmark.pedantic(trial.run_pass, setup=prepare, teardown=verify, rounds=5, warmup_rounds=1)
