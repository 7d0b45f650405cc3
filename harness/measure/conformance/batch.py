"""Several processes at once, each of which does one thing to one variant and ends."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import Any

from harness.measure.planning.catalog import Catalog
from harness.measure.processes.launch import Worker, WorkerDied
from harness.model import Contender, Variant

AT_ONCE = 8  # they mostly wait; imports, which need a CPU, are over before
IMPORT_S = 60.0
# Of several ways to drive a client, the one whose errors cost least; of several clients for a model, the first.
CAREFUL = ("thread_pool_catching", "gather_return_exceptions", "nursery_catching")
CLIENTS = ("requests_session", "aiohttp_session", "httpx_async")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A variant on a side.

    Attributes:
        side: name of the environment.
    """

    side: str
    catalog: Catalog
    variant: Variant

    @property
    def client(self) -> Contender:
        """Its client."""
        return self.catalog.contender("client", self.variant.client)

    @property
    def version(self) -> str:
        """Of the packages that its client imports."""
        return " ".join(f"{name} {version}" for name, version in self.client.modules.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What one process is to do.

    Attributes:
        step: of the worker, with what it ``asked``.
        within_s: time for that.
        prefix: of the command, if the process is to be elsewhere.
    """

    subject: Subject
    step: str
    asked: Mapping[str, Any]
    within_s: float
    prefix: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How a job went.

    Attributes:
        answer: of the worker; {} without one.
        reason: why there is none.
        is_late: whether it did not come in time.
    """

    answer: Mapping[str, Any]
    reason: str | None = None
    is_late: bool = False


def done(jobs: Sequence[Job]) -> list[Done]:
    """Do all jobs, at most so many at once, in their order."""
    found: list[Done] = []
    for first in range(0, len(jobs), AT_ONCE):
        some = jobs[first : first + AT_ONCE]
        with ExitStack() as stack:
            workers = [
                stack.enter_context(
                    Worker(job.subject.catalog.python, job.subject.catalog.variables, job.prefix)
                )
                for job in some
            ]
            for job, worker in zip(some, workers, strict=True):
                program = asdict(job.subject.catalog.program(job.subject.variant))
                worker.say("examine", within_s=IMPORT_S, **program)
            ready = [_answered(worker, IMPORT_S) for worker in workers]
            for job, worker, loaded in zip(some, workers, ready, strict=True):
                if loaded.reason is None:
                    worker.say(job.step, within_s=job.within_s, **job.asked)
            found += [
                _answered(worker, job.within_s) if loaded.reason is None else loaded
                for job, worker, loaded in zip(some, workers, ready, strict=True)
            ]
    return found


def _answered(worker: Worker, within_s: float) -> Done:
    try:
        answer = worker.answer(within_s)
    except WorkerDied as death:
        return Done(answer={}, reason=str(death), is_late=death.is_late)
    reason = answer.get("invalid") or answer.get("reason")
    return Done(answer=answer, reason=None if reason is None else str(reason))


def clients(catalogs: Mapping[str, Catalog], preferred: Sequence[str] = CAREFUL) -> Iterator[Subject]:
    """Yield each client once on each side, on the first loop that it names, driven by the model that is preferred.

    Args:
        catalogs: by side.
        preferred: models, the first of which that fits is taken; any other where none does.
    """
    for side, catalog in catalogs.items():
        for client in (contender for contender in catalog.contenders if contender.axis == "client"):
            fitting = [variant for variant in catalog.variants if variant.client == client.name]
            loops = [None, *(client.loops or ())]
            order = [*preferred, *sorted({variant.concurrency for variant in fitting})]
            fitting.sort(key=lambda variant: (_place(loops, variant.loop), order.index(variant.concurrency)))
            yield from (Subject(side=side, catalog=catalog, variant=variant) for variant in fitting[:1])


def models(catalogs: Mapping[str, Catalog]) -> Iterator[Subject]:
    """Yield each concurrency model once on each side, on the first loop that it names, with a client of its kind."""
    for side, catalog in catalogs.items():
        for model in (contender for contender in catalog.contenders if contender.axis == "concurrency"):
            fitting = [variant for variant in catalog.variants if variant.concurrency == model.name]
            loops = [None, *(model.loops or ())]
            fitting.sort(
                key=lambda variant: (
                    "1.1" not in variant.http,
                    _place(loops, variant.loop),
                    _place(CLIENTS, variant.client),
                )
            )
            yield from (Subject(side=side, catalog=catalog, variant=variant) for variant in fitting[:1])


def unfit(subject: Subject) -> str | None:
    """Why a variant cannot be looked at here; None if it can."""
    if subject.variant.unavailable:
        return subject.variant.unavailable
    return None if "1.1" in subject.variant.http else "it does not speak HTTP/1.1, over which this is asked"


def _place(names: Sequence[str | None], name: str | None) -> int:
    return names.index(name) if name in names else len(names)


def label(text: str) -> str:
    """A name that the server takes for a workload's."""
    return re.sub(r"[^a-z0-9_-]", "-", text.lower())[:64]
