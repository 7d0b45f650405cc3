"""Is the image server the bottleneck? Its requests per second for a 20 KB image on one core, next to nginx with one worker.

wrk loads from another core; both servers send the same bytes, in random order within each round. wrk and nginx come from
the system's packages. ``python benchmarks/calibration/server_rate.py``, or ``nox -s server_rate``.
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
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from harness.measure.machine import cpu_split
from harness.measure.server import running_server
from harness.model import Workload
from harness.stats import kernels

NOT_COMPARABLE = 4
IMAGE = Workload(
    name="photo", images=1, image_bytes=20_480, latency_s=0.0, concurrency=32, sink="memory", seed=1
)
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


def main() -> int:
    """Measure both servers and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=_several, default=20, help="at least 2")
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
    with running_server(cpus=server_cpus) as server, tempfile.TemporaryDirectory() as folder:
        [url] = server.register(IMAGE).urls
        with (
            urllib.request.urlopen(url) as answer,
            _nginx(tools["nginx"], folder, answer.read(), server_cpus) as other,
        ):
            rates = _rates({"image server": url, "nginx": other}, str(tools["wrk"]), client_cpus, options)
    result = _summary(rates)
    if options.json:
        print(json.dumps(result | {"rates": rates}))
    else:
        for name, value in result["requests_per_s"].items():
            print(f"{name}: {value:,.0f} requests/s (median of {options.rounds} rounds)")
        print(f"image server / nginx = {result['ratio']:.3f} [{result['low']:.3f}, {result['high']:.3f}]")
    return 0


def _summary(rates: dict[str, list[float]]) -> dict[str, Any]:
    """Medians, and the ratio paired by round with its 95 % t interval."""
    logs = np.log(np.array(rates["image server"]) / np.array(rates["nginx"]))
    moments = kernels.moments(logs)
    low, high = np.exp(kernels.interval(moments, 0.95))
    medians = {name: float(np.median(values)) for name, values in rates.items()}
    return {
        "requests_per_s": medians,
        "ratio": float(np.exp(moments.mean)),
        "low": float(low),
        "high": float(high),
    }


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1")
    return int(text)


def _several(text: str) -> int:
    if _positive(text) < 2:  # noqa: PLR2004 - an interval needs two values
        raise argparse.ArgumentTypeError("an interval needs at least 2 rounds")
    return int(text)


def _rates(
    urls: dict[str, str], wrk: str, cpus: Sequence[int], options: argparse.Namespace
) -> dict[str, list[float]]:
    order = random.Random(1)
    rates: dict[str, list[float]] = {name: [] for name in urls}
    for url in urls.values():
        _load(wrk, url, cpus, 1)  # warm-up
    for _ in range(options.rounds):
        for name in order.sample(sorted(urls), len(urls)):
            rates[name].append(_load(wrk, urls[name], cpus, options.seconds))
    return rates


def _load(wrk: str, url: str, cpus: Sequence[int], seconds: int) -> float:
    """Requests per second; the run ends if any was not answered as it should be."""
    done = subprocess.run(
        [wrk, "-t1", f"-c{IMAGE.concurrency}", f"-d{seconds}s", url],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: os.sched_setaffinity(0, cpus[:1]),
    )
    if done.returncode or "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        sys.exit(f"invalid: {url}: {done.stdout}{done.stderr}")
    found = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    if found is None:
        sys.exit(f"wrk said nothing of requests per second: {done.stdout}")
    return float(found[1])


@contextmanager
def _nginx(nginx: str | None, folder: str, body: bytes, cpus: Sequence[int]) -> Iterator[str]:
    """Serve the same bytes with nginx, one worker, on the same core; yield the URL."""
    root = Path(folder, "root")
    root.mkdir()
    os.chmod(folder, 0o755)  # noqa: PTH101, S103 - nginx's worker drops its rights and must read the file
    (root / "photo.jpg").write_bytes(body)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    Path(folder, "nginx.conf").write_text(CONFIGURATION.format(folder=folder, port=port))
    process = subprocess.Popen(
        [str(nginx), "-p", folder, "-c", f"{folder}/nginx.conf", "-e", f"{folder}/error.log"],
        stderr=subprocess.DEVNULL,  # it is in the log too
        preexec_fn=lambda: os.sched_setaffinity(0, cpus),
    )
    url = f"http://127.0.0.1:{port}/photo.jpg"
    try:
        if not _serves(url, body):
            log = Path(folder, "error.log").read_text().splitlines() or ["it wrote no reason"]
            sys.exit(f"nginx does not serve the image: {log[-1]}")
        yield url
    finally:
        process.terminate()
        process.wait()


def _serves(url: str, body: bytes) -> bool:
    """Whether the URL gives these bytes within five seconds."""
    for _ in range(50):
        try:
            with urllib.request.urlopen(url) as answer:
                return bool(answer.read() == body)
        except OSError:
            time.sleep(0.1)
    return False


if __name__ == "__main__":
    sys.exit(main())
