"""What the server can give at most, per size of image, measured before the rounds: the bound for "server-bound"."""

from collections.abc import Iterator, Sequence
from time import time

from harness.measure.launch import Worker, WorkerDied
from harness.measure.server import Server
from harness.model import Ceiling, Workload

SECONDS = 0.5
IMAGES = 8
TIMEOUT_S = 30.0


def ceilings(
    server: Server, python: str, cpus: Sequence[int], workloads: Sequence[Workload]
) -> Iterator[Ceiling]:
    """Yield one ceiling per size of image, each measured from the client's CPUs without latency."""
    for image_bytes in sorted({one.image_bytes for one in workloads}):
        probe = Workload(
            name=f"ceiling-{image_bytes}",
            images=IMAGES,
            image_bytes=image_bytes,
            latency_s=0.0,
            concurrency=1,
            sink="memory",
            seed=0,
        )
        manifest = server.register(probe)
        with Worker(python) as worker:
            began = time()
            try:
                answer = worker.ask(
                    "saturate", urls=manifest.urls, seconds=SECONDS, cpus=cpus, timeout_s=TIMEOUT_S
                )
            except WorkerDied:
                answer = {}
        if "requests_per_s" in answer:  # else nothing is known of this size
            yield Ceiling(image_bytes=image_bytes, started_at=began, **answer)
