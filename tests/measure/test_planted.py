"""Planted slow-downs: how much work is a share of an image, from a pilot typed by hand."""

from dataclasses import replace

import pytest

from harness.measure.planning.planted import PROBE_TURNS, turns_per_share
from harness.model import HarnessError
from tests.builders import cell, series

TWIN = series(cell("twin"), [0.1, 0.2, 0.1])


def test_the_share_is_a_mean_of_ratios_inside_rounds() -> None:
    probe = series(cell("probe"), [0.15, 0.30, 0.15])  # half as much again in each, while the host changes
    assert turns_per_share(TWIN, probe) == pytest.approx(2 * PROBE_TURNS)


def test_where_work_makes_no_difference_nothing_can_be_planted() -> None:
    with pytest.raises(HarnessError, match="more work made no difference"):
        turns_per_share(TWIN, series(cell("probe"), [0.1, 0.2, 0.1]))


def test_a_pilot_that_failed_says_why() -> None:
    broken = [replace(TWIN[0], reason="out of time"), *TWIN[1:]]
    with pytest.raises(HarnessError, match="the pilot failed: out of time"):
        turns_per_share(TWIN, broken)
