"""A whole program's pass as the worker tells it, read and held against the images. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from harness import checks
from harness.measure.conformance.batch import Done
from harness.quantities import Count, Reason, Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the worker tells (``worker.whole_pass``)."""

    digests: tuple[str | None, ...]
    errors: Mapping[str, tuple[Count, str]]
    raised: Reason | None
    last_s: Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class WholePass:
    """One pass.

    Attributes:
        verified: images that came whole.
        wrong: bodies that are not the image.
        errors: class -> fetches that raised it, and the words of the first.
        raised: class of what the model let out.
        last_s: when the last body had come.
        reason: why nothing is known.
    """

    verified: int = 0
    wrong: int = 0
    errors: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    raised: str | None = None
    last_s: float = 0.0
    reason: str | None = None


def read(how: Done, digests: Sequence[str | None]) -> WholePass:
    """Return what a pass came to.

    Args:
        digests: SHA-256 of the image of each URL; None where there is none to be had.
    """
    if how.reason is not None:
        return WholePass(reason=how.reason)
    try:
        answer = checks.made(Answer, how.answer)
    except ValueError as error:
        return WholePass(reason=f"what it told cannot be read: {error}")
    came = [(got, right) for got, right in zip(answer.digests, digests, strict=True) if got is not None]
    verified = sum(got == right for got, right in came)
    return WholePass(
        verified=verified,
        wrong=len(came) - verified,
        errors=answer.errors,
        raised=answer.raised,
        last_s=answer.last_s,
    )
