"""Is the image server the bottleneck? Its requests per second for a 20 KB image on one core, next to nginx with one worker.

wrk loads from another core; both servers send the same bytes, in random order within each round. On a machine that does
other work too, neither server gets its whole core and the ratio of their rates drifts towards 1: so each server's share of
its core is shown, and the ratio of requests per CPU second, which other work disturbs less. wrk and nginx come from the
system's packages. ``python -m harness.calibration server_rate``, or ``nox -s server_rate``.
"""

import argparse
import json
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from harness.locks import machine_lock
from harness.measure.machine import cpu_split
from harness.measure.server import running_server
from harness.measure.variables import clean_environment
from harness.session.console import to_errors
from harness.stats import kernels
from harness.workload import Workload

NOT_COMPARABLE = 4
SATURATED = 0.9  # share of its core from which a server's rate is taken for its own limit
SERVERS = ("image server", "nginx")
IMAGE = Workload.of(
    name="photo", images=1, image_bytes=20_480, latency_s=0.0, concurrency=32, sink="memory", seed=1
)
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # whatever HTTP_PROXY says
CONFIGURATION = """\
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
    client_body_temp_path {folder}/temp; proxy_temp_path {folder}/temp; fastcgi_temp_path {folder}/temp;
    uwsgi_temp_path {folder}/temp; scgi_temp_path {folder}/temp;
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000000;
    default_type image/jpeg;
    server {{ listen 127.0.0.1:{port}; root {folder}/root; }}
}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """One run of wrk: requests per second, and CPU seconds of the server per second."""

    requests_per_s: float
    busy: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A server under load, by URL and process."""

    url: str
    process: psutil.Process

    def cpu_s(self) -> float:
        """CPU seconds so far, of the process and its workers."""
        times = [process.cpu_times() for process in (self.process, *self.process.children(recursive=True))]
        return sum(spent.user + spent.system for spent in times)


