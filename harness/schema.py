"""What is known of a field besides its value: bounds, unit and words; and one check for all. Standard library only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_origin

# A number for all images, or a distribution: its quantiles at even steps, from the least to the greatest.
Size = int | tuple[int, ...]
Time = float | tuple[float, ...]
MOST_QUANTILES = 101


class FieldError(ValueError):
    """One line on a field that is not what it must be.

    Args:
        field: its name; the message begins with it.
        message: the rest.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field} {message}")
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What is known of one field besides its value.

    Attributes:
        label: head of its column.
        help: what it means, as half a sentence.
        unit: "count", "bytes" or "s", as reports show them; None for a word.
        low: least value, ``high`` the greatest; None for a word.
        phrase: its part of the sentence that tells a workload, with ``{name}`` for its value; "" says nothing.
        unsaid: the value of which the sentence says nothing.
        is_served: whether the image server is told.
        is_fixed: whether the project decides it, so that no suite file may.
        column: of ``workloads.csv``, where the field's name has another meaning there.
    """

    label: str
    help: str
    unit: str | None = None
    low: float | None = None
    high: float | None = None
    phrase: str = ""
    unsaid: object = None
    is_served: bool = False
    is_fixed: bool = False
    column: str | None = None


def checked(name: str, value: Any, kind: Any, spec: Spec) -> Any:
    """Return the value of a field if it is of its type and within its bounds.

    Args:
        kind: int, float, bool, a Literal of words, ``Size`` or ``Time``.

    Raises:
        FieldError: it is not.
    """
    if get_origin(kind) is Literal:
        if value not in get_args(kind):
            raise FieldError(name, f"must be {bounds(kind, spec)}")
        return value
    if kind is bool:
        if not isinstance(value, bool):
            raise FieldError(name, f"must be {bounds(kind, spec)}")
        return value
    if kind in {Size, Time} and isinstance(value, list | tuple):
        return _distribution(name, value, is_whole=kind is Size, spec=spec)
    return _number(name, value, is_whole=kind in {int, Size}, spec=spec)


def bounds(kind: Any, spec: Spec) -> str:
    """What a field may be, for people: "1 to 4,096", "memory or disk"."""
    if kind is bool:
        return "true or false"
    if spec.low is None:
        return " or ".join(get_args(kind))
    return f"{spec.low:,} to {spec.high:,}"


def _distribution(name: str, values: Sequence[Any], *, is_whole: bool, spec: Spec) -> tuple[float, ...]:
    if not 2 <= len(values) <= MOST_QUANTILES:  # noqa: PLR2004 - the least and the greatest
        raise FieldError(name, f"must have from 2 to {MOST_QUANTILES} quantiles")
    found = tuple(_number(name, value, is_whole=is_whole, spec=spec) for value in values)
    if list(found) != sorted(found):
        raise FieldError(name, "must have its quantiles in rising order")
    return found


def _number(name: str, value: Any, *, is_whole: bool, spec: Spec) -> float:
    if not isinstance(value, int if is_whole else (int, float)) or isinstance(value, bool):
        raise FieldError(name, f"must be {'a whole number' if is_whole else 'a number'}")
    if spec.low is None or spec.high is None or not spec.low <= value <= spec.high:
        raise FieldError(name, f"must be from {spec.low:,} to {spec.high:,}")
    return value if is_whole else float(value)
