"""Kill a run at a random moment, resume it, and compare: same plan, no trial lost or doubled, same verdicts?

The moments are drawn from a seed, between the first trial and the last one of a run that nobody disturbed. Verdicts can
be compared only where the host was fit to judge on, both times.
``python -m harness.calibration kill_resume --kills 20``, or ``nox -s kill_resume``.
"""

import argparse
import csv
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from harness import ledger
from harness.locks import machine_lock
from harness.measure.processes.launch import ROOT
from harness.session.console import to_errors
from harness.stats.fitness import host_notes

SUITE = """\
[workloads.tiny-memory]
images = 40
image_bytes = 4_096
latency_s = 0.005
concurrency = 32
sink = "memory"

[trial]
warmups = 1
trial_s = 0.05
max_passes = 4
timeout_s = 20.0

[suites.default]
baseline = "thread_pool/requests_session"
rounds = 6
workloads = ["tiny-memory"]
variants = ["thread_pool/requests_session", "sequential/requests_session", "gather/aiohttp_session/asyncio"]
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a killed and resumed run was like.

    Attributes:
        killed: how often; a run may be over before its moment comes.
        kept: trials on the disk after the last kill.
        cut: the last line was not whole.
        same_plan: ``run.json`` is what it was.
        same_trials: what was on the disk is there still, to the byte, before all that was added.
        once_each: the plan's trials are there, each once, and no other.
        verdicts: variant -> verdict.
        host: what made it unfit to judge on, as codes.
    """

    killed: int
    kept: int
    cut: bool
    same_plan: bool
    same_trials: bool
    once_each: bool
    verdicts: dict[str, str]
    host: tuple[str, ...]


def main() -> None:
    """Kill and resume so many runs; print what each was like and how many were whole."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    draw = random.Random(options.seed)
    with machine_lock(to_errors().say), tempfile.TemporaryDirectory(prefix="fetchbench-") as name:
        folder = Path(name)
        for _ in range(3):  # until the host was fit, so that there are verdicts to compare with
            seconds, verdicts, host = undisturbed(folder)
            if not host:
                break
        print(f"undisturbed: {seconds:.1f} s from the first trial to the last; {verdicts} {host or ''}")
        outcomes = [
            kill_and_resume(folder / str(number), draw.uniform(0, seconds)) for number in range(options.kills)
        ]
    for outcome in outcomes:
        print(outcome)
    whole = sum(outcome.same_plan and outcome.same_trials and outcome.once_each for outcome in outcomes)
    print(f"killed while measuring: {sum(outcome.killed for outcome in outcomes)} of {len(outcomes)}")
    print(f"same plan, no trial lost or doubled: {whole} of {len(outcomes)}")
    fit = [outcome for outcome in outcomes if not outcome.host and not host]
    print(
        f"same verdicts: {sum(outcome.verdicts == verdicts for outcome in fit)} of {len(fit)} on a fit host"
    )


def undisturbed(folder: Path) -> tuple[float, dict[str, str], tuple[str, ...]]:
    """Seconds from the first trial to the last of a whole run, its verdicts, and what made the host unfit."""
    results = folder / "undisturbed"
    with _bench(results) as process:
        _began_measuring(process)
        began = ended = time.monotonic()
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("["):
                ended = time.monotonic()
        _, error = process.communicate()
    _demand(process.returncode, error)
    run = results / "latest"
    return ended - began, _verdicts(run), _host(ledger.read(run))


def kill_and_resume(results: Path, *after_s: float) -> Outcome:
    """Start a run, kill it so many seconds after it began to measure, go on with it until the next kill or its end."""
    run = results / "latest"
    killed, kept = 0, []
    for number, seconds in enumerate(after_s):
        with _bench(results, *(("--resume", str(run)) if number else ())) as process:
            killed += _killed(process, seconds)
        kept.append(_bytes(run))
    plan, before = (run / "run.json").read_bytes(), ledger.read(run)
    with _bench(results, "--resume", str(run)) as resumed:
        _, error = resumed.communicate()
    _demand(resumed.returncode, error)
    after = ledger.read(run)
    found = Counter((trial.round, trial.cell) for trial in after.trials)
    asked = [(number, cell) for number, cells in enumerate(after.run.plan.rounds) for cell in cells]
    return Outcome(
        killed=killed,
        kept=len(before.trials),
        cut=before.cut,
        same_plan=(run / "run.json").read_bytes() == plan,
        same_trials=all(_bytes(run).startswith(data[: data.rfind(b"\n") + 1]) for data in kept),
        once_each=found == Counter(asked),
        verdicts=_verdicts(run),
        host=_host(after),
    )


def _killed(process: subprocess.Popen[str], after_s: float) -> bool:
    """Kill it so long after it began to measure; False if it was over before."""
    if not _began_measuring(process):
        return False  # all was measured before the last kill
    try:
        process.communicate(timeout=after_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
    return process.returncode == -signal.SIGKILL


def _bench(results: Path, *options: str) -> subprocess.Popen[str]:
    """Start ``bench`` with a lock of its own: ours is held already."""
    results.mkdir(parents=True, exist_ok=True)
    suite = results / "suite.toml"
    suite.write_text(SUITE, encoding="utf-8")
    given = options or ("--suite-file", str(suite), "--seed", "1")
    return subprocess.Popen(
        [sys.executable, "-m", "harness", "bench", "--results", str(results), *given],
        cwd=ROOT,
        env=os.environ
        | {"TMPDIR": str(results), "GIT_DIR": os.devnull},  # a commit meanwhile changes nothing
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _began_measuring(process: subprocess.Popen[str]) -> bool:
    """Wait for its first trial; False if it ended without one."""
    assert process.stderr is not None
    return any(line.startswith("[") for line in process.stderr)


def _demand(code: int, error: str) -> None:
    if code:
        sys.exit(f"a run that nobody killed ended with {code}: {error[-500:]}")


def _host(recorded: ledger.Ledger) -> tuple[str, ...]:
    return tuple(note.code for note in host_notes(recorded.sentinels))


def _bytes(run: Path) -> bytes:
    path = run / "trials.jsonl"
    return path.read_bytes() if path.exists() else b""


def _verdicts(run: Path) -> dict[str, str]:
    with (run / "effects.csv").open(newline="", encoding="utf-8") as file:
        return {row["variant"]: row["verdict"] for row in csv.DictReader(file)}
