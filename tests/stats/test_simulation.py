"""What the statistics do on a known truth, thousands of times over: the claims of docs/method.md."""

import numpy as np
import pytest

from harness.stats import kernels
from harness.stats.effect import against_variant, effects
from harness.stats.fitness import DRIFT_LIMIT
from harness.stats.verdict import ALPHA, Margins, p_values, verdicts
from tests.builders import cell, series, times
from tests.stats import simulation as sim

COUNT = 4000
LOW, HIGH = sim.binomial_bounds(0.05, COUNT)  # 3.87 % to 6.13 %


def test_false_alarms_are_those_promised() -> None:
    assert LOW <= sim.false_alarms(sim.runs(COUNT, rounds=12, seed=101)) <= HIGH


def test_the_same_series_measured_one_after_the_other_fails_that_test() -> None:
    alarms = sim.false_alarms(sim.runs(COUNT, rounds=12, order="sequential", seed=101))
    assert alarms > 5 * HIGH


@pytest.mark.parametrize("rounds", [8, 54])
def test_a_host_that_slows_down_as_much_as_is_allowed_raises_no_alarm(rounds: int) -> None:
    logs = sim.runs(COUNT, rounds=rounds, heating=DRIFT_LIMIT - 1, seed=111)
    assert LOW <= sim.false_alarms(logs) <= HIGH
    in_a_row = sim.runs(COUNT, rounds=rounds, heating=DRIFT_LIMIT - 1, order="sequential", seed=111)
    assert sim.false_alarms(in_a_row) > 5 * HIGH


def test_sign_flip_agrees_on_false_alarms() -> None:
    logs = sim.runs(1000, rounds=10, seed=102)
    alarms = np.mean([kernels.sign_flip_p(row) <= 0.05 for row in logs[:, 1] - logs[:, 0]])
    low, high = sim.binomial_bounds(0.05, 1000)
    assert low <= alarms <= high


def test_a_family_of_thirty_keeps_five_per_cent_after_holm_and_would_not_without() -> None:
    logs = sim.runs(1500, rounds=12, ratios=[1.0] * 31, seed=103)
    assert sim.any_flag(logs) <= 0.05
    assert sim.any_flag(logs, adjust=False) > 0.4


def test_no_more_families_at_the_margin_itself_are_called_regressed_than_promised() -> None:
    logs = sim.runs(
        1500, rounds=12, ratios=[1.0] + [1.05] * 10, seed=104
    )  # the worst case of "not regressed"
    flagged = [
        p_values(kernels.moments(family), 0.05, 0.05)[:, 0].min() <= ALPHA
        for family in logs[:, 1:] - logs[:, :1]
    ]
    assert 0 < np.mean(flagged) <= ALPHA


def test_a_change_as_large_as_the_margin_is_called_equivalent_no_more_than_promised() -> None:
    logs = sim.runs(COUNT, rounds=12, ratios=(1.0, 1.05), seed=110)
    most = sim.binomial_bounds(ALPHA, COUNT)[1]
    assert (p_values(kernels.moments(logs[:, 1] - logs[:, 0]), 0.05, 0.05)[:, 2] <= ALPHA).mean() <= most


def test_equal_families_are_never_called_regressed_or_improved() -> None:
    logs = sim.runs(500, rounds=20, ratios=[1.0] * 11, seed=105)  # as many as a gate decides by
    p = np.array([p_values(kernels.moments(family), 0.05, 0.05) for family in logs[:, 1:] - logs[:, :1]])
    assert (p[..., :2] > ALPHA).all()
    assert (p[..., 2] <= ALPHA).mean() > 0.95  # nearly all are called equivalent


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    assert 0.935 <= sim.coverage(sim.runs(COUNT, rounds=12, ratios=(1.0, 1.1), seed=106), 1.1) <= 0.965


@pytest.mark.parametrize(("margin", "rounds"), [(0.0, 12), (0.05, 16)])
def test_ten_per_cent_is_found(margin: float, rounds: int) -> None:
    assert sim.found_slower(sim.runs(COUNT, rounds=rounds, ratios=(1.0, 1.1), seed=107), margin) >= 0.95


def test_stopping_at_a_width_costs_little_and_at_significance_much() -> None:
    logs = sim.runs(COUNT, rounds=40, seed=108)
    alarms, rounds = sim.stopped_at_width(logs, 0.02)
    assert alarms <= 0.075
    assert 8 < rounds < 40
    assert sim.stopped_at_significance(logs) > 0.15


def test_records_give_the_figures_of_the_arrays() -> None:
    logs = sim.runs(1, rounds=12, ratios=(1.0, 1.1, 1.0), seed=109)[0]
    trials = [made for at, row in enumerate(np.exp(logs)) for made in series(cell("abc"[at]), row.tolist())]
    found = effects(times(trials), against_variant("a"))
    arrays = logs[1:] - logs[:1]
    low, high = kernels.interval(kernels.moments(arrays), 0.95)
    assert [effect.interval.low for effect in found if effect.interval] == pytest.approx(np.exp(low).tolist())
    assert [effect.interval.high for effect in found if effect.interval] == pytest.approx(
        np.exp(high).tolist()
    )
    p = p_values(kernels.moments(arrays), 0.05, 0.05)
    assert [verdict.p_regressed for verdict in verdicts(found, margins=Margins())] == pytest.approx(
        p[:, 0].tolist()
    )
    assert [verdict.p_equivalent for verdict in verdicts(found, margins=Margins())] == pytest.approx(
        p[:, 2].tolist()
    )
