"""From what was seen of a client and a fault to the words for it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from harness.quantities import Count, Reason, Seconds

Outcome = Literal["image", "error", "taken for good", "hangs", "unavailable", "failed"]
Scheme = Literal["http", "https"]
Surprise = Literal["taken for good", "hangs", "retried by itself", "leaks", "spoils the next"]
# From the one that is told before all others of a cell to the one that is told if there is no other.
GRAVEST: tuple[Outcome, ...] = ("hangs", "taken for good", "error", "image")
SURPRISES: tuple[Surprise, ...] = get_args(Surprise)

MANY_TIMEOUTS = 2  # who takes more than so many of its timeouts, and the slack, hangs
SLACK_S = 0.5
# Where more than one request is no second try.
SENDS_ON = frozenset({"redirect_loop"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """One fetch, as the worker tells it: a body, or an error.

    Attributes:
        sha256: of the body; None if it raised.
        error: class of what it raised, with its package; None if it returned.
        message: what that says.
    """

    took_s: Seconds
    sha256: str | None = None
    bytes: Count | None = None
    error: Reason | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """What a client did, as the worker tells it.

    Attributes:
        fetches: a good image, then in turn one with the fault and a good one.
        held: descriptors and threads of the process before the client was opened, after the first fetch, after the last,
            and when the client was closed.
    """

    fetches: tuple[Fetch, ...]
    held: tuple[tuple[Count, Count], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """What one client does with one fault.

    Attributes:
        scheme: of the URLs: TLS changes what a client sees of a broken connection.
        version: of the packages that the client's file imports.
        loop: None for a client that needs none.
        outcome: the gravest of the fetches; "unavailable" or "failed" for ``reason``.
        surprises: what a user would not expect, in the order of SURPRISES.
        error: class of the error, with its package; None without one.
        message: what it says.
        requests: that the server saw for each fetch with the fault; None where it sees none.
        took_s: of the longest fetch with the fault.
        leaked: descriptors and threads that were not given back.
        reason: why there is no outcome.
    """

    side: str
    client: str
    version: str
    loop: str | None
    scheme: Scheme
    fault: str
    outcome: Outcome
    surprises: tuple[Surprise, ...] = ()
    error: str | None = None
    message: str | None = None
    requests: float | None = None
    took_s: float | None = None
    leaked: int | None = None
    reason: str | None = None


def outcome(fetch: Fetch, digest: str, timeout_s: float) -> Outcome:
    """Return what became of one fetch.

    Args:
        digest: SHA-256 of the image.
        timeout_s: what the client was told.
    """
    if fetch.took_s > MANY_TIMEOUTS * timeout_s + SLACK_S:
        return "hangs"
    if fetch.error is not None:
        return "error"
    return "image" if fetch.sha256 == digest else "taken for good"


def gravest(outcomes: Sequence[Outcome]) -> Outcome:
    """Return the one by which several fetches are told."""
    return min(outcomes, key=GRAVEST.index)


def leaked(meeting: Meeting, faults: int) -> int:
    """Return how many descriptors and threads were not given back.

    Those that are left when the client is closed; or, if more, those that came while it was open, where there is one for
    every fault: so a pool that has opened another connection does not leak.
    """
    before, first, last, after = ((descriptors, threads) for descriptors, threads in meeting.held)
    left = sum(max(0, now - then) for now, then in zip(after, before, strict=True))
    grown = sum(max(0, now - then) for now, then in zip(last, first, strict=True))
    return max(left, grown if grown >= faults else 0)


def judged(
    meeting: Meeting,
    *,
    fault: str,
    good: Sequence[str],
    bad: Sequence[str],
    timeout_s: float,
    requests: int | None,
) -> dict[str, object]:
    """Return the fields of a Conduct that follow from what was seen.

    Args:
        good: SHA-256 of the good images, in the order in which they were asked for.
        bad: the same of those with the fault, as they would be without.
        requests: for images with the fault, at the server; None if it sees none of them.
    """
    faulty = meeting.fetches[1::2]
    outcomes = [outcome(fetch, digest, timeout_s) for fetch, digest in zip(faulty, bad, strict=True)]
    after = [
        outcome(fetch, digest, timeout_s)
        for fetch, digest in zip(meeting.fetches[2::2], good[1:], strict=True)
    ]
    lost = leaked(meeting, len(faulty))
    is_so = {
        # Also one that came too late.
        "taken for good": any(
            fetch.error is None and fetch.sha256 != digest for fetch, digest in zip(faulty, bad, strict=True)
        ),
        "hangs": "hangs" in outcomes,
        "retried by itself": requests is not None and requests > len(faulty) and fault not in SENDS_ON,
        "leaks": lost > 0,
        "spoils the next": set(after) != {"image"},
    }
    told = next((fetch for fetch in (*faulty, *meeting.fetches[2::2]) if fetch.error is not None), None)
    return {
        "outcome": gravest(outcomes),
        "surprises": tuple(name for name in SURPRISES if is_so[name]),
        "error": told.error if told else None,
        "message": told.message if told else None,
        "requests": None if requests is None else requests / len(faulty),
        "took_s": max(fetch.took_s for fetch in faulty),
        "leaked": lost,
    }
