"""The sample of a cell and its summary."""

import math

import pytest

from harness.metrics import INVOLUNTARY_SWITCHES, RATE, TIME_PER_IMAGE
from harness.model import HarnessError
from harness.stats.sample import samples, summarise
from tests.builders import cell, series, times, trial

A, B = cell("a"), cell("b")


def test_a_trial_is_one_value_the_geometric_mean_of_its_timed_passes() -> None:
    trials = [trial(A, 0, 0.010, 0.040, 0.020)]
    assert samples(trials, TIME_PER_IMAGE)[A].values == pytest.approx({0: 0.020})
    assert samples(trials, RATE)[A].values == pytest.approx({0: 50.0})


def test_doubled_passes_change_nothing() -> None:
    once = [trial(A, number, 0.010 + number / 1000, 0.012 + number / 1000) for number in range(5)]
    twice = [trial(A, number, *(0.010 + number / 1000, 0.012 + number / 1000) * 2) for number in range(5)]
    assert summarise(times(once)[A]) == summarise(times(twice)[A])


def test_one_failed_trial_fails_the_cell() -> None:
    trials = [trial(A, 0, 0.01), trial(A, 1, reason="body 3 is short"), trial(A, 2, reason="killed")]
    sample = times(trials)[A]
    assert (sample.values, sample.reason) == ({}, "round 2: body 3 is short")


@pytest.mark.parametrize(
    ("values", "reason"),
    [((), "no timed pass"), ((math.nan,), "time_per_image_s is nan"), ((0.0,), "time_per_image_s is 0.0")],
)
def test_a_trial_without_a_usable_time_has_failed(values: tuple[float, ...], reason: str) -> None:
    sample = times([trial(A, 0, 0.01), trial(A, 1, *values)])[A]
    assert (sample.values, sample.reason) == ({}, f"round 2: {reason}")


def test_a_lost_trial_has_no_value() -> None:
    found = times(series(A, [0.01, None, 0.01, None]) + series(B, [0.01, 0.01, 0.01, 0.01]))
    assert list(found[A].values) == [0, 2]


def test_two_trials_of_a_cell_in_a_round_are_refused() -> None:
    with pytest.raises(HarnessError, match="small:a has two trials in round 3"):
        samples([trial(A, 3, 0.01), trial(A, 3, 0.01)], TIME_PER_IMAGE)


def test_summary_by_hand() -> None:
    summary = summarise(times(series(A, [0.1, 0.2, 0.4]))[A])
    # logs are log 0.2 + (-1, 0, 1) log 2: sd log 2, t(0.975, 2) = 4.302653
    reach = math.exp(4.302653 * math.log(2) / math.sqrt(3))
    assert summary.n == 3
    assert (summary.geometric_mean, summary.spread) == pytest.approx((0.2, math.log(2)))
    assert summary.interval is not None
    assert (summary.interval.low, summary.interval.high) == pytest.approx(
        (0.2 / reach, 0.2 * reach), rel=1e-6
    )


def test_small_samples_invent_nothing() -> None:
    none = summarise(times([trial(A, 0, reason="killed")])[A])
    lone = summarise(times(series(A, [0.1]))[A])
    two = summarise(times(series(A, [0.1, 0.2]))[A])
    assert (none.n, none.geometric_mean, none.interval, none.spread) == (0, None, None, None)
    assert (lone.n, lone.interval, lone.spread) == (1, None, None)
    assert lone.geometric_mean == pytest.approx(0.1)
    assert (two.n, two.interval) == (2, None)
    assert two.spread == pytest.approx(math.log(2) / math.sqrt(2))


def test_a_count_of_zero_has_no_geometric_mean() -> None:
    summary = summarise(samples(series(A, [0.1] * 4), INVOLUNTARY_SWITCHES)[A])
    assert (summary.n, summary.geometric_mean, summary.interval) == (4, None, None)
