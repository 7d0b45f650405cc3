"""The same known truths judged by pytest-benchmark, run after run, and by us: how often is each wrong, in the same time?

pytest-benchmark runs the baseline in one process and the other client in the next, and fails where the mean is over 5 %
more. Its seconds are those of its rounds alone; ours count everything, starting processes too, which favours it.
"""

import argparse
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from harness.calibration.judging import judged
from harness.calibration.testbed import BASE, Testbed, opened, within
from harness.measure.machine import cpu_split
from harness.measure.processes.launch import ROOT
from harness.measure.processes.variables import clean_environment
from harness.measure.server import running_server
from harness.model import HarnessError
from harness.report.words.formats import markdown_table

MARGIN = 0.05  # of both
REGRESSED = "PerformanceRegression"  # pytest-benchmark ends with this exception where a comparison fails

TEST = """\
import json, os, sys
sys.path.insert(0, os.environ["ROOT"])
from harness.measure.worker.spec import Downloads, Program
from harness.measure.worker.trial import Trial


def test_download(benchmark):
    trial = Trial(Program(**json.loads(os.environ["PROGRAM"])))
    trial.assign(Downloads(**json.loads(os.environ["DOWNLOADS"])))

    def download():
        trial.prepare(warmup=False)
        return trial.run_pass()

    assert benchmark(download) == {}
    assert trial.tell()["digests"] == json.loads(os.environ["DIGESTS"])
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what this proof can be told."""
    parser.add_argument("--runs", type=int, default=10, help="of each case and tool (default: 10)")
    parser.add_argument(
        "--seconds", type=float, default=30.0, help="of measuring per run and tool (default: 30)"
    )
    parser.add_argument("--slowdowns", type=float, nargs="+", default=[0.10], help="beside none")


def compare(options: argparse.Namespace) -> dict[str, Any]:
    """Judge each case by both tools in turn, so that both meet the same host; return counts and a table."""
    heads = {f"head_{round(1000 * share)}": share for share in (0.0, *options.slowdowns)}
    runs: list[dict[str, Any]] = []
    with opened(options, heads) as testbed:
        (testbed.folder / "test_theirs.py").write_text(TEST, encoding="utf-8")
        for number in range(options.runs):
            for client, share in heads.items():
                ours = _ours(testbed, client, options.seconds, options.seed + number)
                theirs = _theirs(testbed, client, options.seconds / 2)
                runs.append({"planted": share, "ours": ours, "theirs": theirs})
                print(
                    f"[{len(runs)}/{options.runs * len(heads)}] {json.dumps(runs[-1])}",
                    file=sys.stderr,
                    flush=True,
                )
    return {"table": _table(runs), "runs": runs}


def _ours(testbed: Testbed, client: str, seconds: float, seed: int) -> dict[str, Any]:
    """Our verdict on as many rounds as fit."""
    rounds = list(within(testbed.rounds([client], 1_000, seed), seconds))
    found = judged(testbed, rounds, margin=MARGIN)
    [verdict] = found["verdicts"]
    return {name: verdict[name] for name in ("call", "unwatched_call", "ratio")} | {
        "seconds": found["seconds"]
    }


def _theirs(testbed: Testbed, client: str, seconds: float) -> dict[str, Any]:
    """Whether pytest-benchmark fails the second of two runs."""
    storage = testbed.folder / "storage"
    for old in storage.rglob("*.json"):
        old.unlink()
    _pytest(testbed, BASE, seconds, "--benchmark-save=base")
    failed = _pytest(
        testbed,
        client,
        seconds,
        "--benchmark-save=head",
        "--benchmark-compare=0001",
        "--benchmark-compare-fail=mean:5%",
    )
    base, head = (
        json.loads(path.read_text())["benchmarks"][0]["stats"]["mean"]
        for path in sorted(storage.rglob("*.json"))
    )
    return {"failed": failed, "ratio": head / base}


def _pytest(testbed: Testbed, client: str, seconds: float, *options: str) -> bool:
    """Run it in a process of its own; return whether its comparison failed."""
    client_cpus, server_cpus = cpu_split()
    program = testbed.catalog.program(testbed.variants[client], client_cpus)
    with running_server(cpus=server_cpus) as server:
        manifest = server.register(testbed.workload)
        downloads = manifest.downloads(testbed.workload, timeout_s=testbed.rules.timeout_s)
        records = {
            "PROGRAM": json.dumps(asdict(program)),
            "DOWNLOADS": json.dumps(asdict(downloads)),
            "DIGESTS": json.dumps(manifest.digests),
        }
        done = _run_pytest(testbed, records, seconds, options)
    regressed = REGRESSED in done.stdout + done.stderr
    if not regressed and done.returncode != 0:
        raise HarnessError(f"pytest-benchmark gave no result: {(done.stdout + done.stderr)[-500:]}")
    return regressed


def _run_pytest(
    testbed: Testbed, records: Mapping[str, str], seconds: float, options: Sequence[str]
) -> "subprocess.CompletedProcess[str]":
    command = [
        sys.executable, "-m", "pytest", "-q", "-c", os.devnull, f"--rootdir={testbed.folder}",
        "-p", "no:cacheprovider", f"--benchmark-storage={testbed.folder / 'storage'}",
        f"--benchmark-max-time={seconds}", *options, str(testbed.folder / "test_theirs.py"),
    ]  # fmt: skip
    with clean_environment({"ROOT": str(ROOT), **records}) as clean:
        return subprocess.run(
            command, env=clean, cwd=testbed.folder, capture_output=True, text=True, check=False
        )


def _table(runs: list[dict[str, Any]]) -> str:
    """Markdown: per case, how often each tool said "slower"."""
    rows = []
    for share in sorted({run["planted"] for run in runs}):
        case = [run for run in runs if run["planted"] == share]
        theirs = sum(run["theirs"]["failed"] for run in case)
        calls = Counter(run["ours"]["call"] for run in case)
        others = [
            f"{calls[call]} {call}" for call in ("improved", "equivalent", "inconclusive") if calls[call]
        ]
        name = f"+{100 * share:g} %" if share else "nothing"
        found = (f"{theirs} of {len(case)}", f"{calls['regressed']} of {len(case)}")
        rows.append((name, *found, ", ".join(others) or "none"))
    heads = (
        "planted",
        "pytest-benchmark, `mean:5%`, run after run",
        "ours, margin 5 %",
        "ours, other verdicts",
    )
    return "\n".join(markdown_table(heads, rows))
