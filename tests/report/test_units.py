"""Text for people from base units."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    ("value", "text"),
    [
        *(
            (0.0312, "3.1 %"),
            (0, "0.0 %"),
            (1, "100.0 %"),
            (-0.05, "-5.0 %"),
            (0.9994, "99.9 %"),
            (1.7, "170.0 %"),
        ),
        *((0.0003, "0.03 %"), (-0.000049, "-0.005 %"), (1e-6, "0.0001 %"), (0.99996, "99.996 %")),
        (1 - 1e-15, "100.0 %"),  # what a sum of shares lacks
    ],
)
def test_a_share_is_nothing_or_all_only_where_it_is(value: float, text: str) -> None:
    assert units.percent(value) == text


NAN = float("nan")


@pytest.mark.parametrize(
    ("value", "low", "high", "text"),
    [
        (1.0467, 0.937, 1.169, "1.05× [0.94–1.17]"),  # 0.116: two digits
        (0.791, 0.7593, 0.8248, "0.791× [0.759–0.825]"),
        (1.01, 0.9651, 1.0587, "1.01× [0.97–1.06]"),  # 0.047: one digit
        (4400, 3700, 5300, "4,400× [3,700–5,300]"),
        (110.6, 109.6, 111.6, "110.6× [109.6–111.6]"),
        (1.01371, 1.01368, 1.01374, "1.014× [1.014–1.014]"),  # never more than four
        (5.0, 0.4, 9.6, "5.0× [0.4–9.6]"),  # never fewer than two
        (9.996, 9.94, 10.05, "10.00× [9.94–10.05]"),  # rounding may add a digit in front
        (100, 50, 200, "100× [50–200]"),
        (1.234, NAN, NAN, "1.23×"),
        (NAN, NAN, NAN, "–"),
    ],
)
def test_estimate_and_bounds_end_at_the_place_that_the_interval_allows(
    value: float, low: float, high: float, text: str
) -> None:
    assert units.interval_text(value, low, high, units.ratio) == text


def test_two_rows_of_one_table_are_never_shown_in_the_wrong_order() -> None:
    """2,658 with a wide interval and 2,670 with a narrow one: each by its own would be 2,700 below 2,670."""
    wide, narrow = (2658.0, 2100.0, 3300.0), (2670.0, 2650.0, 2690.0)
    assert [units.place_of(*wide), units.place_of(*narrow)] == [2, 0]
    assert units.places_of([narrow, wide]) == [0, 0]
    assert units.interval_text(*wide, units.number, 0) == "2,658 [2,100–3,300]"
    assert units.places_of([(950.0, 500.0, 1400.0), narrow, (0.123, NAN, NAN)]) == [1, 0, -3]


POSITIVE = st.floats(1e-6, 1e6)


@given(st.lists(st.tuples(POSITIVE, st.floats(0, 1), st.booleans()), min_size=2, max_size=8))
def test_text_follows_the_order_of_the_values(found: list[tuple[float, float, bool]]) -> None:
    estimates = sorted(
        (value, value * (1 - share) if known else NAN, value * (1 + share) if known else NAN)
        for value, share, known in found
    )
    places = units.places_of(estimates)
    shown = [
        float(units.number(value, units.digits_at(value, place)).replace(",", ""))
        for (value, _, _), place in zip(estimates, places, strict=True)
    ]
    assert shown == sorted(shown)
    assert all(
        text == pytest.approx(value, rel=0.051) for text, (value, _, _) in zip(shown, estimates, strict=True)
    )
