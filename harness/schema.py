"""What is known of a field besides its value: bounds, unit and words; and one check for all. Standard library only."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, get_args, get_origin

# A number for all images, or a distribution: its quantiles at even steps, from the least to the greatest.
Size = int | tuple[int, ...]
Time = float | tuple[float, ...]
Shares = tuple[tuple[str, float], ...]  # name -> share, as pairs; a table in files
LEAST_QUANTILES, MOST_QUANTILES = 2, 101  # the least and the greatest, and no more than percentiles

# Unit of a field -> units in which it may be typed, and how much of it each is.
UNITS: Mapping[str | None, Mapping[str, Decimal]] = {
    "bytes": {
        "B": Decimal(1),
        "KB": Decimal(1000),
        "MB": Decimal(1000**2),
        "KiB": Decimal(1024),
        "MiB": Decimal(1024**2),
    },
    "s": {"s": Decimal(1), "ms": Decimal("0.001")},
    "share": {"%": Decimal("0.01")},
    "bits/s": {"kbit": Decimal(1000), "Mbit": Decimal(1000**2), "Gbit": Decimal(1000**3)},
}


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
        names: that ``Shares`` may give a share to.
        phrase: its part of the sentence that tells a workload, with ``{name}`` for its value; "" says nothing.
        unsaid: the value of which the sentence says nothing.
        is_served: whether the image server is told.
        is_fixed: whether the project decides it, so that neither a suite file nor an option may.
        column: of ``workloads.csv``, where the field's name has another meaning there.
        option: on the command line, where the field's name would not say it.
        usual: the value on the command line of a field that files must say.
    """

    label: str
    help: str
    unit: str | None = None
    low: float | None = None
    high: float | None = None
    names: tuple[str, ...] = ()
    phrase: str = ""
    unsaid: object = None
    is_served: bool = False
    is_fixed: bool = False
    column: str | None = None
    option: str | None = None
    usual: object = None

    @property
    def is_shown(self) -> bool:
        """Whether reports tell it: not what is the same everywhere."""
        return not self.is_fixed or bool(self.phrase)


def checked(name: str, value: Any, kind: Any, spec: Spec) -> Any:
    """Return the value of a field if it is of its type and within its bounds.

    Args:
        kind: int, float, bool, a Literal of words, ``Size``, ``Time`` or ``Shares``.

    Raises:
        FieldError: it is not.
    """
    if get_origin(kind) is Literal:
        if value not in get_args(kind):
            words = " or ".join(f'"{word}"' for word in get_args(kind))
            raise FieldError(name, f"must be {words}")
        return value
    if kind is bool:
        if not isinstance(value, bool):
            raise FieldError(name, f"must be {bounds(kind, spec)}")
        return value
    if kind is Shares:
        return _shares(name, value, spec)
    if kind in {Size, Time} and isinstance(value, list | tuple):
        return _distribution(name, value, is_whole=kind is Size, spec=spec)
    return _number(name, value, is_whole=kind in {int, Size}, spec=spec)


def typed(name: str, text: str, kind: Any, spec: Spec) -> Any:
    """Return the value of a field from what was typed: with its unit, quantiles with commas between them.

    Args:
        kind: as for ``checked``.

    Raises:
        FieldError: it is none; see ``checked``.
    """
    if kind is bool or get_origin(kind) is Literal:
        return checked(name, text, kind, spec)
    if kind is Shares:
        pairs = [part.partition("=")[::2] for part in text.split(",")]
        shares = [(word.strip(), float(_typed_number(name, share, spec))) for word, share in pairs]
        return checked(name, shares, kind, spec)
    numbers = [_typed_number(name, part, spec) for part in text.split(",")]
    whole = [int(number) if number == int(number) and kind in {int, Size} else number for number in numbers]
    values = whole if kind in {int, Size} else [float(number) for number in numbers]
    return checked(name, values[0] if len(values) == 1 else values, kind, spec)


def _typed_number(name: str, text: str, spec: Spec) -> Decimal:
    units = UNITS.get(spec.unit, {})
    found = re.fullmatch(r"\s*(\d{1,15}(?:\.\d{0,15})?|\.\d{1,15})\s*([A-Za-z%]*)\s*", text, re.ASCII)
    factors = {unit.lower(): factor for unit, factor in units.items()} | {"": Decimal(1)}
    if not found or found[2].lower() not in factors:
        known = f", alone or with {', '.join(units)}" if units else ""
        raise FieldError(name, f"must be a number{known}; {text!r} is none")
    return Decimal(found[1]) * factors[found[2].lower()]


def bounds(kind: Any, spec: Spec) -> str:
    """What a field may be, for people: "1 to 4,096", "memory or disk"."""
    if kind is bool:
        return "true or false"
    if spec.low is None:
        return " or ".join(get_args(kind))
    if spec.names:
        return f"shares from {spec.low:,} to {spec.high:,}"
    return f"{spec.low:,} to {spec.high:,}"


def json_schema(kind: Any, spec: Spec) -> dict[str, Any]:
    """JSON Schema of a field's value, as ``checked`` takes it; of shares as pairs, in which records have them."""
    number = {
        "type": "integer" if kind in {int, Size} else "number",
        "minimum": spec.low,
        "maximum": spec.high,
    }
    if get_origin(kind) is Literal:
        found: dict[str, Any] = {"enum": list(get_args(kind))}
    elif kind is bool:
        found = {"type": "boolean"}
    elif kind is Shares:
        pair = {
            "type": "array",
            "prefixItems": [{"enum": list(spec.names)}, number],
            "minItems": 2,
            "maxItems": 2,
        }
        found = {"type": "array", "items": pair}
    elif kind in {Size, Time}:
        many = {"type": "array", "items": number, "minItems": LEAST_QUANTILES, "maxItems": MOST_QUANTILES}
        found = {"anyOf": [number, many]}
    else:
        found = number
    return {"description": spec.help, **found}


def _distribution(name: str, values: Sequence[Any], *, is_whole: bool, spec: Spec) -> tuple[float, ...]:
    if not LEAST_QUANTILES <= len(values) <= MOST_QUANTILES:
        raise FieldError(name, f"must have from {LEAST_QUANTILES} to {MOST_QUANTILES} quantiles")
    found = tuple(_number(name, value, is_whole=is_whole, spec=spec) for value in values)
    if list(found) != sorted(found):
        raise FieldError(name, "must have its quantiles in rising order")
    return found


def _shares(name: str, value: Any, spec: Spec) -> Shares:
    if not isinstance(value, Mapping | list | tuple):
        raise FieldError(name, "must be a table of shares")
    found: dict[str, float] = {}
    for pair in value.items() if isinstance(value, Mapping) else value:
        if not (isinstance(pair, list | tuple) and len(pair) == len(("word", "share"))):
            raise FieldError(name, "must be a table of shares")
        word, share = pair
        if word not in spec.names:
            raise FieldError(name, f"has {word!r}, which is none; there are {', '.join(spec.names)}")
        if word in found:
            raise FieldError(name, f"has {word} twice")
        found[word] = _number(name, share, is_whole=False, spec=spec)
    return tuple(sorted(found.items()))


def _number(name: str, value: Any, *, is_whole: bool, spec: Spec) -> float:
    if not isinstance(value, int if is_whole else (int, float)) or isinstance(value, bool):
        raise FieldError(name, f"must be {'a whole number' if is_whole else 'a number'}")
    if spec.low is None or spec.high is None or not spec.low <= value <= spec.high:
        raise FieldError(name, f"must be from {spec.low:,} to {spec.high:,}")
    return value if is_whole else float(value)
