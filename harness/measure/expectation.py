"""What a pass must show, made before it, and what speaks against one that was measured.

The worker's own word is held beside what the server saw and what the harness' clock said. All moments are of one clock,
which counts the same for all processes of a machine (``time.perf_counter``), and a cause comes before its effect: so the
rules on times need no tolerance but that of rounding.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import add

from harness.faults import Met
from harness.measured import Attempts, Pass, Witness
from harness.model import Variant
from harness.workload import Workload

Span = tuple[float, float]  # moments of the monotonic clock, in seconds
ROUNDING_S = 2e-6  # the worker tells times to the microsecond: two of them may be half of one off each


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What a pass must show.

    Attributes:
        images: whose times the worker tells, all together.
        bodies: SHA-256 of what each URL gives, in the order of the URLs.
        requests: that reach the server.
        statuses: HTTP status -> answers.
        different: paths that are asked for at least once: of the images, and of what leads to them.
        most_in_flight: requests that may be under way at one time.
        stated_in_flight: what the concurrency model says of itself (``IN_FLIGHT``), None if it follows what is asked.
        is_overlap_called: whether calls of fetch must overlap.
        is_overlap_seen: whether the server must have seen requests overlap.
        http: version of HTTP that is spoken.
        meets: the fault of each image, in the order of the URLs, where images may fail: then requests, statuses, paths and
            what the server sees in flight follow from the client too, and are not held against it. None where none may.
        attempts: at one image, at most.
    """

    images: int
    bodies: tuple[str, ...]
    requests: int
    statuses: Mapping[str, int]
    different: int
    most_in_flight: int
    stated_in_flight: int | None
    is_overlap_called: bool
    is_overlap_seen: bool
    http: str
    meets: tuple[Met | None, ...] | None = None
    attempts: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Bodies:
    """What a worker tells of the bodies of a pass, in the order of the URLs: their SHA-256 and their bytes."""

    digests: tuple[str, ...]
    sizes: tuple[int, ...]


def expectation(
    workload: Workload, in_flight: int | None, bodies: Sequence[str], meets: Sequence[Met | None] = ()
) -> Expectation:
    """What a pass of a workload must show. Pure.

    Args:
        in_flight: what the concurrency model says of itself, None if it follows what is asked.
        bodies: SHA-256 of what each URL gives.
        meets: the fault of each, likewise.
    """
    images, redirects, asked = workload.what.images, workload.what.redirects, workload.arrival.concurrency
    overlaps = in_flight != 1 and min(asked, images) > 1
    return Expectation(
        images=images,
        bodies=tuple(bodies),
        requests=images + redirects,
        statuses={"200": images} | ({"302": redirects} if redirects else {}),
        different=images + redirects,
        most_in_flight=asked,
        stated_in_flight=in_flight,
        is_overlap_called=overlaps,
        is_overlap_seen=overlaps and workload.network.shows_in_flight and not workload.is_forgiving,
        http=workload.network.http,
        meets=tuple(meets) if workload.is_forgiving else None,
        attempts=workload.retry.attempts,
    )


def why_skipped(workload: Workload, variant: Variant) -> str | None:
    """Why no pass of a variant can show what is expected, by what its files say of themselves; None if it can. Pure."""
    if workload.network.http not in variant.http:
        spoken = " and ".join(f"HTTP/{version}" for version in variant.http)
        return f"{variant.client} speaks {spoken}, and HTTP/{workload.network.http} is asked"
    asked, in_flight = workload.arrival.concurrency, variant.in_flight
    if in_flight is None or min(in_flight, workload.what.images) <= asked:
        return None
    return f"{variant.concurrency} keeps {in_flight} in flight, and {asked} {'is' if asked == 1 else 'are'} asked"


def check(expected: Expectation, passed: Pass, span: Span, blocks: str | None = None) -> str | None:
    """Hold a pass against what was expected of it; return one line that says what is wrong, or None. Pure.

    Args:
        span: from just before the pass was asked for until just after its end was answered.
        blocks: advice for a fetch that never gave way to the loop, None for any other.
    """
    found = chain(
        _requests(expected, passed)
        if passed.attempts is None
        else _attempts(expected, passed.attempts, passed),
        _protocol(expected, passed),
        _in_flight(expected, passed, blocks),
        _times(passed, span),
    )
    return next(found, None)


def check_bodies(expected: Expectation, told: Bodies, urls: Sequence[str]) -> str | None:
    """Hold what a worker tells of its bodies against what it cannot know; return one line, or None. Pure.

    Args:
        told: by the worker.
        urls: of all images.
    """
    count = len(expected.bodies)
    if not len(told.digests) == len(told.sizes) == count:
        return f"the worker told of {len(told.digests)} bodies, and {count} were asked"
    wrong = wrong_bodies(expected, told)
    if not wrong:
        return None
    name, size = urls[wrong[0]].rsplit("/", 1)[-1], told.sizes[wrong[0]]
    if not any(told.sizes[place] for place in wrong):
        return f"{len(wrong)} of {count} bodies are empty (first: {name}): read the body before the response is closed"
    return f"{len(wrong)} of {count} bodies differ from the manifest (first: {name}, {size:,} bytes)"


def wrong_bodies(expected: Expectation, told: Bodies) -> list[int]:
    """Places of the bodies that are not what was expected."""
    pairs = zip(expected.bodies, told.digests, strict=False)
    return [place for place, (right, digest) in enumerate(pairs) if digest != right]


