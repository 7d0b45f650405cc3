"""Is the image server the bottleneck? Its requests per second for a 20 KB image on one core, next to nginx with one worker.

wrk loads from another core; both servers send the same bytes. What it tells of a busy machine: ``rates``. wrk and nginx come
from the system's packages. ``python -m harness.calibration server_rate``, or ``nox -s server_rate``.
"""

import argparse
import json
import tempfile
from pathlib import Path

import psutil

from harness.calibration import rates
from harness.calibration.nginx import fetched, running_nginx
from harness.locks import machine_lock
from harness.measure.machine import cpu_split
from harness.measure.server import running_server
from harness.session.console import to_errors
from harness.workload import Workload

IMAGE = Workload.of(
    name="photo", images=1, image_bytes=20_480, latency_s=0.0, concurrency=32, sink="memory", seed=1
)


def main() -> int:
    """Measure both servers and print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    rates.add_options(parser)
    options = parser.parse_args()
    tools = rates.found({"wrk": "wrk", "nginx": "nginx"})
    if tools is None:
        return rates.NOT_COMPARABLE
    client_cpus, server_cpus = cpu_split()
    wrk = [tools["wrk"], "-t1", f"-c{IMAGE.arrival.concurrency}", f"-d{options.seconds}s"]

    def load(target: rates.Target) -> rates.Load:
        return rates.loaded(
            wrk, target, client_cpus, pattern=r"Requests/sec:\s+([\d.]+)", wrong="Non-2xx|Socket errors"
        )[0]

    with (
        machine_lock(to_errors().say),
        running_server(cpus=server_cpus) as server,
        tempfile.TemporaryDirectory() as folder,
    ):
        [url] = server.register(IMAGE).urls
        ours = rates.Target(url=url, process=psutil.Process(server.pid))
        with running_nginx(tools["nginx"], Path(folder), fetched(url), server_cpus, [""]) as [other]:
            measured = rates.loads({rates.OURS: ours, rates.OTHER: other}, load, options.rounds)
    result = rates.summary(measured)
    print(json.dumps(result) if options.json else rates.text(result, options.rounds, "requests"))
    return 0 if rates.is_saturated(result) else rates.NOT_COMPARABLE
