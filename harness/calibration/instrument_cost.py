"""What the harness costs: seconds per image inside it over seconds per image in a bare script of the same client.

In each round both are started anew, on the same CPU, and run their passes in turn against one server; the ratio is paired by
round. ``python -m harness.calibration instrument_cost --rounds 20``, or ``nox -s instrument_cost``.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from harness.calibration.paired import Pass, Ratio, add_options, paired
from harness.locks import machine_lock
from harness.measure.machine import cpu_split
from harness.measure.manifest import Manifest
from harness.measure.planning.catalog import Catalog, match_one, open_catalog
from harness.measure.processes.launch import Worker
from harness.measure.processes.variables import clean_environment
from harness.measure.server import running_server
from harness.session.console import to_errors
from harness.workload import Workload

PAIRS = {
    "gather/aiohttp_session/asyncio": "gather_aiohttp.py",
    "thread_pool/requests_session": "thread_pool_requests.py",
}
WORKLOAD = Workload.of(
    name="thumbs", images=400, image_bytes=6144, latency_s=0.0, concurrency=50, sink="memory", seed=1
)
TIMEOUT_S = 60.0


def main() -> None:
    """Measure every pair and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--variants", nargs="+", choices=PAIRS, default=list(PAIRS), metavar="VARIANT")
    add_options(parser, rounds=12, passes=16)
    options = parser.parse_args()
    with machine_lock(to_errors().say):
        results = {variant: _measure(variant, options) for variant in options.variants}
    if options.json:
        rows = [
            {"variant": variant, "rounds": options.rounds} | found._asdict()
            for variant, found in results.items()
        ]
        print(json.dumps(rows))
        return
    for variant, found in results.items():
        print(f"{variant}: harness / bare = {found} over {options.rounds} rounds, spread {found.spread:.1%}")


def _measure(variant: str, options: argparse.Namespace) -> Ratio:
    """Pair the variant in the harness with its bare script."""
    catalog = open_catalog(sys.executable)
    client_cpus, server_cpus = cpu_split()
    with running_server(cpus=server_cpus) as server:
        manifest = server.register(WORKLOAD)

        @contextmanager
        def opened() -> Iterator[tuple[Pass, Pass]]:
            with (
                in_harness(catalog, variant, manifest, client_cpus) as harness,
                _bare(PAIRS[variant], manifest, client_cpus) as bare,
            ):
                yield harness, bare

        draw = random.Random(options.seed)
        return paired(opened, rounds=options.rounds, passes=options.passes, draw=draw)


@contextmanager
def in_harness(catalog: Catalog, variant: str, manifest: Manifest, cpus: Sequence[int]) -> Iterator[Pass]:
    """Load the variant in a worker; yield what runs a pass of it and returns its seconds."""
    with Worker(sys.executable) as worker:

        def ask(do: str, **arguments: object) -> dict[str, float]:
            answer = worker.ask(do, within_s=TIMEOUT_S, **arguments)
            if "reason" in answer:
                sys.exit(f"{variant} failed: {answer['reason']}")
            return answer

        ask("load", **asdict(catalog.program(match_one(variant, catalog.variants), cpus)))
        ask("assign", **asdict(manifest.downloads(WORKLOAD, timeout_s=TIMEOUT_S)))

        def run_pass() -> float:
            ask("prepare", warmup=False)
            ask("pass")
            return ask("tell")["wall_s"]

        yield run_pass


@contextmanager
def _bare(script: str, manifest: Manifest, cpus: Sequence[int]) -> Iterator[Pass]:
    """Start the bare script; yield what lets it run one pass and returns its seconds."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as urls, clean_environment() as clean:
        urls.write("\n".join(manifest.urls))
        urls.flush()
        process = subprocess.Popen(
            [
                sys.executable,
                "-P",
                Path(__file__).parent / "bare" / script,
                urls.name,
                str(WORKLOAD.arrival.concurrency),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=clean,
            preexec_fn=(lambda: os.sched_setaffinity(0, cpus)) if cpus else None,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        stdin, stdout = process.stdin, process.stdout

        def run_pass() -> float:
            stdin.write("\n")
            stdin.flush()
            return float(stdout.readline())

        try:
            yield run_pass
        finally:
            process.communicate()
