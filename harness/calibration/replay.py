"""Does a recorded network stand for the one that was recorded? nginx at the end of a line, by its URLs and by its copy.

Files of mixed sizes are served by nginx at the end of a line. ``record`` looks at them, and what it found is held against
what was asked. Then ``bench`` measures the same variants by the URLs and on the copy: no two of them that are told apart in
both may stand in opposite order. nginx comes from the system's packages. ``python -m harness.calibration replay``, or
``nox -s replay``.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from harness import ledger
from harness.calibration.nginx import started_nginx
from harness.draws import sizes
from harness.ledger import Ledger
from harness.link import Link
from harness.measure.link.line import Line, open_link
from harness.measure.machine import cpu_split
from harness.measure.processes.launch import ROOT
from harness.metrics import TIME_PER_IMAGE
from harness.model import HarnessError
from harness.session.options import positive
from harness.stats.ranking import told_apart
from harness.stats.sample import log_values, samples
from harness.text import last_line
from harness.workload import Workload

SHARE, LEAST_S = 0.05, 0.001  # found within the larger of these
CONCURRENCY = 32
PORT = 8080
SIZES = (2_000, 5_000, 9_000, 15_000, 30_000, 120_000)  # quantiles of the files, in bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A figure of the network: what was asked, what the record found, and whether that is near enough."""

    what: str
    asked: float
    found: float
    is_near: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """Pairs of variants that are told apart by the URLs, on the copy, in both; and those in opposite order."""

    original: int
    copy: int
    both: int
    opposed: tuple[tuple[str, str], ...]


