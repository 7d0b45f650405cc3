"""Is a line what was asked for? Bare sockets at both ends of each link of the suite file, and of three of its own.

For each: round trips of a byte, their spread, what a TCP connection costs (one round trip) and a TLS 1.3 handshake (one
more), rates both ways, and losses. What the two ends themselves take is measured too, over loopback, and taken off.
``python -m harness.calibration link``, or ``nox -s link``.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any, Self

import trustme
from scipy import stats

from harness.link import Link
from harness.locks import machine_lock
from harness.measure.link.devices import MTU
from harness.measure.link.line import MECHANISMS, Line, open_link
from harness.measure.machine import cpu_split
from harness.measure.planning.suite import PROJECT_FILE, read_suite_file
from harness.measure.processes.launch import ROOT
from harness.measure.processes.variables import clean_environment
from harness.measured import LineWitness
from harness.report.words.formats import shown
from harness.session.console import to_errors
from harness.text import last_line

PROGRAM = ROOT / "harness" / "calibration" / "bare" / "sockets.py"
# Beside those of the file: one with jitter, one that loses, and one that is nothing but the relay itself.
OWN = {
    "uneven": Link(round_trip_s=0.02, jitter_s=0.004, down_bits_per_s=20e6, up_bits_per_s=10e6),
    "lossy": Link(round_trip_s=0.02, loss=0.01),
    "open": Link(round_trip_s=0.0),
}
SHARE, LEAST_S = 0.05, 0.001  # a line keeps what was asked within the larger of these
HEADERS = 52  # bytes of IP and TCP, with time stamps, of each packet
CHANCE = 0.001  # that losses as asked are called others
# Each way is drawn uniformly from a width of ``jitter_s``: their sum has a triangular density, with quartiles so far apart.
QUARTILES = 2 - math.sqrt(2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One property of a line: what was asked, what was seen, and whether that is the same.

    Attributes:
        asked: None if nothing was, so that there is nothing to keep.
    """

    link: str
    what: str
    unit: str
    asked: float | None
    seen: float
    is_kept: bool


