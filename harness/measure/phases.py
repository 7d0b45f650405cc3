"""Where the time of an image went, as its client lived through it: its own moments, and those of the server. Pure.

The server's moments are moved to the client's end of the line by half a round trip: what came in was sent so much earlier,
what went out comes so much later. A server accepts a connection when the third packet of the handshake has come (RFC 9293,
3.5): one and a half round trips after its client has begun to connect.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness import checks
from harness.measured import Phases
from harness.quantities import Seconds

DIGITS = 6  # of times: the worker tells them to the microsecond
Moments = Sequence[float | None]  # of a request, as ``local_server.witness`` tells them
Mark = tuple[str, float]  # a phase, and until when it lasted


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """What a worker tells of the calls of fetch in a pass; of each image, in the order of the URLs.

    Attributes:
        began_at: when the pass began, on the machine's monotonic clock.
        start_s: seconds from then until fetch was called.
        fetched_s: seconds from the call until it had returned.
        latency_s: seconds from the call until the body was in the sink.
    """

    began_at: Seconds
    start_s: tuple[Seconds, ...]
    fetched_s: tuple[Seconds, ...]
    latency_s: tuple[Seconds, ...]


def phases(
    urls: Sequence[str], told: Mapping[str, Any], moments: Mapping[str, Moments], round_trip_s: float
) -> Phases:
    """Return the phases of each image.

    Args:
        told: a worker's answer, with what ``Calls`` has.
        moments: ``Server.moments``: path -> moments of the last request for it. An image behind a redirect has two paths.
        round_trip_s: of the line; 0 without one.

    Raises:
        ValueError: the server did not see a request for each image, or the answer cannot be true.
    """
    calls = checks.made(Calls, told)
    requests: dict[str, list[Moments]] = defaultdict(list)
    for path, found in moments.items():
        requests[_file(path)].append(found)
    images = []
    times = zip(urls, calls.start_s, calls.fetched_s, calls.latency_s, strict=True)
    for url, start_s, fetched_s, latency_s in times:
        chain = sorted(requests[_file(url)], key=_arrived_at)
        if not chain:
            raise ValueError(f"the server saw no request for {url}")
        marks = [mark for found in chain for mark in _marks(found, round_trip_s / 2)]
        called = calls.began_at + start_s
        images.append(_split(marks, called, called + fetched_s, called + latency_s))
    seen = set().union(*images)
    if "opening_s" not in seen:  # all was told apart, also where all connections were kept
        seen |= {"connecting_s", "tls_s"}
    return checks.made(
        Phases, {name: [round(image.get(name, 0.0), DIGITS) for image in images] for name in seen}
    )


def _marks(found: Moments, half_s: float) -> Iterator[Mark]:
    """Until when the phases of a request lasted, up to the first byte of its answer; ``half_s`` of the line's round trip."""
    accepted_at, opened_at, _, answered_at = found
    sent_at = _arrived_at(found) - half_s
    if accepted_at is not None and opened_at is not None:
        yield "unsent_s", accepted_at - 3 * half_s
        yield "connecting_s", accepted_at - half_s
        yield "tls_s", opened_at - half_s
    elif opened_at is not None:
        yield "opening_s", opened_at - half_s
    yield "unsent_s", sent_at
    yield "waiting_s", (answered_at or _arrived_at(found)) + half_s


def _split(marks: Sequence[Mark], called: float, fetched: float, ended: float) -> dict[str, float]:
    """Seconds of each phase, one after the other: no mark lies before the one before it, nor behind the fetch."""
    spent: dict[str, float] = defaultdict(float)
    since = called
    for phase, until in marks:
        reached = max(since, min(until, fetched))
        spent[phase] += reached - since
        since = reached
    return spent | {"receiving_s": fetched - since, "saving_s": ended - fetched}


def _file(address: str) -> str:
    return address.rsplit("/", 1)[-1]


def _arrived_at(found: Moments) -> float:
    return found[2] or 0.0
