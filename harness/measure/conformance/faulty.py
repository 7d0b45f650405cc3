"""Every client with every fault: a good image, one with the fault, a good one, a few times, and what came of it."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from harness import checks
from harness.faults import FAULTS, ON_A_LINE, OVER_TLS
from harness.link import Link
from harness.measure.conformance.batch import Done, Job, Subject, clients, done, unfit
from harness.measure.conformance.outcomes import Conduct, Meeting, Scheme, judged, outcome
from harness.measure.ends import End, Ends
from harness.measure.link.line import LinkUnavailable
from harness.measure.manifest import Manifest
from harness.measure.planning.catalog import Catalog
from harness.workload import Workload

LINE = Link(round_trip_s=0.002)
IDLE_S = 0.1  # longer than a server waits that closes after an idle time
FORGIVEN_STALLS = (
    4  # a client may sit out so many in each fetch before it is taken for one that never comes back
)
CONCURRENCY = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How each client is asked.

    Attributes:
        repeats: times that each meets a fault.
        timeout_s: what it is told as its timeout: longer than the second between two bytes of a trickle.
        stall_s: how long the server holds out: longer than who keeps its timeout waits.
        grace_s: a client that comes back has so long in all, beside its stalls.
        scheme: of all URLs.
    """

    repeats: int = 3
    timeout_s: float = 1.5
    stall_s: float = 5.0
    grace_s: float = 5.0
    scheme: Scheme = "http"

    @property
    def within_s(self) -> float:
        """After that a client is ended that has not come back."""
        return self.grace_s + self.repeats * FORGIVEN_STALLS * self.stall_s


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """A client that is about to meet a fault.

    Attributes:
        good: what is served without a fault, for it alone; ``bad`` with it.
    """

    subject: Subject
    good: Manifest
    bad: Manifest
    workload: Workload


def conducts(catalogs: Mapping[str, Catalog], faults: Sequence[str], terms: Terms) -> Iterator[Conduct]:
    """Have every client meet every fault that this scheme can have; yield what each does, fault by fault.

    Args:
        catalogs: by side.
    """
    with ExitStack() as stack:
        ends = Ends(stack, ())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fetchbench-")))
        for fault in (fault for fault in faults if terms.scheme == "https" or fault not in OVER_TLS):
            yield from _of_fault(list(clients(catalogs)), fault, terms, ends, folder)


def _of_fault(
    subjects: Sequence[Subject], fault: str, terms: Terms, ends: Ends, folder: Path
) -> Iterator[Conduct]:
    able = [subject for subject in subjects if unfit(subject) is None]
    yield from (
        _conduct(subject, fault, terms, outcome="unavailable", reason=unfit(subject))
        for subject in subjects
        if subject not in able
    )
    try:
        end = ends.end(LINE if fault in ON_A_LINE else Link())
    except LinkUnavailable as refusal:
        yield from (
            _conduct(subject, fault, terms, outcome="unavailable", reason=str(refusal)) for subject in able
        )
        return
    cases = [_case(subject, fault, terms, end, number) for number, subject in enumerate(able)]
    jobs = [_job(case, terms, end, folder, fault) for case in cases]
    for case, how in zip(cases, done(jobs), strict=True):
        seen = end.server.window(case.workload.name) if FAULTS[fault].place == "answer" else None
        yield _told(case, fault, terms, how, seen.requests if seen else None)


def _case(subject: Subject, fault: str, terms: Terms, end: End, number: int) -> _Case:
    bad = Workload.of(
        name=f"{fault}-{number}",
        images=terms.repeats,
        image_bytes=6_144,
        concurrency=CONCURRENCY,
        sink="memory",
        seed=number,
        faults=((fault, 1.0),),
        stall_s=terms.stall_s,
        tls=terms.scheme == "https",
        round_trip_s=end.line.link.round_trip_s if end.line else 0.0,
    )
    good = bad.but(name=f"good-{bad.name}", images=terms.repeats + 1, faults=(), seed=number + 1_000)
    return _Case(subject=subject, good=end.server.register(good), bad=end.server.register(bad), workload=bad)


def _job(case: _Case, terms: Terms, end: End, folder: Path, fault: str) -> Job:
    first, *others = case.good.urls
    wait_s = IDLE_S if fault == "closed_after_idle" else 0.0
    visits = [(first, 0.0)]
    for bad, good in zip(case.bad.urls, others, strict=True):
        visits += [(bad, 0.0), (good, wait_s)]
    downloads = case.good.downloads(case.workload, timeout_s=terms.timeout_s, certificates=folder)
    return Job(
        subject=case.subject,
        step="meet",
        asked={
            "visits": visits,
            "concurrency": CONCURRENCY,
            "timeout_s": terms.timeout_s,
            "ca_file": downloads.ca_file,
        },
        within_s=terms.within_s,
        prefix=end.line.client_prefix if end.line else (),
    )


def _told(case: _Case, fault: str, terms: Terms, how: Done, requests: int | None) -> Conduct:
    """Make the record of what was seen, or of why nothing was."""
    subject = case.subject
    if how.is_late:
        return _conduct(
            subject,
            fault,
            terms,
            outcome="hangs",
            surprises=("hangs",),
            message=how.reason,
            took_s=terms.within_s,
        )
    if how.reason is not None:
        return _conduct(subject, fault, terms, outcome="failed", reason=how.reason)
    try:
        meeting = checks.made(Meeting, how.answer)
    except ValueError as error:
        return _conduct(
            subject, fault, terms, outcome="failed", reason=f"what it told cannot be read: {error}"
        )
    first = meeting.fetches[0]
    if outcome(first, case.good.digests[0], terms.timeout_s) != "image":
        why = f"{first.error}: {first.message}" if first.error else "another body came"
        reason = f"it cannot fetch a good image: {why}"
        return _conduct(subject, fault, terms, outcome="failed", reason=reason)
    found = judged(
        meeting,
        fault=fault,
        good=case.good.digests,
        bad=case.bad.digests,
        timeout_s=terms.timeout_s,
        requests=requests,
    )
    return _conduct(subject, fault, terms, **found)


def _conduct(subject: Subject, fault: str, terms: Terms, **found: object) -> Conduct:
    return Conduct(
        side=subject.side,
        client=subject.variant.client,
        version=subject.version,
        loop=subject.variant.loop,
        scheme=terms.scheme,
        fault=fault,
        **found,  # type: ignore[arg-type]
    )
