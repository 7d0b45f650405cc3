"""Text for people from base units."""

import pytest

from harness.report import units


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (1234.5, "1,230"), (999.9, "1,000"), (0.001234, "0.00123"), (12.34, "12.3"), (1, "1.00")],
)
def test_number(value: float, text: str) -> None:
    assert units.number(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(1.5, "1.50 s"), (0.0123, "12.3 ms"), (4.56e-5, "45.6 µs"), (2e-9, "2.00 ns")]
)
def test_seconds(value: float, text: str) -> None:
    assert units.seconds(value) == text


@pytest.mark.parametrize(("value", "text"), [(6144, "6.00 KiB"), (50_000_000, "47.7 MiB"), (0, "0 B")])
def test_size(value: float, text: str) -> None:
    assert units.size(value) == text


@pytest.mark.parametrize(
    ("low", "high", "digits"), [(99, 101, 3), (90, 110, 2), (99.9, 100.1, 4), (50, 150, 2), (None, None, 3)]
)
def test_digits_follow_the_interval(low: float | None, high: float | None, digits: int) -> None:
    assert units.interval_digits(100, low, high) == digits
