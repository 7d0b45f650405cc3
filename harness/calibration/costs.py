"""Clients that cost more and take no longer: each must be found by the metric of what it costs, and by no other."""

import argparse
import statistics
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from harness.calibration.testbed import PROBE, Round, Testbed, opened
from harness.measure.planning.catalog import open_catalog
from harness.measure.planning.planted import plant, turns_per_share
from harness.metrics import CLIENT_CPU, PEAK_RSS, RESPONSES
from harness.stats.effect import against_variant
from harness.stats.fitness import disturbances
from harness.stats.judge import Measured, judge, pairs_of
from harness.stats.verdict import Margins

WORKLOAD = "thumbs-50ms-memory"  # bound by thinking time: what the client computes hides behind its waiting
DEARER, LARGER = "dearer", "larger"
FOUND_BY = {DEARER: CLIENT_CPU.key, LARGER: PEAK_RSS.key}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this proof."""
    parser.set_defaults(run=prove, workload=WORKLOAD)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--margin", type=float, default=0.05)
    parser.add_argument(
        "--cpu", type=float, default=0.10, help="planted share of CPU seconds (default: 0.10)"
    )
    parser.add_argument("--memory", type=float, default=0.20, help="planted share of memory (default: 0.20)")


def prove(options: argparse.Namespace) -> dict[str, Any]:
    """Plant both clients, judge each run by time, CPU and memory at once, and count what was said."""
    said: dict[str, Counter[str]] = {}
    runs = []
    with opened(options, {DEARER: 0.0, LARGER: 0.0}) as twins:
        testbed = _planted(twins, options)
        for number in range(options.runs):
            began = time.monotonic()
            rounds = list(testbed.rounds([DEARER, LARGER], options.rounds, options.seed + number))
            runs.append(_judged(testbed, rounds, options.margin))
            for key, found in runs[-1].items():
                said.setdefault(key, Counter())[found["verdict"]] += 1
            seconds = round(time.monotonic() - began)
            print(f"[{number + 1}/{options.runs}] {seconds} s {runs[-1]}", file=sys.stderr, flush=True)
    return {
        "found by its metric and by no other": {
            client: f"{sum(_is_right(run, client) for run in runs)} of {options.runs}" for client in FOUND_BY
        },
        **{key: dict(counts) for key, counts in said.items()},
        "runs": runs,
    }


def _planted(testbed: Testbed, options: argparse.Namespace) -> Testbed:
    """The testbed with clients that cost as much more as the options say; what a share is, a pilot tells."""
    base, probe = testbed.pilot()
    turns = options.cpu * turns_per_share(base, probe, CLIENT_CPU)
    kept = options.memory * statistics.median(map(PEAK_RSS.of_trial, base))
    tree = open_catalog(sys.executable)
    plant(tree, testbed.chosen.client, DEARER, round(turns), testbed.folder)
    plant(tree, testbed.chosen.client, LARGER, 0, testbed.folder, kept_bytes=round(kept))
    files = [testbed.folder / f"{client}.py" for client in (*testbed.truths, PROBE)]
    # A catalogue holds the text of its files.
    return replace(testbed, catalog=open_catalog(sys.executable, clients=files))


def _judged(testbed: Testbed, rounds: Sequence[Round], margin: float) -> dict[str, dict[str, Any]]:
    """Client and metric -> verdict and ratio."""
    trials = [trial for round_ in rounds for trial in round_.trials]
    seen = disturbances([round_.sentinel for round_ in rounds])
    pairs = pairs_of(trials, against_variant(testbed.baseline), RESPONSES)
    clients = {variant.id: client for client, variant in testbed.variants.items()}
    return {
        f"{clients[finding.pair.head.variant]}, {finding.pair.metric.key}": {
            "verdict": finding.word,
            "ratio": finding.verdict and round(finding.verdict.effect.ratio or 0, 4),
            "spread": finding.verdict and round(finding.verdict.effect.spread or 0, 4),
        }
        for finding in judge(
            Measured(trials=trials, disturbances=seen), pairs, margins=Margins(default=margin)
        )
    }


def _is_right(run: dict[str, dict[str, Any]], client: str) -> bool:
    """Whether its own metric says regressed, and no other does."""
    regressed = [
        metric.key for metric in RESPONSES if run[f"{client}, {metric.key}"]["verdict"] == "regressed"
    ]
    return regressed == [FOUND_BY[client]]
