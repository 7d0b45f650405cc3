"""Which value of a trial is worth most per second: trials one by one or in turn, how many passes, which estimator?

Twins of one variant are measured in both ways, in alternate rounds on the same server; all their ratios are truly 1, so the
spread of the paired log-ratios is pure noise. ``python -m harness.calibration trial_value``, or ``nox -s trial_value``.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from harness.locks import machine_lock
from harness.measure.planning.catalog import match, match_one, open_catalog
from harness.measure.planning.plan import make_plan, round_job
from harness.measure.planning.planted import plant
from harness.measure.planning.suite import PROJECT_FILE, read_suite_file
from harness.measure.run import run_round
from harness.measured import Trial
from harness.model import HERE, TrialRules
from harness.session.console import to_errors

ESTIMATORS: dict[str, Callable[[Sequence[float]], float]] = {
    "geometric": lambda values: float(np.exp(np.mean(np.log(values)))),
    "mean": lambda values: float(np.mean(values)),
    "median": lambda values: float(np.median(values)),
    "minimum": min,
}
PASSES = (1, 3, 5, 10, 15)
WAYS = {"one by one": 1, "in turn": 16}


def main() -> None:
    """Measure and print the spread per round, in per cent, for each way, number of passes and estimator."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=24, help="of each way")
    parser.add_argument("--twins", type=int, default=6)
    parser.add_argument("--variant", default="gather/aiohttp_session/asyncio")
    parser.add_argument("--workload", default="thumbs-memory")
    options = parser.parse_args()
    with machine_lock(to_errors().say), tempfile.TemporaryDirectory() as folder:
        found, seconds = _measure(options, Path(folder))
    print(f"{'':12}{'passes':>7}" + "".join(f"{name:>11}" for name in ESTIMATORS) + f"{'s/round':>9}")
    for way, rounds in found.items():
        for passes in PASSES:
            spreads = [100 * _spread(rounds, passes, estimator) for estimator in ESTIMATORS.values()]
            print(
                f"{way:12}{passes:7}"
                + "".join(f"{spread:10.1f}%" for spread in spreads)
                + f"{seconds[way]:9.1f}"
            )


def _measure(
    options: argparse.Namespace, folder: Path
) -> tuple[dict[str, list[list[Trial]]], dict[str, float]]:
    tree = open_catalog(sys.executable)
    chosen = match_one(options.variant, tree.variants)
    files = [plant(tree, chosen.client, f"twin_{number}", 0, folder) for number in range(options.twins)]
    catalog = open_catalog(sys.executable, clients=files)
    ids = [chosen.id_with(path.stem) for path in files]
    workload = read_suite_file(PROJECT_FILE).workload(options.workload)
    plan = make_plan(
        suite="trial-value",
        baseline=ids[0],
        seed=0,
        rules=TrialRules(warmups=1, trial_s=3600.0, max_passes=max(PASSES), timeout_s=60.0),
        workloads=[workload],
        variants=match(ids, catalog.variants),
        rounds=2 * options.rounds,
    )
    found: dict[str, list[list[Trial]]] = {way: [] for way in WAYS}
    seconds = dict.fromkeys(WAYS, 0.0)
    for number in range(len(plan.rounds)):
        way = list(WAYS)[number % 2]
        job = replace(round_job(plan, number, {HERE: catalog}), together=WAYS[way])
        began = time.perf_counter()
        trials = run_round(job).trials
        seconds[way] += (time.perf_counter() - began) / options.rounds
        found[way].append(sorted(trials, key=lambda trial: trial.cell))
    return found, seconds


def _spread(rounds: list[list[Trial]], passes: int, estimator: Callable[[Sequence[float]], float]) -> float:
    """Standard deviation of the log-ratio of two twins in one round, pooled over the twins."""
    values = np.array(
        [
            [np.log(estimator([pass_.wall_s for pass_ in trial.timed[:passes]])) for trial in trials]
            for trials in rounds
        ]
    )
    ratios = values[:, 1:] - values[:, :1]
    return float(np.sqrt(np.mean(np.var(ratios, axis=0, ddof=1))))
