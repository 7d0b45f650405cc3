"""The one owner of scaling and digits: base units in, text for people out."""

import math
from collections.abc import Callable, Sequence

_TIME = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
PDG = 3.55
NOTHING, LEAST = (
    1e-9,
    0.0005,
)  # shares: what sums of floats lack, and the least that a tenth of a percent shows
_BIT_RATES = ((1e9, "Gbit/s"), (1e6, "Mbit/s"), (1e3, "kbit/s"), (1.0, "bit/s"))
_BYTES = ((1024**3, "GiB"), (1024**2, "MiB"), (1024, "KiB"), (1, "B"))


def number(value: float, digits: int = 3) -> str:
    """Significant digits without an exponent, thousands separated: 1234.5 -> "1,230"."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else "–"
    places = digits - 1 - _magnitude(value)
    rounded = round(value, places)
    return f"{rounded:,.{max(0, places)}f}"


def _magnitude(value: float) -> int:
    """Power of ten of the first digit: 1234.5 -> 3."""
    return math.floor(math.log10(abs(value)))


def seconds(value: float, digits: int = 3) -> str:
    """0.0123 -> "12.3 ms"."""
    for size, unit in _TIME:
        if abs(value) >= size:
            return f"{number(value / size, digits)} {unit}"
    return f"{number(value * 1e9, digits)} ns"


def size(value: float, digits: int = 3) -> str:
    """6144 -> "6.00 KiB"; powers of 1,024."""
    for factor, unit in _BYTES:
        if abs(value) >= factor:
            return f"{number(value / factor, digits)} {unit}"
    return "0 B"


def bit_rate(value: float, digits: int = 3) -> str:
    """50_000_000 -> "50.0 Mbit/s"."""
    factor, unit = next((scale for scale in _BIT_RATES if abs(value) >= scale[0]), _BIT_RATES[-1])
    return f"{number(value / factor, digits)} {unit}"


def ratio(value: float, digits: int = 3) -> str:
    """1.0512 -> "1.05×"."""
    return f"{number(value, digits)}×"


def scale_of(value: float, unit: str) -> tuple[float, str]:
    """Size and name of the unit in which a value of this base unit is shown: 0.0123 s -> (1e-3, "ms")."""
    sizes = {"s": _TIME, "bytes": _BYTES}.get(unit, ((1.0, unit),))
    return next(((size, name) for size, name in sizes if abs(value) >= size), sizes[-1])


def percent(value: float) -> str:
    """0.0312 -> "3.1 %"; with more digits where nothing, or all, would be shown of what is neither: 0.0003 -> "0.03 %"."""
    rest = min(abs(value), abs(1 - value))
    places = 1 if not NOTHING < rest < LEAST else -_magnitude(100 * rest)
    return f"{100 * value:.{places}f} %"


def place_of(value: float, low: float, high: float) -> int:
    """Power of ten of the last digit that is worth showing of an estimate with its 95 % interval: -2 for 1.05.

    That is the second digit of the interval's half-width if it begins below 3.55, else the first (the rule of the Particle
    Data Group for errors), between two and four digits of the estimate. Three of them without an interval (NaN).
    """
    first = _magnitude(value)
    if math.isnan(low) or math.isnan(high) or high <= low or min(value, low) <= 0:
        return first - 2
    half = (high - low) / 2
    place = _magnitude(half)
    place -= half < PDG * 10.0**place
    return min(max(place, first - 3), first - 1)


def places_of(estimates: Sequence[tuple[float, float, float]]) -> list[int]:
    """Place of each estimate of one column: the finest that any of the same power of ten needs.

    Rounding at one place keeps the order, and a power of ten is a multiple of any place of the numbers above it: so a
    larger number never shows a smaller one's text, however wide its own interval is.
    """
    finest: dict[int, int] = {}
    for value, low, high in estimates:
        decade = _magnitude(value)
        finest[decade] = min(finest.get(decade, decade), place_of(value, low, high))
    return [finest[_magnitude(value)] for value, _, _ in estimates]


def digits_at(value: float, place: int) -> int:
    """Significant digits with which a number ends at this place; 0 or less if it is all below it."""
    return _magnitude(value) - place + 1 if value else 1


def interval_text(
    value: float, low: float, high: float, text: Callable[[float, int], str], place: int | None = None
) -> str:
    """0.5123, 0.4981, 0.5301 -> "0.512× [0.498–0.530]"; NaN bounds leave the value alone.

    Args:
        text: of the value, with so many digits.
        place: of the column that it stands in; its own if it stands alone.
    """
    if math.isnan(value):
        return "–"
    place = place_of(value, low, high) if place is None else place
    shown = text(value, digits_at(value, place))
    if math.isnan(low) or math.isnan(high):
        return shown
    return f"{shown} [{number(low, digits_at(low, place))}–{number(high, digits_at(high, place))}]"


def metric(value: float, unit: str, digits: int = 3) -> str:
    """Text for a value of a metric in its base unit."""
    return {"s": seconds, "bytes": size, "bits/s": bit_rate, "ratio": ratio}.get(unit, number)(value, digits)
