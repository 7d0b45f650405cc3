"""What speaks against a pass: the worker's own word beside what the server saw and what the harness' clock said.

All moments are of one clock, which counts the same for all processes of a machine (``time.perf_counter``), and a cause
comes before its effect: so these rules need no tolerance but that of rounding.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from harness.model import Pass
from harness.workload import Workload

Span = tuple[float, float]  # moments of the monotonic clock, in seconds
ROUNDING_S = 2e-6  # the worker tells times to the microsecond: two of them may be half of one off each


@dataclass(frozen=True, slots=True, kw_only=True)
class Bodies:
    """What a worker tells of the bodies of a pass, in the order of the URLs: their SHA-256 and their bytes."""

    digests: tuple[str, ...]
    sizes: tuple[int, ...]


def complaint_about(
    one: Pass, workload: Workload, in_flight: int | None, span: Span, blocks: str | None = None
) -> str | None:
    """Compare what the worker says with what was seen from outside; return one line, or None if both agree. Pure.

    Args:
        one: the pass.
        workload: what was asked.
        in_flight: the concurrency model's own ceiling, None if it follows the asked one.
        span: from just before the pass was asked for until just after its end was answered.
        blocks: advice for a fetch that never gave way to the loop, None for any other.
    """
    return next(chain(_about_requests(one, workload, in_flight, blocks), _about_times(one, span)), None)


def complaint_about_bodies(told: Bodies, urls: Sequence[str], digests: Sequence[str]) -> str | None:
    """Compare what a worker tells of its bodies with what it cannot know; return one line, or None. Pure.

    Args:
        told: by the worker.
        urls: of all images.
        digests: SHA-256 of the body that each URL gave.
    """
    if not len(told.digests) == len(told.sizes) == len(digests):
        return f"the worker told of {len(told.digests)} bodies, and {len(digests)} were asked"
    wrong = [place for place, one in enumerate(digests) if told.digests[place] != one]
    if not wrong:
        return None
    name, size = urls[wrong[0]].rsplit("/", 1)[-1], told.sizes[wrong[0]]
    return f"{len(wrong)} of {len(digests)} bodies differ from the manifest (first: {name}, {size:,} bytes)"


def _about_requests(
    one: Pass, workload: Workload, in_flight: int | None, blocks: str | None
) -> Iterator[str]:
    """Yield what is wrong, the plainest first."""
    seen, asked = one.witness, workload.arrival.concurrency
    if len(one.latency_s) != workload.what.images:
        yield f"the worker told the times of {len(one.latency_s)} images, and {workload.what.images} were asked"
    redirects = workload.what.redirects
    places = workload.what.images + redirects
    if seen.requests != places:
        yield f"the server saw {seen.requests} requests for {places} images"
    if seen.different is not None and seen.different != places:
        yield f"the server was asked for {seen.different} of {places} images, for some more than once"
    if seen.statuses != {"200": workload.what.images} | ({"302": redirects} if redirects else {}):
        yield f"the server answered with the statuses {', '.join(sorted(seen.statuses))}"
    if seen.peak_in_flight > asked:
        yield f"{seen.peak_in_flight} requests were in flight where {asked} were allowed"
    peak = max(one.peak_in_flight, seen.peak_in_flight)
    if in_flight is not None and peak > in_flight:
        yield f"{peak} images were in flight, and it says IN_FLIGHT = {in_flight}"
    alone = one.peak_in_flight == 1 or (seen.peak_in_flight == 1 and workload.network.shows_in_flight)
    if alone and in_flight != 1 and min(asked, workload.what.images) > 1:
        yield _one_at_a_time(one, asked, blocks)


def _one_at_a_time(one: Pass, asked: int, blocks: str | None) -> str:
    """Whose doing it was: that of a fetch that blocks, of the model, or of a client whose fetches wait for each other."""
    so = f"one at a time where {asked} were asked"
    if blocks:
        return f"{blocks}; its images came {so}"
    if one.peak_in_flight == 1:
        return f"the model called fetch {so}: start the next before the last has ended, or say IN_FLIGHT = 1"
    return f"fetches overlapped, but their requests came {so}: fetch holds a lock or blocks the event loop"


def _about_times(one: Pass, span: Span) -> Iterator[str]:
    """Yield what cannot be: a client reaches the server after the pass began, and has all answers before it ends."""
    seen, (asked_at, told_at) = one.witness, span
    if one.began_at is None or seen.reached_at is None or seen.answered_at is None or seen.waited_s is None:
        yield "the worker does not tell when the pass began, or the server saw nothing of it"
        return
    ended_at = one.began_at + one.wall_s
    if not (asked_at <= one.began_at <= ended_at <= told_at):
        yield (
            f"its clock is wrong: by it the pass lasted from {one.began_at - asked_at:.6f} s to {ended_at - asked_at:.6f} s "
            f"after it was asked for, and its end was told after {told_at - asked_at:.6f} s"
        )
    if seen.reached_at < one.began_at:
        yield (
            f"the server was reached {one.began_at - seen.reached_at:.3g} s before the pass began: "
            "open the client's connections in open_client, anew in each pass"
        )
    if seen.answered_at > ended_at:
        yield (
            f"the server still answered {seen.answered_at - ended_at:.3g} s after the pass had ended: "
            "it ended before its downloads"
        )
    ends = (start + took for start, took in zip(one.start_s, one.latency_s, strict=True))
    if min(one.start_s) < -ROUNDING_S or max(ends) > one.wall_s + ROUNDING_S:
        yield "by its own clock an image was fetched outside of the pass: it ended before its downloads"
    if sum(one.latency_s) + ROUNDING_S * len(one.latency_s) < seen.waited_s:
        yield (
            f"by its own clock all images together took {sum(one.latency_s):.3g} s, and the server alone "
            f"took {seen.waited_s:.3g} s before their first bytes"
        )
