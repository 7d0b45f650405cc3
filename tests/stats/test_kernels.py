"""The kernels against scipy, statsmodels and figures worked out by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import ttost_paired

from harness.stats import kernels

SERIES = np.array([0.01, 0.05, -0.02, 0.03, 0.08, 0.03])
# by hand: mean 0.18 / 6 = 0.03; squares 4 + 4 + 25 + 0 + 25 + 0 = 58e-4; sd sqrt(58e-4 / 5); t(0.975, 5) =
# 2.570582
MEAN, SD = 0.03, math.sqrt(58e-4 / 5)
REACH = 2.570582 * SD / math.sqrt(6)


def test_moments_are_those_worked_out_by_hand() -> None:
    of = kernels.moments(SERIES)
    assert (of.n, of.mean, of.sd) == pytest.approx((6, MEAN, SD))


def test_a_missing_pair_is_left_out_of_the_moments() -> None:
    of = kernels.moments(np.array([0.01, np.nan, 0.05, -0.02, 0.03, 0.08, np.nan, 0.03]))
    assert (of.n, of.mean, of.sd) == pytest.approx((6, MEAN, SD))


def test_the_interval_is_that_worked_out_by_hand() -> None:
    assert kernels.interval(kernels.moments(SERIES), 0.95) == pytest.approx(
        (MEAN - REACH, MEAN + REACH), rel=1e-6
    )


def test_one_and_two_sided_p_are_scipys() -> None:
    of = kernels.moments(SERIES)
    assert kernels.p_above(of, 0.02) == pytest.approx(
        stats.ttest_1samp(SERIES, 0.02, alternative="greater").pvalue
    )
    assert kernels.p_below(of, 0.06) == pytest.approx(
        stats.ttest_1samp(SERIES, 0.06, alternative="less").pvalue
    )
    assert kernels.p_differs(of) == pytest.approx(stats.ttest_1samp(SERIES, 0).pvalue)


def test_equivalence_is_statsmodels_paired_tost_on_logs() -> None:
    base = np.full(6, 2.0)
    expected, _, _ = ttost_paired(base * np.exp(SERIES), base, 1 / 1.05, 1.05, transform=np.log)
    assert kernels.p_within(kernels.moments(SERIES), -math.log(1.05), math.log(1.05)) == pytest.approx(
        expected
    )


def test_holm_multiplies_the_smallest_by_their_number_and_never_falls() -> None:
    adjusted = kernels.holm(np.array([0.04, 0.01, 0.03, 0.5]))
    assert adjusted == pytest.approx(
        [0.09, 0.04, 0.09, 0.5]
    )  # 0.01 * 4; 0.03 * 3; max(0.04 * 2, 0.09); 0.5 * 1


def test_an_untestable_member_does_not_count() -> None:
    assert kernels.holm(np.array([0.01, np.nan, 0.03])) == pytest.approx([0.02, np.nan, 0.03], nan_ok=True)
    assert np.isnan(kernels.holm(np.array([np.nan, np.nan]))).all()
    assert kernels.holm(np.array([])).shape == (0,)


def test_holm_is_statsmodels_for_each_family() -> None:
    families = np.random.default_rng(7).random((4, 12)) ** 3
    expected = [multipletests(family, method="holm")[1] for family in families]
    assert kernels.holm(families) == pytest.approx(np.array(expected))


@pytest.mark.parametrize(
    "series",
    [
        [0.1, 0.2],
        [0.1],
        [],
        [0.1, 0.1, 0.1],
        [0.1, 0.1 + 1e-16, 0.1 - 1e-16, 0.1],
        [0.1, math.inf, 0.2, 0.3],
        [math.nan] * 5,
        [0.0, 0.0, 0.0, 0.0],
    ],
)
def test_what_cannot_be_tested_is_nan_and_never_significant(series: list[float]) -> None:
    of = kernels.moments(np.array(series))
    low, high = kernels.interval(of, 0.95)
    for p in (
        kernels.p_above(of, 0),
        kernels.p_below(of, 0),
        kernels.p_differs(of),
        kernels.p_within(of, -1, 1),
    ):
        assert math.isnan(p)
    assert math.isnan(low)
    assert math.isnan(high)


def test_sign_flip_counts_patterns() -> None:
    assert kernels.sign_flip_p(np.array([1.0, 2.0, 3.0])) == 0.25  # +++ and ---, of 8
    assert kernels.sign_flip_p(np.array([1.0, 2.0, -3.0])) == 1.0  # the sum is 0: every pattern is as far
    assert kernels.sign_flip_p(np.array([4.0, -1.0])) == 1.0  # sums 5 3 -3 -5 against 3: all four
    assert kernels.sign_flip_p(np.array([0.3] * 10)) == 2 / 1024


@pytest.mark.parametrize("pairs", [5, 12, 20])
def test_sign_flip_is_scipys_permutation_test(pairs: int) -> None:
    series = np.random.default_rng(pairs).normal(0.01, 0.03, pairs)
    expected = stats.permutation_test(
        (series,),
        lambda x, axis: x.mean(axis=axis),
        permutation_type="samples",
        n_resamples=2**14,
        rng=np.random.default_rng(1),
    ).pvalue
    assert kernels.sign_flip_p(series) == pytest.approx(expected, abs=1e-12 if pairs <= 12 else 0.02)


def test_sign_flip_of_nothing_or_of_no_number_is_nan() -> None:
    assert math.isnan(kernels.sign_flip_p(np.array([])))
    assert math.isnan(kernels.sign_flip_p(np.array([0.1, math.inf])))


@given(st.lists(st.floats(-1, 1), min_size=3, max_size=30), st.randoms(use_true_random=False))
def test_neither_order_nor_direction_moves_a_bit(values: list[float], random: object) -> None:
    series = np.array(values)
    shuffled = np.array(sorted(values, key=lambda _: random.random()))  # type: ignore[attr-defined]  # a Random
    there, mixed, back = kernels.moments(series), kernels.moments(shuffled), kernels.moments(-series)
    assert there.mean == pytest.approx(mixed.mean, rel=1e-12, abs=1e-15)
    assert there.sd == pytest.approx(mixed.sd, rel=1e-9, abs=1e-12)
    assert there.mean == pytest.approx(-back.mean, rel=1e-12, abs=1e-15)
    assert kernels.sign_flip_p(series) == pytest.approx(kernels.sign_flip_p(shuffled), abs=1e-9)