def main() -> int:
    """Measure every link and print what was asked and seen; 1 if any was not kept."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--suite-file", type=Path, default=PROJECT_FILE)
    parser.add_argument(
        "--links", nargs="+", metavar="NAME", help=f"of the suite file, {', '.join(OWN)} (default: all)"
    )
    parser.add_argument("--mechanism", choices=MECHANISMS, help="this one alone")
    parser.add_argument("--seconds", type=float, default=2.0, help="of each rate (default: 2)")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    file = read_suite_file(options.suite_file)
    links = {name: OWN.get(name) or file.link(name) for name in options.links or [*file.links, *OWN]}
    mechanisms = (options.mechanism,) if options.mechanism else MECHANISMS
    found: list[Finding] = []
    with machine_lock(to_errors().say):
        for name, link in links.items():
            for finding in measured(name, link, mechanisms, options.seconds):
                found.append(finding)
                if not options.json:
                    print(told(finding), flush=True)
    if options.json:
        print(json.dumps([asdict(finding) for finding in found]))
    return 0 if all(finding.is_kept for finding in found) else 1


def measured(name: str, link: Link, mechanisms: Sequence[Any], seconds: float) -> Iterator[Finding]:
    """Open the line and yield what bare sockets find on it."""
    client_cpus, server_cpus = cpu_split()
    with (
        open_link(link, cpus=server_cpus, mechanisms=mechanisms) as line,
        tempfile.TemporaryDirectory() as folder,
        _Ends(line, Path(folder), client_cpus, server_cpus) as ends,
    ):
        # What has slept as long as a packet takes wakes slowly: that is of the ends, and not of the line.
        rest = {"rest_s": link.round_trip_s, "pause_s": max(link.round_trip_s, 2 * link.jitter_s)}
        few = {"echoes": 20, "connects": 20, "datagrams": 0}
        own = ends.ask(line.server_prefix, plan(link, 0.0) | rest | few)
        line.seen()
        there = ends.ask(line.client_prefix, plan(link, seconds))
        seen = line.seen()
    yield from findings(name, link, own, there)
    yield from of_relay(name, seen)


def plan(link: Link, seconds: float) -> dict[str, float]:
    """How much is asked of a link: a few seconds of each kind, and enough to tell one in twenty."""
    trips = max(link.round_trip_s, 0.01)
    return {
        "echoes": max(20, min(200, math.ceil(4 / trips))),
        "connects": max(5, min(40, math.ceil(0.8 / trips))),
        "rest_s": 0.0,
        "pause_s": 2 * link.jitter_s,
        "rate_s": seconds,
        "warm_s": max(0.3, 15 * link.round_trip_s),
        "datagrams": 10_000 if link.loss else 500,
        "gap_s": 0.002,
        "last_s": 0.3 + 2 * link.round_trip_s,
    }


def findings(link_name: str, link: Link, own: dict[str, Any], there: dict[str, Any]) -> Iterator[Finding]:
    """Hold what was seen over the line against what was asked. Pure.

    Args:
        own: what the two ends take without a line.
        there: what they take with it.
    """
    extra = {name: median(there[name]) - median(own[name]) for name in ("echo_s", "connect_s", "handshake_s")}
    for what, name in (
        ("round trip", "echo_s"),
        ("TCP connection", "connect_s"),
        ("TLS 1.3 handshake", "handshake_s"),
    ):
        # A flight of several packets is there when the latest of them is.
        slack_s = link.jitter_s / 4 if name == "handshake_s" else 0.0
        yield _of_time(link_name, what, link.round_trip_s, extra[name], slack_s)
    low, _, high = quantiles(there["echo_s"], n=4)  # of a lossy line some are as long as a time-out
    yield _of_time(link_name, "spread", QUARTILES * link.jitter_s, high - low)
    for what, asked, name in (
        ("down", link.down_bits_per_s, "down_bytes_per_s"),
        ("up", link.up_bits_per_s, "up_bytes_per_s"),
    ):
        seen = there[name] * 8 * MTU / (MTU - HEADERS)
        is_kept = (
            not asked or link.loss > 0 or abs(seen / asked - 1) <= SHARE
        )  # TCP cannot fill a line that loses
        yield Finding(
            link=link_name, what=what, unit="bits/s", asked=asked or None, seen=seen, is_kept=is_kept
        )
    sent, arrived, returned = there["datagrams"]
    for what, tried, came in (("lost up", sent, arrived), ("lost down", arrived, returned)):
        lost = tried - came
        is_kept = bool(stats.binomtest(lost, tried, link.loss).pvalue > CHANCE)
        yield Finding(
            link=link_name, what=what, unit="share", asked=link.loss, seen=lost / tried, is_kept=is_kept
        )


def of_relay(name: str, seen: LineWitness) -> Iterator[Finding]:
    """What it cost to carry that, where the relay is a process of ours."""
    if seen.relay_cpu_s is None or not seen.elapsed_s:
        return
    flows = (seen.up, seen.down)
    for what, unit, value in (
        ("relay's CPU per packet", "s", seen.relay_cpu_s / sum(flow.packets for flow in flows)),
        ("latest packet", "s", max(flow.most_late_s or 0.0 for flow in flows)),
    ):
        yield Finding(link=name, what=what, unit=unit, asked=None, seen=value, is_kept=True)


def told(finding: Finding) -> str:
    """Tell one line."""
    seen = shown(finding.seen, finding.unit)
    if finding.asked is None:
        return f"{finding.link}: {finding.what} {seen}"
    verdict = "kept" if finding.is_kept else "NOT KEPT"
    return (
        f"{finding.link}: {finding.what}: asked {shown(finding.asked, finding.unit)}, seen {seen}: {verdict}"
    )


def _of_time(name: str, what: str, asked: float, seen: float, slack_s: float = 0.0) -> Finding:
    is_kept = abs(seen - asked) <= max(LEAST_S, SHARE * asked) + slack_s
    return Finding(link=name, what=what, unit="s", asked=asked, seen=seen, is_kept=is_kept)


class _Ends:
    """A server at its end, and clients wherever they are asked to be."""

    def __init__(
        self, line: Line, folder: Path, client_cpus: Sequence[int], server_cpus: Sequence[int]
    ) -> None:
        self._host = line.hosts[0]
        self._cpus = client_cpus or os.sched_getaffinity(0)
        authority = trustme.CA()
        self._authority, certificate = folder / "authority.pem", folder / "server.pem"
        authority.cert_pem.write_to_path(self._authority)
        authority.issue_cert(self._host).private_key_and_cert_chain_pem.write_to_path(certificate)
        self._stack = ExitStack()
        self._clean = self._stack.enter_context(clean_environment())
        self._server = self._stack.enter_context(
            subprocess.Popen(
                [*line.server_prefix, sys.executable, str(PROGRAM), "serve", self._host, str(certificate)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=self._clean,
                preexec_fn=lambda: os.sched_setaffinity(0, server_cpus or os.sched_getaffinity(0)),
            )
        )  # fmt: skip
        assert self._server.stdout is not None
        self._ports = self._server.stdout.readline()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.kill()
        self._stack.close()

    def ask(self, prefix: Sequence[str], asked: dict[str, float]) -> dict[str, Any]:
        """Measure from where the prefix leads to."""
        command = [*prefix, sys.executable, str(PROGRAM), "ask", self._host, self._ports]
        done = subprocess.run(
            [*command, str(self._authority), json.dumps(asked)],
            capture_output=True, text=True, env=self._clean, check=False,
            preexec_fn=lambda: os.sched_setaffinity(0, self._cpus),
        )  # fmt: skip
        if done.returncode:
            sys.exit(f"invalid: {last_line(done.stderr, 'no message')}")
        found: dict[str, Any] = json.loads(done.stdout)
        return found
