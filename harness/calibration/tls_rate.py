"""What the image server gives over TLS, next to nginx with one worker: requests and handshakes per second and core.

Over HTTP/1.1 and HTTP/2; h2load loads from another core, and both servers send the same thumbnail of 6 KB, with
certificates of the same kind. Requests are made on connections that are kept; for handshakes each request has a connection
of its own. What it tells of a busy machine: ``rates``. h2load and nginx come from the system's packages.
``python -m harness.calibration tls_rate``, or ``nox -s tls_rate``.
"""

import argparse
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psutil

from harness.calibration import rates
from harness.calibration.nginx import fetched, running_nginx
from harness.fields import HttpVersion
from harness.locks import machine_lock
from harness.measure.machine import cpu_split
from harness.measure.server import running_server
from harness.session.console import to_errors
from harness.workload import Workload

IMAGE = Workload.of(
    name="http1", images=1, image_bytes=6_144, latency_s=0.0, tls=True, concurrency=32, sink="memory", seed=1
)
SAME = {"1.1": IMAGE, "2": IMAGE.but(name="http2", http="2")}
LISTENING = {"1.1": "ssl", "2": "ssl http2"}
HANDSHAKES_PER_S = 400  # about what is asked for at once; all are begun together

# In what h2load writes.
RATE = r"finished in .*?, ([\d.]+) req/s"
WRONG = r"[1-9]\d* (failed|errored|timeout|3xx|4xx|5xx)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What is measured.

    Attributes:
        unit: what is counted.
        way: options of h2load; None: each request has a connection of its own.
    """

    http: HttpVersion
    unit: str
    way: tuple[str, ...] | None

    @property
    def name(self) -> str:
        """For people and as a key."""
        return f"HTTP/{self.http} {self.unit}"

    @property
    def protocol(self) -> str:
        """What h2load must say was spoken."""
        return "h2" if self.http == "2" else "http/1.1"

    def arguments(self, seconds: int) -> list[str]:
        """Of h2load."""
        count = str(HANDSHAKES_PER_S * seconds)
        load = ("-D", str(seconds), *self.way) if self.way else ("-n", count, "-c", count, "-m", "1")
        return ["-t1", *load, *(["--h1"] if self.http == "1.1" else [])]


KEPT: dict[HttpVersion, tuple[str, ...]] = {"1.1": ("-c", "32", "-m", "1"), "2": ("-c", "4", "-m", "16")}
KINDS = tuple(
    Kind(http=http, unit=unit, way=way if unit == "requests" else None)
    for http, way in KEPT.items()
    for unit in ("requests", "handshakes")
)


def main() -> int:
    """Measure both servers in each way and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    rates.add_options(parser)
    options = parser.parse_args()
    tools = rates.found({"h2load": "nghttp2-client", "nginx": "nginx"})
    if tools is None:
        return rates.NOT_COMPARABLE
    client_cpus, server_cpus = cpu_split()

    def measured(kind: Kind, ours: rates.Target, other: rates.Target) -> dict[str, list[rates.Load]]:
        def load(target: rates.Target) -> rates.Load:
            command = [tools["h2load"], *kind.arguments(options.seconds)]
            found, told = rates.loaded(command, target, client_cpus, pattern=RATE, wrong=WRONG)
            if f"Application protocol: {kind.protocol}" not in told or "TLS Protocol: TLSv1.3" not in told:
                sys.exit(f"invalid: {target.url}: it was to speak {kind.protocol} over TLSv1.3: {told}")
            return found

        return rates.loads({rates.OURS: ours, rates.OTHER: other}, load, options.rounds)

    with (
        machine_lock(to_errors().say),
        running_server(cpus=server_cpus) as server,
        tempfile.TemporaryDirectory() as folder,
    ):
        manifests = {http: server.register(workload) for http, workload in SAME.items()}
        [url], authority = manifests["1.1"].urls, "\n".join(manifests["1.1"].authority or ())
        body = fetched(url, authority)
        with running_nginx(
            tools["nginx"], Path(folder), body, server_cpus, list(LISTENING.values())
        ) as others:
            other = dict(zip(LISTENING, others, strict=True))
            results = {
                kind.name: rates.summary(
                    measured(
                        kind,
                        rates.Target(url=manifests[kind.http].urls[0], process=psutil.Process(server.pid)),
                        other[kind.http],
                    )
                )
                for kind in KINDS
            }
    if options.json:
        print(json.dumps(results))
    else:
        for kind in KINDS:
            print(f"{kind.name}\n{rates.text(results[kind.name], options.rounds, kind.unit)}\n")
    return 0 if all(map(rates.is_saturated, results.values())) else rates.NOT_COMPARABLE
