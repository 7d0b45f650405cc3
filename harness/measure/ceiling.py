"""What the server can give at most, per kind of answer, measured before the rounds: the bound for "server-bound"."""

from collections.abc import Iterator, Sequence
from time import time

from harness.measure.processes.launch import Worker, WorkerDied
from harness.measure.server import Server
from harness.measured import Ceiling
from harness.workload import AnswerKind, Workload

SECONDS = 0.6
IMAGES = 8
TIMEOUT_S = 30.0


def ceilings(
    server: Server, python: str, cpus: Sequence[int], kinds: Sequence[AnswerKind]
) -> Iterator[Ceiling]:
    """Yield one ceiling per kind of answer, each measured from the client's CPUs without thinking time."""
    for kind in kinds:
        probe = Workload.of(
            name=f"ceiling-{kind.image_bytes}",
            images=IMAGES,
            image_bytes=kind.image_bytes,
            latency_s=0.0,
            tls=kind.tls,
            http=kind.http,
            concurrency=1,
            sink="memory",
            seed=0,
        )
        urls = server.register(probe).urls
        with Worker(python) as worker:
            began = time()
            try:
                asked = {"urls": urls, "seconds": SECONDS, "http": kind.http, "cpus": cpus}
                answer = worker.ask("saturate", **asked, within_s=TIMEOUT_S)
            except WorkerDied:
                answer = {}
        server.remove(probe.name)
        if answer.get("requests_per_s"):  # else nothing is known of this kind
            yield Ceiling(
                image_bytes=kind.image_bytes,
                started_at=began,
                requests_per_s=answer["requests_per_s"],
                tls=kind.tls,
                http=kind.http,
            )
