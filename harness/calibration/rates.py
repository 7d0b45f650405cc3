"""Two servers under the same load, in random order within each round: how many a second each does, and their ratio.

On a machine that does other work too, neither server gets its whole core and the ratio of their rates drifts towards 1: so
each server's share of its core is shown, and the ratio per CPU second, which other work disturbs less.
"""

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import psutil

from harness.calibration.paired import ratio_of
from harness.measure.machine import cpu_split
from harness.measure.processes.variables import clean_environment
from harness.session.options import positive
from harness.stats import kernels

NOT_COMPARABLE = 4
SATURATED = 0.9  # share of its core from which a server's rate is taken for its own limit
OURS, OTHER = SERVERS = ("image server", "nginx")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A server under load, by URL and process."""

    url: str
    process: psutil.Process

    def cpu_s(self) -> float:
        """CPU seconds so far, of the process and its workers."""
        times = [process.cpu_times() for process in (self.process, *self.process.children(recursive=True))]
        return sum(spent.user + spent.system for spent in times)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """One run of a load: how many a second, and CPU seconds of the server per second."""

    per_s: float
    busy: float


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that all have."""
    parser.add_argument("--rounds", type=_several, default=20, help=f"at least {kernels.MIN_PAIRS}")
    parser.add_argument("--seconds", type=positive, default=1, help="of load per server and round")
    parser.add_argument("--json", action="store_true")


def found(tools: Mapping[str, str]) -> dict[str, str] | None:
    """Paths of these programs, if they and two CPUs are there; else tell what is not.

    Args:
        tools: program -> package of Debian's that has it.
    """
    paths = {name: shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin") for name in tools}
    for name, path in paths.items():
        if path is None:
            print(
                f"not comparable here: {name} is missing; install it (Debian: apt-get install {tools[name]})"
            )
            return None
    if not cpu_split()[1]:
        print("not comparable here: two CPUs are needed, one for each side")
        return None
    return {name: path for name, path in paths.items() if path is not None}


def loads(
    targets: Mapping[str, Target], load: Callable[[Target], Load], rounds: int
) -> dict[str, list[Load]]:
    """Load each server once in each round, after a warm-up."""
    order = random.Random(1)
    result: dict[str, list[Load]] = {name: [] for name in targets}
    for target in targets.values():
        load(target)  # warm-up
    for _ in range(rounds):
        for name in order.sample(sorted(targets), len(targets)):
            result[name].append(load(targets[name]))
    return result


def loaded(
    command: Sequence[str], target: Target, cpus: Sequence[int], *, pattern: str, wrong: str
) -> tuple[Load, str]:
    """Run a program that loads a server; return also what it wrote. The run ends if an answer was not as it should be.

    Args:
        command: without the URL.
        cpus: of the load.
        pattern: what finds the rate in what it writes.
        wrong: what finds there that something went wrong.
    """
    start_s, start_cpu_s = time.perf_counter(), target.cpu_s()
    with clean_environment() as clean:
        done = subprocess.run(
            [*command, target.url],
            capture_output=True,
            text=True,
            env=clean,
            check=False,
            preexec_fn=lambda: os.sched_setaffinity(0, cpus[:1]),
        )
    busy = (target.cpu_s() - start_cpu_s) / (time.perf_counter() - start_s)
    rate = re.search(pattern, done.stdout)
    if done.returncode or rate is None or re.search(wrong, done.stdout):
        sys.exit(f"invalid: {target.url}: {done.stdout}{done.stderr}")
    return Load(per_s=float(rate[1]), busy=busy), done.stdout


def summary(measured: Mapping[str, Sequence[Load]]) -> dict[str, Any]:
    """Medians, and both ratios of the image server to nginx."""
    rates = {name: [load.per_s for load in of_server] for name, of_server in measured.items()}
    busy = {name: [load.busy for load in of_server] for name, of_server in measured.items()}
    per_cpu_s = {name: list(np.array(rates[name]) / np.array(busy[name])) for name in measured}
    return {
        "per_s": {name: float(np.median(values)) for name, values in rates.items()},
        "busy": {name: float(np.median(values)) for name, values in busy.items()},
        "ratio": _ratio(rates),
        "ratio_per_cpu_s": _ratio(per_cpu_s),
        "rates": rates,
    }


def text(result: Mapping[str, Any], rounds: int, unit: str) -> str:
    """The summary for people.

    Args:
        unit: what is counted.
    """
    lines = [
        f"{name}: {result['per_s'][name]:,.0f} {unit}/s, "
        f"{result['busy'][name]:.0%} of its core (medians of {rounds} rounds)"
        for name in SERVERS
    ]
    for key, what in (("ratio", f"{unit}/s"), ("ratio_per_cpu_s", f"{unit} per CPU second")):
        ratio = result[key]
        lines.append(
            f"{OURS} / {OTHER}, {what}: {ratio['estimate']:.3f} [{ratio['low']:.3f}, {ratio['high']:.3f}]"
        )
    lines += [
        f"{name} used less than {SATURATED:.0%} of its core: its rate is not its own limit, the first ratio "
        "is no answer; measure again while the machine does nothing else"
        for name in SERVERS
        if result["busy"][name] < SATURATED
    ]
    return "\n".join(lines)


def is_saturated(result: Mapping[str, Any]) -> bool:
    """Whether the image server's rate is its own limit."""
    return bool(result["busy"][OURS] >= SATURATED)


def _ratio(values: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """The image server's values over nginx's, paired by round."""
    ours, other = (np.log(values[name]) for name in SERVERS)
    ratio = ratio_of((ours - other).tolist())
    return {"estimate": ratio.ratio, "low": ratio.low, "high": ratio.high}


def _several(given: str) -> int:
    if positive(given) < kernels.MIN_PAIRS:
        raise argparse.ArgumentTypeError(f"an interval needs at least {kernels.MIN_PAIRS} rounds")
    return int(given)