def main() -> int:
    """Record, measure both ways, and print what was found; 1 if anything was not found again."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--images", type=positive, default=300, help="files (default: 300)")
    parser.add_argument("--rounds", type=positive, default=6, help="of each way (default: 6)")
    parser.add_argument("--round-trip", type=float, default=0.04, metavar="SECONDS")
    parser.add_argument("--rate", type=float, default=50e6, metavar="BITS/S", help="down (default: 50e6)")
    parser.add_argument("--variants", nargs="+", metavar="GLOB", help="instead of the default suite's")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if nginx is None:
        raise HarnessError("nginx is missing; install it (Debian: apt-get install nginx-light)", exit_code=4)
    link = Link(round_trip_s=options.round_trip, down_bits_per_s=options.rate)
    _, server_cpus = cpu_split()
    with tempfile.TemporaryDirectory(prefix="fetchbench-replay-") as name:
        folder = Path(name)
        with (
            open_link(link, cpus=server_cpus) as line,
            served(nginx, line, folder, options.images, server_cpus),
        ):
            inside = line.client_prefix
            run(
                *inside,
                "record",
                "--urls",
                folder / "urls.txt",
                "--name",
                "copy",
                "--out",
                folder / "copy.toml",
            )
            many = ("--yes", "--concurrency", str(CONCURRENCY), "--most-requests", str(10**9))
            original = bench(
                folder / "original", options, *inside, more=("--urls", folder / "urls.txt", *many)
            )
        copy = bench(folder / "copies", options, more=("--suite-file", folder / "copy.toml"))
    found = findings(link, bytes_of(options.images), copy.run.plan.workloads[0])
    order = orders(original, copy)
    if options.json:
        print(json.dumps({"findings": [asdict(finding) for finding in found], "orders": asdict(order)}))
    else:
        print(text(found, order))
    return 0 if all(finding.is_near for finding in found) and not order.opposed else 1


def bytes_of(images: int) -> list[int]:
    """Of each file."""
    return sizes(SIZES, images, 1)


def findings(link: Link, asked: Sequence[int], seen: Workload) -> list[Finding]:
    """Hold what was recorded against what was asked. Pure."""
    found = seen.what.sizes
    trip = seen.link.round_trip_s
    rows = [("round trip (s)", link.round_trip_s, trip, max(LEAST_S, SHARE * link.round_trip_s))]
    ordered = list(zip(sorted(asked), sorted(found), strict=True))
    worst = max(ordered, key=lambda pair: abs(pair[1] - pair[0]) / pair[0])
    rows += [
        ("bytes in all", sum(asked), sum(found), SHARE * sum(asked)),
        ("size that is furthest off (bytes)", worst[0], worst[1], SHARE * worst[0]),
    ]
    return [
        Finding(what=what, asked=wanted, found=got, is_near=abs(got - wanted) <= within)
        for what, wanted, got, within in rows
    ]


def orders(original: Ledger, copy: Ledger) -> Orders:
    """Compare the orders of the variants that both could measure. Pure."""
    first, second = (differences(recorded) for recorded in (original, copy))
    both = first.keys() & second.keys()
    opposed = sorted(pair for pair in both if first[pair] * second[pair] < 0)
    return Orders(original=len(first), copy=len(second), both=len(both), opposed=tuple(opposed))


def differences(recorded: Ledger) -> dict[tuple[str, str], float]:
    """Two variants that are told apart -> log of the first one's time over the second one's."""
    found = {
        sample.cell.variant: sample
        for sample in samples(recorded.trials, TIME_PER_IMAGE).values()
        if sample.reason is None
    }
    names = sorted(found)
    rounds = sorted({number for sample in found.values() for number in sample.values})
    logs = np.array([log_values(found[name], rounds) for name in names]).reshape(len(names), len(rounds))
    apart = told_apart(logs)
    return {
        (names[first], names[second]): float(np.nanmean(logs[first] - logs[second]))
        for first, second in combinations(range(len(names)), 2)
        if apart[first, second]
    }


def text(found: Sequence[Finding], order: Orders) -> str:
    """For people."""
    lines = [
        f"{finding.what}: asked {finding.asked:,.6g}, recorded {finding.found:,.6g}: "
        f"{'near' if finding.is_near else 'NOT NEAR'}"
        for finding in found
    ]
    pairs = ", ".join(" and ".join(pair) for pair in order.opposed) or "none"
    lines += [
        f"pairs told apart: {order.original} by the URLs, {order.copy} on the copy, {order.both} in both",
        f"of these in opposite order: {pairs}",
    ]
    return "\n".join(lines)


def bench(folder: Path, options: argparse.Namespace, *prefix: str, more: Sequence[str | Path]) -> Ledger:
    """Measure, and return what was recorded."""
    variants = ("--variants", *options.variants) if options.variants else ()
    run(*prefix, "bench", "--results", folder, "--rounds", str(options.rounds), *variants, *more)
    return ledger.read(folder / "latest")


def run(*words: str | Path) -> None:
    """Run a command of the harness; what stands before its name is a prefix of the line."""
    names = [str(word) for word in words]
    place = next(number for number, word in enumerate(names) if word in {"record", "bench"})
    done = subprocess.run(
        [*names[:place], sys.executable, "-m", "harness", *names[place:]],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        last = last_line(done.stderr, "it said nothing")
        raise HarnessError(f"{names[place]} ended with {done.returncode}: {last}")


@contextmanager
def served(nginx: str, line: Line, folder: Path, images: int, cpus: Sequence[int]) -> Iterator[None]:
    """Serve the files at the far end of the line, and list them in ``urls.txt``."""
    root = folder / "root"
    root.mkdir()
    draw = random.Random(1)
    host = line.hosts[0]
    urls = []
    for number, size in enumerate(bytes_of(images)):
        (root / f"img_{number:05}.jpg").write_bytes(draw.randbytes(size))
        urls.append(f"http://{host}:{PORT}/img_{number:05}.jpg")
    (folder / "urls.txt").write_text("\n".join(urls))
    listens = f"server {{ listen {host}:{PORT}; }}"
    with started_nginx(nginx, folder, cpus, listens, prefix=line.server_prefix):
        yield
