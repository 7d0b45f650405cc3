"""The one owner of scaling and digits: base units in, text for people out."""

import math
from collections.abc import Callable

_TIME = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
_BYTES = ((1024**3, "GiB"), (1024**2, "MiB"), (1024, "KiB"), (1, "B"))


def number(value: float, digits: int = 3) -> str:
    """Significant digits without an exponent, thousands separated: 1234.5 -> "1,230"."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else "–"
    places = digits - 1 - math.floor(math.log10(abs(value)))
    rounded = round(value, places)
    return f"{rounded:,.{max(0, places)}f}"


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


def ratio(value: float, digits: int = 3) -> str:
    """1.0512 -> "1.05×"."""
    return f"{number(value, digits)}×"


def percent(value: float) -> str:
    """0.0312 -> "3.1 %"."""
    return f"{100 * value:.1f} %"


def interval_digits(value: float, low: float | None, high: float | None) -> int:
    """Digits that the interval allows: its half-width decides the last one shown (at least 2, at most 4)."""
    if low is None or high is None or high <= low or value <= 0:
        return 3
    return min(4, max(2, math.ceil(-math.log10((high - low) / 2 / value)) + 1))


def digits_of(value: float, low: float, high: float) -> int:
    """Digits of a figure in report and charts: what the interval allows, two or three; three if it has none (NaN)."""
    if math.isnan(low) or math.isnan(high):
        return 3
    return min(3, interval_digits(value, low, high))


def interval_text(value: float, low: float, high: float, text: Callable[[float, int], str]) -> str:
    """0.5123, 0.4981, 0.5301 -> "0.51× [0.50–0.53]"; NaN bounds leave the value alone."""
    if math.isnan(value):
        return "–"
    digits = digits_of(value, low, high)
    if math.isnan(low) or math.isnan(high):
        return text(value, digits)
    return f"{text(value, digits)} [{number(low, digits)}–{number(high, digits)}]"


def metric(value: float, unit: str, digits: int = 3) -> str:
    """Text for a value of a metric in its base unit."""
    return {"s": seconds, "bytes": size, "ratio": ratio}.get(unit, number)(value, digits)


def plain(text: str) -> str:
    """Text without what XML cannot hold or a chart cannot show."""
    return "".join(one if one.isprintable() else "�" for one in text)
