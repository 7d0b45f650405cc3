"""What every concurrency model does with one bad image: how many of the others come, and whether anybody is told."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from harness.link import Link
from harness.measure.conformance.batch import Job, Subject, done, models, unfit
from harness.measure.conformance.whole_pass import WholePass, read
from harness.measure.ends import Ends
from harness.measure.planning.catalog import Catalog
from harness.workload import Workload

IMAGES = 50  # one of which is not there
CONCURRENCY = 8
TIMES = 3  # who is under way when an error comes is chance
TIMEOUT_S, WITHIN_S = 5.0, 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Survival:
    """What one model does.

    Attributes:
        client: that it drove, on this loop.
        others: images that could be had.
        least: fewest of them that came in any of the passes, and ``most``.
        told: class of what the model let out; None if the caller heard nothing.
        reason: why nothing is known.
    """

    side: str
    model: str
    client: str
    loop: str | None
    others: int = IMAGES - 1
    least: int | None = None
    most: int | None = None
    told: str | None = None
    reason: str | None = None


def survivals(catalogs: Mapping[str, Catalog]) -> Iterator[Survival]:
    """Have every model download images of which the one in the middle is not there; yield what became of the others.

    Args:
        catalogs: by side.
    """
    subjects = list(models(catalogs))
    able = [subject for subject in subjects if unfit(subject) is None]
    with ExitStack() as stack:
        server = Ends(stack, ()).end(Link()).server
        common = {"image_bytes": 6_144, "concurrency": CONCURRENCY, "latency_s": 0.02, "sink": "memory"}
        good = server.register(Workload.of(name="others", images=IMAGES - 1, seed=1, **common))
        bad = server.register(
            Workload.of(name="missing", images=1, seed=2, faults=(("not_found", 1.0),), **common)
        )
        half = IMAGES // 2
        asked = {
            "urls": [*good.urls[:half], *bad.urls, *good.urls[half:]],
            "concurrency": CONCURRENCY,
            "timeout_s": TIMEOUT_S,
            "ca_file": None,
        }
        digests = [*good.digests[:half], None, *good.digests[half:]]
        jobs = [
            Job(subject=subject, step="whole_pass", asked=asked, within_s=WITHIN_S)
            for subject in able
            for _ in range(TIMES)
        ]
        found = iter([read(how, digests) for how in done(jobs)])
        known = {id(subject): [next(found) for _ in range(TIMES)] for subject in able}
    for subject in subjects:
        yield _told(subject, known.get(id(subject), []))


def _told(subject: Subject, passes: Sequence[WholePass]) -> Survival:
    reason = unfit(subject) or next((pass_.reason for pass_ in passes if pass_.reason), None)
    whole = [pass_.verified for pass_ in passes] if reason is None else []
    return Survival(
        side=subject.side,
        model=subject.variant.concurrency,
        client=subject.variant.client,
        loop=subject.variant.loop,
        least=min(whole, default=None),
        most=max(whole, default=None),
        told=next((pass_.raised for pass_ in passes if pass_.raised), None),
        reason=reason,
    )
