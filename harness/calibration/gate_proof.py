"""Does the gate tell a real slow-down from noise? Commits with a known truth in a scratch clone, each gated many times.

* ``slow``: a commit that makes one client 10 % slower: how often does the gate end with 3?
* ``comment``: a commit that changes a comment in the same file: it must not, and should end with 0.
* ``slow-beside-burner``: a commit that makes it three times as slow, beside a process on the client's CPU: 3 all the same.
* ``comment-beside-burner``: the comment again, beside that process: never 3.

The clone is of the last commit.
``python -m harness.calibration gate_proof --slow 20 --comment 40``, or ``nox -s gate_proof``.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.calibration.testbed import add_options, burning, opened
from harness.git import git
from harness.locks import machine_lock
from harness.measure.planning.catalog import Catalog, open_catalog
from harness.measure.planning.planted import plant
from harness.measure.processes.launch import ROOT
from harness.metrics import Metric
from harness.model import HarnessError
from harness.session.console import to_errors
from harness.session.exits import FINE, REGRESSED, UNDECIDED
from harness.session.metric_option import add_metric_option


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A commit whose truth is known.

    Attributes:
        share: of the slow-down that is planted; 0 for a changed comment.
        beside_burner: whether a process that never rests has the client's CPU as well.
        right: exit codes that are no wrong statement.
        count: gates, unless told otherwise.
    """

    share: float
    beside_burner: bool
    right: frozenset[int]
    count: int


def cases(share: float) -> dict[str, Case]:
    """Name -> case; ``share`` is that of the small slow-down."""
    found, no_harm = frozenset({REGRESSED}), frozenset({FINE, UNDECIDED})
    return {
        "slow": Case(share=share, beside_burner=False, right=found, count=20),
        "comment": Case(share=0.0, beside_burner=False, right=frozenset({FINE}), count=40),
        "slow-beside-burner": Case(share=2.0, beside_burner=True, right=found, count=20),
        "comment-beside-burner": Case(share=0.0, beside_burner=True, right=no_harm, count=20),
    }


def main() -> None:
    """Gate each kind of commit so many times; print every verdict, then the counts of exit codes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    for name, case in cases(0.1).items():
        parser.add_argument(
            f"--{name}", type=int, default=case.count, metavar="N", help=f"default: {case.count}"
        )
    parser.add_argument("--share", type=float, default=0.10, help="of the slow-down (default: 0.10)")
    parser.add_argument(
        "--variants", nargs="+", default=[], help="what the gates measure, instead of suite.toml's"
    )
    add_metric_option(parser, "those of suite.toml")
    add_options(parser)
    options = parser.parse_args()
    wanted = wishes(options.variants, options.metric or ())
    with tempfile.TemporaryDirectory(prefix="fetchbench-") as scratchpad:
        folder = Path(scratchpad)
        proved = cases(options.share)
        with machine_lock(to_errors().say), opened(options, {"head": options.share}) as testbed:
            per_share = testbed.turns
        clone = scratch(folder, open_catalog(sys.executable), testbed.chosen.client, proved, per_share)
        print(
            f"{round(per_share)} turns of a loop in each fetch of {testbed.chosen.client}: +100 %", flush=True
        )
        found: dict[str, Counter[int]] = {}
        asked = {name: getattr(options, name.replace("-", "_")) for name in proved}
        for name in _in_turn(asked):
            verdict = gated(clone, name, wanted, beside_burner=proved[name].beside_burner)
            found.setdefault(name, Counter())[verdict["exit_code"]] += 1
            print(f"{name}: {told(verdict)}", flush=True)
    for name, codes in found.items():
        right = proved[name].right
        said = ", ".join(f"{count} × {code}" for code, count in sorted(codes.items()))
        hits = sum(codes[code] for code in right)
        print(f"{name}: exit {' or '.join(map(str, sorted(right)))} in {hits} of {codes.total()} ({said})")


def _in_turn(counts: dict[str, int]) -> Iterator[str]:
    """Each case as often as asked, spread over the whole series, so that all meet the same host."""
    places = [((number + 1 / 2) / count, case) for case, count in counts.items() for number in range(count)]
    yield from (case for _, case in sorted(places))


def scratch(folder: Path, tree: Catalog, client: str, proved: Mapping[str, Case], per_share: float) -> Path:
    """Clone the project and give it a commit ``base`` and one per case; return the clone.

    Args:
        per_share: turns of the burning loop that double the time of an image.
    """
    clone = folder / "clone"
    _git(ROOT, "clone", "-q", str(ROOT), str(clone))
    place = clone / "benchmarks" / "clients"

    def commit(branch: str, share: float, addition: str) -> None:
        _git(clone, "checkout", "-q", "-B", branch, *(() if branch == "base" else ("base",)))
        path = plant(tree, client, client, round(share * per_share), place)
        path.write_text(path.read_text() + addition)
        _git(clone, "-c", "user.name=proof", "-c", "user.email=proof@localhost", "commit", "-qam", branch)

    commit("base", 0.0, "")
    for name, case in proved.items():
        commit(name, case.share, "" if case.share else "\n# A comment.\n")
    return clone


def wishes(variants: Sequence[str], metrics: Sequence[Metric]) -> list[str]:
    """The options of a gate that say what is measured and judged, where suite.toml is not to say it."""
    found = ["--variants", *variants] if variants else []
    return [*found, "--metric", ",".join(metric.key for metric in metrics)] if metrics else found


def gated(clone: Path, name: str, wanted: Sequence[str], *, beside_burner: bool) -> dict[str, Any]:
    """Gate a case's commit against the base, with these options; return its verdict.json."""
    results = clone.parent / "results"
    command = ["gate", "--base", "base", "--head", name, "--results", str(results), *wanted]
    with burning() if beside_burner else nullcontext():
        done = subprocess.run(
            [sys.executable, "-m", "harness", *command, "--cache", str(clone.parent / "cache")],
            cwd=clone, capture_output=True, text=True, check=False,
        )  # fmt: skip
    gates = sorted((results / "gates").iterdir())
    verdict: dict[str, Any] = json.loads((gates[-1] / "verdict.json").read_text())
    if verdict["exit_code"] != done.returncode:
        sys.exit(f"exit code {done.returncode}, but verdict.json says {verdict['exit_code']}")
    return verdict


def told(verdict: dict[str, Any]) -> str:
    """A verdict in a line."""
    cells = [
        f"{cell['variant']} {cell['metric']} {cell['verdict']} ({cell['stage']})"
        + (
            f" {cell['ratio']:.3f} [{cell['ratio_low']:.3f}, {cell['ratio_high']:.3f}]"
            if cell["ratio_low"] is not None
            else ""
        )
        for cell in verdict["cells"]
    ]
    return "; ".join([f"{verdict['exit_code']} {verdict['verdict']}", *cells, *verdict["host_notes"]])


def _git(clone: Path, *arguments: str) -> None:
    if git(clone, *arguments) is None:
        raise HarnessError(f"git failed in {clone}: git {' '.join(arguments)}")