def main() -> int:
    """Measure both servers and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=_several, default=20, help=f"at least {kernels.MIN_PAIRS}")
    parser.add_argument("--seconds", type=_positive, default=1, help="of load per server and round")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    tools = {name: shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin") for name in ("wrk", "nginx")}
    client_cpus, server_cpus = cpu_split()
    for name, path in tools.items():
        if path is None:
            print(f"not comparable here: {name} is missing; install it (Debian: apt-get install {name})")
            return NOT_COMPARABLE
    if not server_cpus:
        print("not comparable here: two CPUs are needed, one for each side")
        return NOT_COMPARABLE
    with (
        machine_lock(to_errors().say),
        running_server(cpus=server_cpus) as server,
        tempfile.TemporaryDirectory() as folder,
    ):
        [url] = server.register(IMAGE).urls
        with (
            OPENER.open(url) as answer,
            _nginx(tools["nginx"], folder, answer.read(), server_cpus) as other,
        ):
            targets = (Target(url=url, process=psutil.Process(server.pid)), other)
            loads = _loads(dict(zip(SERVERS, targets, strict=True)), str(tools["wrk"]), client_cpus, options)
    result = _summary(loads)
    print(json.dumps(result) if options.json else _text(result, options.rounds))
    return NOT_COMPARABLE if result["busy"]["image server"] < SATURATED else 0


def _summary(loads: dict[str, list[Load]]) -> dict[str, Any]:
    """Medians, and both ratios of the image server to nginx."""
    rates = {name: [load.requests_per_s for load in found] for name, found in loads.items()}
    busy = {name: [load.busy for load in found] for name, found in loads.items()}
    per_cpu_s = {name: list(np.array(rates[name]) / np.array(busy[name])) for name in loads}
    return {
        "requests_per_s": {name: float(np.median(values)) for name, values in rates.items()},
        "busy": {name: float(np.median(values)) for name, values in busy.items()},
        "ratio": _ratio(rates),
        "ratio_per_cpu_s": _ratio(per_cpu_s),
        "rates": rates,
    }


def _ratio(values: dict[str, list[float]]) -> dict[str, float]:
    """The image server's values over nginx's, paired by round, with the 95 % t interval."""
    ours, other = (np.array(values[name]) for name in SERVERS)
    moments = kernels.moments(np.log(ours / other))
    low, high = np.exp(kernels.interval(moments, 0.95))
    return {"estimate": float(np.exp(moments.mean)), "low": float(low), "high": float(high)}


def _text(result: dict[str, Any], rounds: int) -> str:
    lines = [
        f"{name}: {result['requests_per_s'][name]:,.0f} requests/s, "
        f"{result['busy'][name]:.0%} of its core (medians of {rounds} rounds)"
        for name in SERVERS
    ]
    for key, what in (("ratio", "requests/s"), ("ratio_per_cpu_s", "requests per CPU second")):
        ratio = result[key]
        lines.append(
            f"image server / nginx, {what}: {ratio['estimate']:.3f} [{ratio['low']:.3f}, {ratio['high']:.3f}]"
        )
    lines += [
        f"{name} used less than {SATURATED:.0%} of its core: its rate is not its own limit, the first ratio "
        "is no answer; measure again while the machine does nothing else"
        for name in SERVERS
        if result["busy"][name] < SATURATED
    ]
    return "\n".join(lines)


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1")
    return int(text)


def _several(text: str) -> int:
    if _positive(text) < kernels.MIN_PAIRS:
        raise argparse.ArgumentTypeError(f"an interval needs at least {kernels.MIN_PAIRS} rounds")
    return int(text)


def _loads(
    targets: dict[str, Target], wrk: str, cpus: Sequence[int], options: argparse.Namespace
) -> dict[str, list[Load]]:
    order = random.Random(1)
    loads: dict[str, list[Load]] = {name: [] for name in targets}
    for target in targets.values():
        _load(wrk, target, cpus, 1)  # warm-up
    for _ in range(options.rounds):
        for name in order.sample(sorted(targets), len(targets)):
            loads[name].append(_load(wrk, targets[name], cpus, options.seconds))
    return loads


def _load(wrk: str, target: Target, cpus: Sequence[int], seconds: int) -> Load:
    """Load a server; the run ends if any request was not answered as it should be."""
    start_s, start_cpu_s = time.perf_counter(), target.cpu_s()
    with clean_environment() as clean:
        done = subprocess.run(
            [wrk, "-t1", f"-c{IMAGE.arrival.concurrency}", f"-d{seconds}s", target.url],
            capture_output=True,
            text=True,
            env=clean,
            check=False,
            preexec_fn=lambda: os.sched_setaffinity(0, cpus[:1]),
        )
    busy = (target.cpu_s() - start_cpu_s) / (time.perf_counter() - start_s)
    if done.returncode or "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        sys.exit(f"invalid: {target.url}: {done.stdout}{done.stderr}")
    found = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    if found is None:
        sys.exit(f"wrk said nothing of requests per second: {done.stdout}")
    return Load(requests_per_s=float(found[1]), busy=busy)


@contextmanager
def _nginx(nginx: str | None, folder: str, body: bytes, cpus: Sequence[int]) -> Iterator[Target]:
    """Serve the same bytes with nginx, one worker, on the same core."""
    root = Path(folder, "root")
    root.mkdir()
    Path(folder).chmod(0o755)  # nginx's worker drops its rights and must read the file
    (root / "photo.jpg").write_bytes(body)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    Path(folder, "nginx.conf").write_text(CONFIGURATION.format(folder=folder, port=port))
    with clean_environment() as clean:
        process = subprocess.Popen(
            [str(nginx), "-p", folder, "-c", f"{folder}/nginx.conf", "-e", f"{folder}/error.log"],
            stderr=subprocess.DEVNULL,  # it is in the log too
            env=clean,
            preexec_fn=lambda: os.sched_setaffinity(0, cpus),
        )
        url = f"http://127.0.0.1:{port}/photo.jpg"
        try:
            if not _serves(url, body):
                log = Path(folder, "error.log").read_text().splitlines() or ["it wrote no reason"]
                sys.exit(f"nginx does not serve the image: {log[-1]}")
            yield Target(url=url, process=psutil.Process(process.pid))
        finally:
            process.terminate()
            process.wait()


def _serves(url: str, body: bytes) -> bool:
    """Whether the URL gives these bytes within five seconds."""
    for _ in range(50):
        try:
            with OPENER.open(url) as answer:
                return bool(answer.read() == body)
        except OSError:
            time.sleep(0.1)
    return False
