"""A soak: one client kept open over very many images, watched from outside while it runs."""

import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from time import monotonic
from typing import Any

import psutil

from harness.faults import Met
from harness.locks import machine_lock
from harness.measure.ends import Ends
from harness.measure.job import RoundJob, write_sources
from harness.measure.machine import cpu_split
from harness.measure.processes.launch import Worker, WorkerDied
from harness.measure.processes.usage import Family
from harness.measure.server import Server
from harness.model import HarnessError

MOST_S = 86_400.0  # of a soak


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """How client and server stood at one moment; a row of ``samples.csv``.

    Attributes:
        elapsed_s: since the client was told to begin.
        requests: that the server had answered by then.
        client_rss_bytes: resident memory of the client's processes together.
        client_descriptors: open files and sockets; threads and connections (TCP) likewise.
    """

    elapsed_s: float
    requests: int
    client_rss_bytes: int
    client_descriptors: int
    client_threads: int
    client_connections: int
    server_rss_bytes: int
    server_descriptors: int
    server_threads: int
    server_connections: int


COLUMNS = tuple(field.name for field in fields(Sample))
HELD = ("rss_bytes", "descriptors", "threads", "connections")
SERIES = tuple(f"{who}_{what}" for what in HELD for who in ("client", "server"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What became of all images.

    Attributes:
        asked: images.
        verified: whose body was the right one.
        wrong: bodies that were taken for good and are not.
        failed: name of the last error -> images.
        unexplained: failed images that their fault does not explain, likewise.
        attempts: at all of them, by the retry rule.
        faults: fault -> requests that met it, by the server's word.
        requests: that the server saw.
        seconds: that it took.
    """

    asked: int
    verified: int
    wrong: int
    failed: Mapping[str, int]
    unexplained: Mapping[str, int]
    attempts: int
    faults: Mapping[str, int]
    requests: int
    seconds: float

    @property
    def is_whole(self) -> bool:
        """Whether every image is verified, or failed for a fault that it met."""
        return self.verified + sum(self.failed.values()) == self.asked and not (
            self.wrong or any(self.unexplained.values())
        )


def account(
    answer: Mapping[str, Any],
    meets: Sequence[Met | None],
    *,
    attempts: int,
    faults: Mapping[str, int],
    requests: int,
) -> Account:
    """What a worker's answer says, held against what each image met. Pure.

    Args:
        answer: per place, as ``worker.soak.Account.told``.
        meets: per place.
        attempts: of the retry rule.
    """
    failed: Counter[str] = Counter()
    unexplained: Counter[str] = Counter()
    for met, classes in zip(meets, answer["failed"], strict=True):
        failed.update(classes)
        if met is None or (met.attempts is not None and met.attempts < attempts):
            unexplained.update(classes)
    verified, wrong = sum(answer["verified"]), sum(answer["wrong"])
    return Account(
        asked=verified + wrong + failed.total(),
        verified=verified,
        wrong=wrong,
        failed=dict(sorted(failed.items())),
        unexplained=dict(sorted(unexplained.items())),
        attempts=answer["attempts"],
        faults=faults,
        requests=requests,
        seconds=answer["seconds"],
    )


class _Watch:
    """Samples client and server.

    Args:
        client: processes of the client.
        server: that answers it.
        workload: whose requests are counted.
    """

    def __init__(self, client: Family, server: Server, workload: str) -> None:
        self._client, self._server, self._workload = client, server, workload
        self._began = monotonic()
        self.requests = 0
        self.faults: Counter[str] = Counter()

    def look(self) -> Sample:
        """How both stand now."""
        seen = self._server.window(self._workload)
        self.requests += seen.requests
        self.faults.update(seen.faults or {})
        stands = {"client": self._client.members(), "server": [self._server.pid]}
        return Sample(
            elapsed_s=round(monotonic() - self._began, 3),
            requests=self.requests,
            **{
                f"{who}_{what}": amount
                for who, pids in stands.items()
                for what, amount in _stand(pids).items()
            },
        )


def _stand(pids: Sequence[int]) -> dict[str, int]:
    """What these processes hold together; one that has ended holds nothing."""
    held: Counter[str] = Counter(dict.fromkeys(HELD, 0))
    for pid in pids:
        with suppress(psutil.Error):
            process = psutil.Process(pid)
            connections = process.net_connections("tcp")
            held["rss_bytes"] += process.memory_info().rss
            held["descriptors"] += process.num_fds()
            held["threads"] += process.num_threads()
            held["connections"] += sum(
                connection.status == psutil.CONN_ESTABLISHED for connection in connections
            )
    return dict(held)


def soak(job: RoundJob, images: int, *, every_s: float, tell: Callable[[Sample], None]) -> Account:
    """Fetch so many images, batch after batch of the workload's, through the one variant of a job.

    Args:
        job: of one entry.
        images: at least so many; whole batches are fetched.
        every_s: seconds from one sample to the next.
        tell: told of each sample when it is taken.

    Raises:
        HarnessError: the client or the server gave up; what was told of is whole.
    """
    [entry], [workload] = job.entries, job.workloads
    batches = -(-images // workload.what.images)
    client_cpus, server_cpus = cpu_split()
    with machine_lock(), tempfile.TemporaryDirectory(prefix="fetchbench-") as name, ExitStack() as stack:
        folder = Path(name)
        paths = write_sources(job.entries, folder)
        ends = Ends(stack, server_cpus)
        line = ends.line(workload.link)
        variables = job.environments[entry.cell.side].variables
        worker = stack.enter_context(
            Worker(sys.executable, variables, prefix=line.client_prefix if line else ())
        )
        server = ends.end(workload.link).server
        assert isinstance(server, Server)  # noqa: S101 - only URLs of others have another
        downloads = server.register(workload).downloads(
            workload, timeout_s=job.rules.timeout_s, certificates=folder
        )
        try:
            _step(
                worker.ask("load", within_s=job.rules.timeout_s, **asdict(entry.program(paths, client_cpus)))
            )
            _step(worker.ask("assign", within_s=job.rules.timeout_s, **asdict(downloads)))
            worker.say("soak", within_s=MOST_S, digests=server.digests(workload.name), batches=batches)
            watch = _Watch(worker.family, server, workload.name)
            while not worker.has_answer(every_s):
                tell(watch.look())
            answer = _step(worker.answer(1.0))
        except WorkerDied as death:
            raise HarnessError(f"the soak broke off: {death}") from None
        watch.look()
        return account(
            answer,
            server.meets(workload.name),
            attempts=workload.retry.attempts,
            faults=dict(sorted(watch.faults.items())),
            requests=watch.requests,
        )


def _step(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer to a step that went right.

    Raises:
        HarnessError: it did not.
    """
    if reason := answer.get("reason") or answer.get("invalid"):
        raise HarnessError(f"the soak broke off: {reason}")
    return answer
