"""What the harness costs: seconds per image inside it over seconds per image in a bare script of the same client.

Both run in fresh processes on the same CPU, in random order within each round, against one server; the ratio is paired
by round. ``python benchmarks/calibration/instrument_cost.py --rounds 20``, or ``nox -s instrument_cost``.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from harness.measure.catalog import match, open_catalog
from harness.measure.launch import clean_environment
from harness.measure.machine import cpu_split
from harness.measure.plan import make_plan
from harness.measure.run import Bench, run_round
from harness.measure.server import Manifest, running_server
from harness.metrics import WALL
from harness.model import HERE, TrialRules, Workload
from harness.stats import kernels

PAIRS = {
    "gather/aiohttp_session/asyncio": "gather_aiohttp.py",
    "thread_pool/requests_session": "thread_pool_requests.py",
}
PASSES = 8
WORKLOAD = Workload(
    name="thumbs", images=400, image_bytes=6144, latency_s=0.0, concurrency=50, sink="memory", seed=1
)
RULES = TrialRules(warmups=1, trial_s=3600.0, max_passes=PASSES, timeout_s=60.0)  # always PASSES passes


def main() -> None:
    """Measure every pair and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    results = [_measure(variant, options.rounds, options.seed) for variant in PAIRS]
    if options.json:
        print(json.dumps(results))
        return
    for one in results:
        print(
            f"{one['variant']}: harness / bare = {one['ratio']:.4f} "
            f"[{one['low']:.4f}, {one['high']:.4f}] over {one['rounds']} rounds"
        )


def _measure(variant: str, rounds: int, seed: int) -> dict[str, object]:
    """Pair the variant in the harness with its bare script."""
    catalog = open_catalog(sys.executable)
    plan = make_plan(
        suite="instrument-cost",
        baseline=variant,
        seed=seed,
        rules=RULES,
        workloads=[WORKLOAD],
        variants=match([variant], catalog.variants),
        rounds=rounds,
    )
    client_cpus, server_cpus = cpu_split()
    order = random.Random(seed)
    logs = []
    with running_server(cpus=server_cpus) as server, tempfile.TemporaryDirectory() as sink:
        manifest = server.register(WORKLOAD)
        bare = server.register(replace(WORKLOAD, name="bare"))  # the witness of a trial must not see the script
        bench = Bench(
            plan=plan,
            pythons={HERE: sys.executable},
            catalogs={HERE: catalog},
            server=server,
            manifests={WORKLOAD.name: manifest},
            client_cpus=client_cpus,
            sink=Path(sink),
        )
        for number in range(rounds):
            seconds = {}
            for side in order.sample(["harness", "bare"], 2):
                if side == "harness":
                    seconds[side] = _in_harness(bench, number)
                else:
                    seconds[side] = _bare(PAIRS[variant], bare, client_cpus)
            logs.append(np.log(seconds["harness"] / seconds["bare"]))
    moments = kernels.moments(np.array(logs))
    low, high = kernels.interval(moments, 0.95)
    return {
        "variant": variant,
        "ratio": float(np.exp(moments.mean)),
        "low": float(np.exp(low)),
        "high": float(np.exp(high)),
        "rounds": rounds,
    }


def _in_harness(bench: Bench, number: int) -> float:
    """Seconds of the median timed pass of one trial."""
    [trial] = run_round(bench, number, [(0, bench.plan.rounds[number][0])], lambda _: None)
    if trial.reason is not None:
        sys.exit(f"the trial failed: {trial.reason}")
    return WALL.of_trial(trial)


def _bare(script: str, manifest: Manifest, cpus: Sequence[int]) -> float:
    """Seconds of the median pass of the bare script, its first left out as the harness does."""
    process = subprocess.run(
        [
            sys.executable,
            "-P",
            Path(__file__).parent / "bare" / script,
            str(PASSES + 1),
            str(WORKLOAD.concurrency),
        ],
        input="\n".join(manifest.urls),
        capture_output=True,
        text=True,
        check=True,
        env=clean_environment(),
        preexec_fn=(lambda: os.sched_setaffinity(0, cpus)) if cpus else None,
    )
    return statistics.median(map(float, process.stdout.split()[1:]))


if __name__ == "__main__":
    main()
