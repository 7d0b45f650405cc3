"""Does the gate tell a real slow-down from noise? Commits with a known truth in a scratch clone, each gated many times.

* ``slow``: a commit that makes one client 10 % slower: how often does the gate end with 3?
* ``comment``: a commit that changes a comment in the same file: it must not, and should end with 0.
* ``unfit``: the comment again, beside a process on the client's CPU: 4.

The clone is of the last commit.
``python -m harness.calibration.gate_proof --slow 20 --comment 40``, or ``nox -s gate_proof``.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from harness.calibration.scene import add_options, burning, opened
from harness.commands.conduct import machine_lock
from harness.commands.console import to_errors
from harness.commands.exits import FINE, REGRESSED, UNDECIDED
from harness.measure.catalog import Catalog, open_catalog
from harness.measure.launch import ROOT
from harness.measure.planted import plant

RIGHT = {"slow": REGRESSED, "comment": FINE, "unfit": UNDECIDED}


def main() -> None:
    """Gate each kind of commit so many times; print every verdict, then the counts of exit codes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    for case, count in {"slow": 20, "comment": 40, "unfit": 1}.items():
        parser.add_argument(f"--{case}", type=int, default=count, metavar="N", help=f"default: {count}")
    parser.add_argument("--share", type=float, default=0.10, help="of the slow-down (default: 0.10)")
    parser.add_argument(
        "--variants", nargs="+", default=[], help="what the gates measure, instead of suite.toml's"
    )
    add_options(parser)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fetchbench-") as name:
        folder = Path(name)
        with machine_lock(to_errors()), opened(options, {"head": options.share}) as scene:
            turns = round(options.share * scene.turns)
        clone = scratch(folder, open_catalog(sys.executable), scene.chosen.client, turns)
        print(
            f"{turns} turns of a loop in each fetch of {scene.chosen.client}: +{100 * options.share:g} %",
            flush=True,
        )
        found: dict[str, Counter[int]] = {}
        for case in _in_turn({case: getattr(options, case) for case in RIGHT}):
            verdict = gated(clone, case, options.variants)
            found.setdefault(case, Counter())[verdict["exit_code"]] += 1
            print(f"{case}: {told(verdict)}", flush=True)
    for case, codes in found.items():
        said = ", ".join(f"{count} × {code}" for code, count in sorted(codes.items()))
        print(f"{case}: exit {RIGHT[case]} in {codes[RIGHT[case]]} of {codes.total()} ({said})")


def _in_turn(counts: dict[str, int]) -> Iterator[str]:
    """Each case as often as asked, spread over the whole series, so that all meet the same host."""
    places = [((number + 1 / 2) / count, case) for case, count in counts.items() for number in range(count)]
    yield from (case for _, case in sorted(places))


def scratch(folder: Path, tree: Catalog, client: str, turns: int) -> Path:
    """Clone the project and give it a commit ``base`` and one per case; return the clone."""
    clone = folder / "clone"
    _git(ROOT, "clone", "-q", str(ROOT), str(clone))
    place = clone / "benchmarks" / "clients"

    def commit(branch: str) -> None:
        _git(clone, "checkout", "-q", "-B", branch, *(() if branch == "base" else ("base",)))
        path = plant(tree, client, client, turns if branch == "slow" else 0, place)
        if branch in {"comment", "unfit"}:
            path.write_text(path.read_text() + "\n# A comment.\n")
        _git(clone, "-c", "user.name=proof", "-c", "user.email=proof@localhost", "commit", "-qam", branch)

    for branch in ("base", *RIGHT):
        commit(branch)
    return clone


def gated(clone: Path, case: str, variants: list[str]) -> dict[str, Any]:
    """Gate a case's commit against the base; return its verdict.json."""
    results = clone.parent / "results"
    chosen = ["--variants", *variants] if variants else []
    command = ["gate", "--base", "base", "--head", case, "--results", str(results), *chosen]
    with burning() if case == "unfit" else nullcontext():
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
        f"{one['variant']} {one['verdict']} ({one['stage']})"
        + (
            f" {one['time_ratio']:.3f} [{one['time_ratio_low']:.3f}, {one['time_ratio_high']:.3f}]"
            if one["time_ratio_low"] is not None
            else ""
        )
        for one in verdict["cells"]
    ]
    return "; ".join([f"{verdict['exit_code']} {verdict['verdict']}", *cells, *verdict["host_notes"]])


def _git(clone: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", clone, *arguments], check=True)  # noqa: S607 - the user's git


if __name__ == "__main__":
    main()
