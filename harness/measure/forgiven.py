"""What came of the images of a pass in which they may fail: the worker's word, sorted by what it cannot know. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness import checks
from harness.faults import FAULTS, Met
from harness.measured import Witness
from harness.quantities import Count, Seconds

LOOP = "redirect_loop"
REDIRECTED = "302"


class NothingVerifiedError(Exception):
    """No image was had, so that there is no speed; the message is the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _ToldAttempts:
    """Of each attempt, in the order in which they ended, as in ``harness.measured.Attempts``."""

    image: tuple[Count, ...]
    start_s: tuple[Seconds, ...]
    took_s: tuple[Seconds, ...]
    error: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """What a worker tells, per image in the order of the URLs.

    Attributes:
        start_s: from the start of the pass; anything where fetch was never called, and so ``latency_s``.
        digests: SHA-256 of the body; anything without one.
        outcomes: error of the last attempt: "" if it returned a body, None if fetch was never called.
        raised: error that the model let out.
    """

    start_s: tuple[Seconds, ...]
    latency_s: tuple[Seconds, ...]
    digests: tuple[str, ...]
    outcomes: tuple[str | None, ...]
    attempts: _ToldAttempts
    raised: str | None


def sorted_out(
    bodies: Sequence[str], meets: Sequence[Met | None], answer: Mapping[str, Any], witness: Witness | None
) -> dict[str, Any]:
    """Fields of a pass: times of the verified images, and ``attempts``.

    Args:
        bodies: SHA-256 of what each URL gives.
        meets: the fault of each.
        answer: what the worker tells.

    Raises:
        NothingVerifiedError: no image was had.
        ValueError: the answer makes no sense; one line.
    """
    told = checks.made(_Told, answer)
    lengths = {len(values) for values in (told.start_s, told.latency_s, told.digests, told.outcomes)}
    if lengths != {len(bodies)}:
        raise ValueError(f"it tells of {max(lengths)} images, and {len(bodies)} were asked")
    taken = [place for place, error in enumerate(told.outcomes) if error == ""]
    verified = [place for place in taken if told.digests[place] == bodies[place] and can_be_had(meets[place])]
    failed = Counter(error for error in told.outcomes if error)
    never = told.outcomes.count(None)
    wrong = len(taken) - len(verified)
    if not verified:
        parts = [*failed.items(), ("taken for good and wrong", wrong), ("never asked for", never)]
        why = ", ".join(f"{count} × {what}" for what, count in parts if count)
        raise NothingVerifiedError(f"none of {len(bodies)} images was verified, so there is no speed: {why}")
    return {
        "start_s": [told.start_s[place] for place in verified],
        "latency_s": [told.latency_s[place] for place in verified],
        "attempts": {
            **answer["attempts"],
            "asked": len(bodies),
            "verified": len(verified),
            "wrong": wrong,
            "failed": failed,
            "never": never,
            "raised": told.raised,
            "hidden_requests": witness and hidden_requests(witness, told.attempts.image, meets),
        },
    }


def can_be_had(met: Met | None) -> bool:
    """Whether an image comes to a client that does all that is right, and tries often enough."""
    return met is None or not FAULTS[met.fault].is_lasting


def hidden_requests(seen: Witness, tried: Sequence[int], meets: Sequence[Met | None]) -> int:
    """Requests that the server saw beyond one for each attempt and one for each redirect: at least so many were hidden.

    An attempt may have sent none, and hide another one's second. Images behind a wrong address and in redirect loops are
    left out: their requests do not arrive, or are redirects all.

    Args:
        tried: place of the image of each attempt.
    """
    apart = {
        place
        for place, met in enumerate(meets)
        if met is not None and (met.fault == LOOP or FAULTS[met.fault].place == "address")
    }
    behind = sum(count for fault, count in (seen.faults or {}).items() if FAULTS[fault].place == "address")
    expected = sum(place not in apart for place in tried) + seen.statuses.get(REDIRECTED, 0) + behind
    return max(0, seen.requests - expected)
