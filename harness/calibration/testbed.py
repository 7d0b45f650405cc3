"""Clients with a known truth on a real server, for the proofs of the verdicts. It measures rounds and judges nothing."""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from harness.measure.machine import cpu_split
from harness.measure.planning.catalog import Catalog, match_one, open_catalog
from harness.measure.planning.plan import make_plan, round_job
from harness.measure.planning.planted import PROBE_TURNS, plant, turns_per_share
from harness.measure.planning.suite import PROJECT_FILE, read_suite_file
from harness.measure.run import run_round
from harness.measured import Sentinel, Trial
from harness.model import HERE, HarnessError, TrialRules, Variant
from harness.workload import Workload

BASE, PROBE = "base", "probe"
PILOT_ROUNDS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one round gave.

    Attributes:
        seconds: wall-clock time of all of it: sentinel, starting processes, passes.
    """

    sentinel: Sentinel
    trials: tuple[Trial, ...]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Testbed:
    """Planted clients and what is asked of them.

    Attributes:
        truths: client -> planted slow-down, 0 for the baseline and its twins.
        variants: client -> its variant.
        chosen: the variant of the project that was planted.
        turns: of the burning loop, that double the time of an image.
    """

    catalog: Catalog
    workload: Workload
    rules: TrialRules
    truths: dict[str, float]
    variants: dict[str, Variant]
    chosen: Variant
    turns: float
    folder: Path

    @property
    def baseline(self) -> str:
        """Id of the variant that ratios refer to."""
        return self.variants[BASE].id

    @property
    def planted(self) -> dict[str, float]:
        """Variant id -> planted slow-down."""
        return {self.variants[client].id: share for client, share in self.truths.items()}

    def pilot(self) -> tuple[list[Trial], list[Trial]]:
        """Trials of the baseline and of the probe, for ``turns_per_share``."""
        trials = [trial for round_ in self.rounds([PROBE], PILOT_ROUNDS, seed=1) for trial in round_.trials]
        base, probe = (
            [trial for trial in trials if trial.cell.variant == self.variants[client].id]
            for client in (BASE, PROBE)
        )
        return base, probe

    def rounds(
        self, clients: Sequence[str], count: int, seed: int, *, workload: Workload | None = None
    ) -> Iterator[Round]:
        """Measure the baseline and these clients, round after round, as ``bench`` does.

        Raises:
            HarnessError: a trial failed.
        """
        asked = workload or self.workload
        plan = make_plan(
            suite="proof",
            baseline=self.baseline,
            seed=seed,
            rules=self.rules,
            workloads=[asked],
            variants=[self.variants[client] for client in (BASE, *clients)],
            rounds=count,
        )
        for number in range(count):
            began = time.monotonic()
            result = run_round(round_job(plan, number, {HERE: self.catalog}))
            assert result.sentinel is not None
            failed = next((trial.reason for trial in result.trials if trial.reason is not None), None)
            if failed:
                raise HarnessError(f"a trial failed, so nothing is proved: {failed}")
            yield Round(sentinel=result.sentinel, trials=result.trials, seconds=time.monotonic() - began)


def within(rounds: Iterable[Round], seconds: float) -> Iterator[Round]:
    """Those rounds that fit, known before each begins: an end by the clock looks at no result."""
    spent = longest = 0.0
    for round_ in rounds:
        spent += round_.seconds
        longest = max(longest, round_.seconds)
        if spent > seconds:
            return
        yield round_
        if spent + longest > seconds:
            return


@contextmanager
def burning() -> Iterator[None]:
    """A process that never rests, on the client's CPU."""
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        if cpu_split()[0]:
            psutil.Process(process.pid).cpu_affinity(list(cpu_split()[0][:1]))
        yield
    finally:
        process.kill()
        process.wait()


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what every proof can be told."""
    parser.add_argument("--trial-s", type=float, default=0.6, help="length of a trial (default: 0.6)")
    parser.add_argument("--variant", help="instead of the self-check's")
    parser.add_argument("--workload", help="instead of the self-check's")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")


@contextmanager
def opened(options: argparse.Namespace, truths: dict[str, float]) -> Iterator[Testbed]:
    """Plant a client per truth beside the baseline, and find out how much work a share is."""
    file = read_suite_file(PROJECT_FILE)
    truths = {BASE: 0.0} | truths
    tree = open_catalog(sys.executable)
    chosen = match_one(options.variant or file.selfcheck.variant, tree.variants)
    workload = file.workload(options.workload or file.selfcheck.workload)
    with tempfile.TemporaryDirectory(prefix="fetchbench-") as name:
        folder = Path(name)
        work = dict.fromkeys(truths, 0) | {PROBE: PROBE_TURNS}
        files = [plant(tree, chosen.client, client, turns, folder) for client, turns in work.items()]
        catalog = open_catalog(sys.executable, clients=files)
        ids = {client: chosen.id_with(client) for client in work}
        testbed = Testbed(
            catalog=catalog,
            workload=workload,
            rules=replace(file.rules, trial_s=options.trial_s),
            truths=truths,
            variants={client: match_one(id_, catalog.variants) for client, id_ in ids.items()},
            chosen=chosen,
            turns=0.0,
            folder=folder,
        )
        per_share = turns_per_share(*testbed.pilot()) if any(truths.values()) else 0.0
        for client, share in truths.items():
            plant(tree, chosen.client, client, round(share * per_share), folder)
        # A catalogue holds the text of its files.
        yield replace(testbed, turns=per_share, catalog=open_catalog(sys.executable, clients=files))
