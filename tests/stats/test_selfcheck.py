"""The assessment of a self-check: twins and planted slow-downs typed by hand, counted family by family."""

import pytest

from harness.measured import Trial
from harness.stats.selfcheck import Assessment, assess
from tests.builders import cell, series

WOBBLE = [0.99, 1.01, 1.0, 0.98, 1.02, 1.0, 1.01, 0.99]  # sd of the logs about 1.3 %; 8 rounds make a family
PLANTED = {"twin": 0.0, "plus5": 0.05, "plus10": 0.1}


def times(of: str, *factors: float) -> list[Trial]:
    """One family per factor: that many times the baseline's 0.1 s, with a wobble."""
    return series(cell(of), [0.1 * factor * noise for factor in factors for noise in WOBBLE])


def assessed(*heads: list[Trial], families: int = 2) -> Assessment:
    base = series(cell("base"), [0.1] * 8 * families)
    trials = base + [made for head in heads for made in head]
    planted = {head[0].cell.variant: PLANTED[head[0].cell.variant] for head in heads}
    return assess(trials, planted=planted, baseline="base", rounds=8, margin=0.02)


def test_each_family_is_judged_on_its_own() -> None:
    found = assessed(times("twin", 1.0, 1.0), times("plus5", 1.05, 1.0), times("plus10", 1.1, 1.1))
    assert (found.twin_verdicts, found.false_alarms) == (2, 0)
    assert found.detected == {0.05: 0.5, 0.1: 1.0}
    assert found.smallest_seen == 0.1


def test_a_twin_that_is_called_anything_is_a_false_alarm_in_either_direction() -> None:
    found = assessed(times("twin", 1.2, 1 / 1.2))
    assert (found.twin_verdicts, found.false_alarms) == (2, 2)
    assert (found.detected, found.smallest_seen) == ({}, None)


def test_what_was_measured_is_over_all_families() -> None:
    found = assessed(times("plus10", 1.08, 1.12))
    mean = (1.08 * 1.12) ** 0.5  # a geometric mean; that of the wobble is 0.99992
    assert found.measured[0.1] == pytest.approx(mean - 1, abs=2e-4)


def test_a_lucky_find_below_a_miss_is_not_the_smallest_that_is_seen() -> None:
    found = assessed(times("plus5", 1.05, 1.05), times("plus10", 1.1, 1.0))
    assert found.detected == {0.05: 1.0, 0.1: 0.5}
    assert found.smallest_seen is None


def test_the_half_width_is_that_of_one_family() -> None:
    found = assessed(times("twin", 1.0, 1.0))
    # t(0.975, 7) = 2.3646, sd of the logs 0.013107, n = 8: expm1(2.3646 * 0.013107 / sqrt(8))
    assert found.aa_half_width == pytest.approx(0.01102, abs=5e-5)


def test_families_are_pooled_by_nobody() -> None:
    """A doubled number of families leaves the half-width alone: it is of one family."""
    two = assessed(times("twin", 1.0, 1.0))
    four = assessed(times("twin", 1.0, 1.0, 1.0, 1.0), families=4)
    assert four.aa_half_width == pytest.approx(two.aa_half_width, rel=1e-12)
    assert (two.twin_verdicts, four.twin_verdicts) == (2, 4)
