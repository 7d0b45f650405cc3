"""How to configure a client so that it behaves, for each surprise that was seen; each with its source, none invented."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.measure.conformance.outcomes import Conduct, Surprise

NO_ADVICE = "no advice yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What to do.

    Attributes:
        text: a sentence.
        source: documentation, or a file of the library.
    """

    text: str
    source: str


# Distribution, surprise and fault ("" is any) -> what to do.
ADVICE: Mapping[tuple[str, Surprise, str], Advice] = {}


def advice_on(packages: Sequence[str], surprise: Surprise, fault: str) -> Advice | None:
    """Return what stands in the table for the first of these packages; None if nothing does."""
    keys = ((package, surprise, of) for package in packages for of in (fault, ""))
    return next((ADVICE[key] for key in keys if key in ADVICE), None)


def advice_lines(conducts: Sequence[Conduct]) -> Iterator[str]:
    """Yield a line for each surprise of each client, the faults together of which the same is said."""
    found: dict[tuple[str, Surprise, str], list[str]] = {}
    for conduct in conducts:
        packages = conduct.version.split()[::2]
        for surprise in conduct.surprises:
            advice = advice_on(packages, surprise, conduct.fault)
            told = f"{advice.text} ({advice.source})" if advice else NO_ADVICE
            found.setdefault((conduct.client, surprise, told), []).append(conduct.fault)
    for (client, surprise, told), faults in found.items():
        yield f"{client} {surprise} ({', '.join(faults)}): {told}"
