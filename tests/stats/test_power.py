"""Power and the rule to stop."""

import math

import pytest
from scipy import stats
from statsmodels.stats.power import TTestPower

from harness.stats.effect import Effect, against_variant, effects
from harness.stats.power import detectable_shift, half_width, keep_measuring, rounds_needed, widest
from harness.stats.sample import Interval
from tests.builders import cell, series, times, trial

WOBBLE = [0.99, 1.01, 1.0, 0.98, 1.02, 1.0, 1.01, 0.99]
WILD = [0.7, 1.4, 1.0, 0.8, 1.3, 0.9, 1.2, 1.0]


def of(row: list[float]) -> tuple[Effect, ...]:
    base = [0.1] * len(row)
    trials = series(cell("a"), base) + series(cell("b"), [0.1 * factor for factor in row])
    return effects(times(trials), against_variant("a"))


@pytest.mark.parametrize("pairs", [3, 5, 12, 30])
@pytest.mark.parametrize("alpha", [0.05, 0.05 / 200])
def test_the_detectable_shift_has_the_wanted_power(pairs: int, alpha: float) -> None:
    shift = detectable_shift(spread=0.04, pairs=pairs, alpha=alpha, power=0.8)
    assert shift is not None
    reached = stats.nct.sf(stats.t.isf(alpha, pairs - 1), pairs - 1, shift / 0.04 * math.sqrt(pairs))
    assert reached == pytest.approx(0.8, abs=1e-4)


@pytest.mark.parametrize("pairs", [3, 8, 24, 100])
@pytest.mark.parametrize("alpha", [0.05, 0.05 / 200])
def test_the_detectable_shift_is_that_of_statsmodels(pairs: int, alpha: float) -> None:
    theirs = TTestPower().solve_power(nobs=pairs, alpha=alpha, power=0.8, alternative="larger")
    assert detectable_shift(spread=0.04, pairs=pairs, alpha=alpha) == pytest.approx(0.04 * theirs, rel=1e-4)


def test_rounds_needed_are_the_fewest_that_have_the_wanted_power() -> None:
    # Cohen (1988), one-sided alpha 0.05, power 0.80: d = 0.5 needs 27 pairs, d = 0.8 needs 12
    assert rounds_needed(spread=0.02, shift=0.010, alpha=0.05, power=0.8) == 27
    assert rounds_needed(spread=0.02, shift=0.016, alpha=0.05, power=0.8) == 12
    assert rounds_needed(spread=0.02, shift=1.0, alpha=0.05, power=0.8) == 3


def test_what_cannot_be_known_is_none() -> None:
    assert detectable_shift(spread=0.04, pairs=2, alpha=0.05) is None
    assert detectable_shift(spread=0.0, pairs=12, alpha=0.05) is None
    assert detectable_shift(spread=math.nan, pairs=12, alpha=0.05) is None
    assert rounds_needed(spread=0.0, shift=0.05, alpha=0.05) is None
    assert rounds_needed(spread=0.5, shift=0.0, alpha=0.05) is None
    assert rounds_needed(spread=5.0, shift=0.01, alpha=0.05) is None  # over a thousand


def test_half_width_is_relative_to_the_estimate() -> None:
    assert half_width(Interval(low=2 / 1.02, high=2 * 1.02)) == pytest.approx(0.02)


def test_precision_asks_for_rounds_until_every_interval_is_narrow() -> None:
    # logs of WOBBLE: t(0.975, 7) * sd / sqrt 8 = 2.364624 * 0.0131 / 2.828 is about 1.1 %
    def ask(found: tuple[Effect, ...], precision: float, done: int = 8) -> bool:
        return keep_measuring(found, precision=precision, rounds_done=done, most_rounds=30)

    assert widest(of(WOBBLE)) == pytest.approx(0.011, abs=0.0005)
    assert not ask(of(WOBBLE), 0.02)
    assert ask(of(WOBBLE), 0.005)
    assert ask(of(WOBBLE) + of(WILD), 0.02)
    assert not ask(of(WOBBLE) + of(WILD), 0.02, done=30)  # bounded
    assert ask(of(WOBBLE), 0.02, done=7)  # a width is worth nothing before
    assert ask(of([1.0, 1.1]), 0.02)  # no interval yet


def test_significance_plays_no_part_in_stopping() -> None:
    slow = of([1.5 * factor for factor in WOBBLE])
    assert keep_measuring(slow, precision=0.005, rounds_done=8, most_rounds=30)


def test_a_failed_cell_does_not_keep_the_run_going() -> None:
    trials = series(cell("a"), [0.1] * 8) + series(cell("b"), [0.1 * factor for factor in WOBBLE])
    found = effects(times([*trials, trial(cell("c"), 0, reason="killed")]), against_variant("a"))
    assert not keep_measuring(found, precision=0.02, rounds_done=8, most_rounds=30)