def _requests(expected: Expectation, passed: Pass) -> Iterator[str]:
    """Yield what is wrong with what was asked and answered, the plainest first."""
    if len(passed.latency_s) != expected.images:
        yield f"the worker told the times of {len(passed.latency_s)} images, and {expected.images} were asked"
    if (seen := passed.witness) is None:
        return
    if seen.requests != expected.requests:
        yield (
            f"the server saw {seen.requests} requests for {expected.images} images, "
            f"and {expected.requests} were expected"
        )
    if seen.different is not None and seen.different != expected.different:
        yield (
            f"the server was asked for {seen.different} of {expected.different} paths, "
            "for some more than once"
        )
    if dict(seen.statuses) != dict(expected.statuses):
        yield f"the server answered {_counted(seen.statuses)}; expected was {_counted(expected.statuses)}"


def _attempts(expected: Expectation, told: Attempts, passed: Pass) -> Iterator[str]:
    """Yield what cannot be: more attempts than the rule allows, or more answers than the server gave."""
    if (most := max(Counter(told.image).values(), default=0)) > expected.attempts:
        yield f"the worker told of {most} attempts at one image, and {expected.attempts} are allowed"
    answered = told.verified + sum(error[-3:].isdecimal() for error in told.error)  # with a status
    if passed.witness is not None and passed.witness.requests < answered:
        yield f"the server saw {passed.witness.requests} requests, and the worker told of {answered} answers"
    ends = map(add, told.start_s, told.took_s)
    if max(ends, default=0.0) > passed.wall_s + ROUNDING_S:
        yield "by its own clock an attempt ended after the pass: it ended before its downloads"


def _protocol(expected: Expectation, passed: Pass) -> Iterator[str]:
    """Yield what is wrong with what was spoken."""
    spoken = passed.witness.http_version if passed.witness else None
    if spoken is not None and spoken != expected.http:
        yield f"it spoke HTTP/{spoken} where HTTP/{expected.http} was asked"


def _counted(statuses: Mapping[str, int]) -> str:
    """How often which status was given: "9 × 200, 1 × 404"."""
    return ", ".join(f"{count} × {status}" for status, count in sorted(statuses.items())) or "nothing"


def _in_flight(expected: Expectation, passed: Pass, blocks: str | None) -> Iterator[str]:
    """Yield what is wrong with how many images were under way together."""
    called = passed.peak_in_flight
    # A request that a client has given up may be under way at the server for a while.
    seen = passed.witness.peak_in_flight if passed.witness and passed.attempts is None else 0
    if seen > expected.most_in_flight:
        yield f"{seen} requests were in flight where {expected.most_in_flight} were allowed"
    stated = expected.stated_in_flight
    if stated is not None and max(called, seen) > stated:
        yield f"{max(called, seen)} images were in flight, and it says IN_FLIGHT = {stated}"
    if (expected.is_overlap_called and called == 1) or (expected.is_overlap_seen and seen == 1):
        yield _one_at_a_time(called, expected.most_in_flight, blocks)


def _one_at_a_time(called: int, asked: int, blocks: str | None) -> str:
    """Whose doing it was: that of a fetch that blocks, of the model, or of a client whose fetches wait for each other."""
    so = f"one at a time where {asked} were asked"
    if blocks:
        return f"{blocks}; its images came {so}"
    if called == 1:
        return f"the model called fetch {so}: start the next before the last has ended, or say IN_FLIGHT = 1"
    return f"fetches overlapped, but their requests came {so}: fetch holds a lock or blocks the event loop"


def _times(passed: Pass, span: Span) -> Iterator[str]:
    """Yield what cannot be: a pass lies within its span, each image within the pass, and so does what the server saw."""
    asked_at, told_at = span
    if passed.began_at is None:
        yield "the worker does not tell when the pass began"
        return
    ended_at = passed.began_at + passed.wall_s
    if not (asked_at <= passed.began_at <= ended_at <= told_at):
        yield (
            f"its clock is wrong: by it the pass lasted from {passed.began_at - asked_at:.6f} s to "
            f"{ended_at - asked_at:.6f} s after it was asked for, and its end was told after {told_at - asked_at:.6f} s"
        )
    if passed.witness is not None:
        yield from _times_at_the_server(passed, passed.witness, passed.began_at, ended_at)
    ends = (start + took for start, took in zip(passed.start_s, passed.latency_s, strict=True))
    if min(passed.start_s) < -ROUNDING_S or max(ends) > passed.wall_s + ROUNDING_S:
        yield "by its own clock an image was fetched outside of the pass: it ended before its downloads"


def _times_at_the_server(passed: Pass, seen: Witness, began_at: float, ended_at: float) -> Iterator[str]:
    """Yield likewise: a client reaches the server after the pass began, and has all answers before it ends."""
    if seen.reached_at is None or seen.answered_at is None or seen.waited_s is None:
        yield "the server saw nothing of it"
        return
    if seen.reached_at < began_at:
        yield (
            f"the server was reached {began_at - seen.reached_at:.3g} s before the pass began: "
            "open the client's connections in open_client, anew in each pass"
        )
    if passed.attempts is not None:
        return  # what a client has given up may be answered later, and waits at the server alone
    if seen.answered_at > ended_at:
        yield (
            f"the server still answered {seen.answered_at - ended_at:.3g} s after the pass had ended: "
            "it ended before its downloads"
        )
    if sum(passed.latency_s) + ROUNDING_S * len(passed.latency_s) < seen.waited_s:
        yield (
            f"by its own clock all images together took {sum(passed.latency_s):.3g} s, and the server alone "
            f"took {seen.waited_s:.3g} s before their first bytes"
        )
