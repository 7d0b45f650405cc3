"""What the server can give at most, per size of image, measured before the rounds: the bound for "server-bound"."""

from collections.abc import Iterator, Sequence
from time import time

from harness.measure.launch import Worker, WorkerDied
from harness.measure.server import Server
from harness.model import Ceiling
from harness.workload import Workload

SECONDS = 0.6
IMAGES = 8
TIMEOUT_S = 30.0


def ceilings(server: Server, python: str, cpus: Sequence[int], sizes: Sequence[int]) -> Iterator[Ceiling]:
    """Yield one ceiling per size of image (bytes), each measured from the client's CPUs without latency."""
    for image_bytes in sizes:
        probe = Workload.of(
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
                    "saturate", urls=manifest.urls, seconds=SECONDS, cpus=cpus, within_s=TIMEOUT_S
                )
            except WorkerDied:
                answer = {}
        server.remove(probe.name)
        if answer.get("requests_per_s"):  # else nothing is known of this size
            yield Ceiling(image_bytes=image_bytes, started_at=began, requests_per_s=answer["requests_per_s"])
