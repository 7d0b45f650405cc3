"""Verdicts: each call from rows typed by hand, and every way of not being able to tell."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harness.metrics import TIME_PER_IMAGE
from harness.model import HarnessError
from harness.stats import kernels
from harness.stats.disturbance import Disturbance, Kind
from harness.stats.effect import Effect, against_variant, effects
from harness.stats.notes import Note
from harness.stats.verdict import Margins, Verdict, margin_in_force, verdicts
from tests.builders import cell, self_check, series, times, trial

A, B = cell("a"), cell("b")
WOBBLE = [0.99, 1.01, 1.0, 0.98, 1.02, 1.0, 1.01, 0.99]  # sd of the logs about 1.3 %
WILD = [0.7, 1.4, 1.0, 0.8, 1.3, 0.9, 1.2, 1.0]


def ratios(*rows: Sequence[float]) -> tuple[Effect, ...]:
    """Effects of cells b0, b1, ... whose times are these multiples of the baseline's."""
    trials = series(A, [0.1] * max(len(row) for row in rows))
    for at, row in enumerate(rows):
        trials += series(cell(f"b{at}"), [0.1 * value for value in row])
    return effects(times(trials), against_variant("a"))


def judged_by(found: Sequence[Effect], *, margin: float = 0.05, **facts: Any) -> tuple[Verdict, ...]:
    return verdicts(found, margins=Margins(default=margin), **facts)


def verdict_on(row: Sequence[float], *, margin: float = 0.05, aa_half_width: float | None = None) -> Verdict:
    check = None if aa_half_width is None else self_check(aa_half_width)
    (found,) = judged_by(ratios(row), margin=margin, check=check)
    return found


@pytest.mark.parametrize(
    ("times", "call"),
    [(1.10, "regressed"), (1 / 1.10, "improved"), (1.0, "equivalent"), (1.05, "inconclusive")],
)
def test_each_call(times: float, call: str) -> None:
    assert verdict_on([times * each for each in WOBBLE]).call == call


def test_p_values_are_scipys_against_the_margin() -> None:
    found = verdict_on([1.06 * each for each in WOBBLE], margin=0.05)
    logs, bound = [math.log(1.06 * each) for each in WOBBLE], math.log(1.05)
    above = stats.ttest_1samp(logs, bound, alternative="greater").pvalue
    below = stats.ttest_1samp(logs, -bound, alternative="less").pvalue
    within = stats.ttest_1samp(logs, bound, alternative="less").pvalue  # the larger of the two of TOST
    assert (found.p_regressed, found.p_improved, found.p_equivalent) == pytest.approx((above, below, within))


def test_holm_makes_the_same_effect_harder_to_call_in_a_larger_family() -> None:
    slow = [1.0675 * each for each in WOBBLE]
    alone, among = verdict_on(slow), judged_by(ratios(slow, *[WOBBLE] * 9))[0]
    assert alone.p_regressed is not None
    assert among.p_regressed == pytest.approx(10 * alone.p_regressed)
    assert (alone.call, among.call) == ("regressed", "inconclusive")
    assert alone.detectable is not None
    assert among.detectable is not None
    assert among.detectable > alone.detectable


def test_inconclusive_says_what_could_have_been_seen_and_what_is_missing() -> None:
    found = verdict_on(WILD)
    spread = 0.2397168  # statistics.stdev of the logs of WILD
    assert found.call == "inconclusive"
    assert found.reason == "too few rounds for this spread"
    assert found.effect.spread == pytest.approx(spread, rel=1e-6)
    # the power of a one-sided t-test at a shift of d is P(nct(7, d sqrt(8) / sd) > t(0.975, 7))
    assert found.detectable is not None
    shift = math.log1p(found.detectable) - math.log(1.05)
    assert stats.nct.sf(stats.t.isf(0.025, 7), 7, shift * math.sqrt(8) / spread) == pytest.approx(
        0.8, abs=1e-4
    )
    assert found.more_rounds is not None
    n = 8 + found.more_rounds
    at = math.log(1.05) / spread
    assert stats.nct.sf(stats.t.isf(0.025, n - 1), n - 1, at * math.sqrt(n)) >= 0.9
    assert stats.nct.sf(stats.t.isf(0.025, n - 2), n - 2, at * math.sqrt(n - 1)) < 0.9


def test_an_effect_at_the_margin_is_not_a_matter_of_rounds() -> None:
    found = verdict_on([1.05 * each for each in WOBBLE])
    assert (found.more_rounds, found.reason) == (0, "the effect lies near the margin")


def test_the_margin_is_never_under_twice_the_noise_of_equal_variants() -> None:
    assert margin_in_force(0.05, None, TIME_PER_IMAGE) == 0.05
    assert margin_in_force(0.05, self_check(0.01), TIME_PER_IMAGE) == 0.05
    assert margin_in_force(0.05, self_check(0.04), TIME_PER_IMAGE) == 0.08
    slow = [1.10 * each for each in WOBBLE]
    noisy = verdict_on(slow, aa_half_width=0.06)
    assert (noisy.asked_margin, noisy.margin, noisy.call) == (0.05, 0.12, "inconclusive")
    assert noisy.reason == (
        "the margin in force is 12 %, from the self-check of 2026-11-20 12:00 UTC; against the 5 % that were asked "
        "it would be regressed"
    )


def test_noise_never_widens_a_pass() -> None:
    slow = [1.045 * each for each in WOBBLE]  # its interval reaches over 5 % and stays far under 20 %
    assert verdict_on(slow, margin=0.2).call == "equivalent"
    assert verdict_on(slow, margin=0.05, aa_half_width=0.1).call == "inconclusive"
    assert verdict_on(WOBBLE, margin=0.05, aa_half_width=0.1).call == "equivalent"


@pytest.mark.parametrize("margin", [0.0, -0.05, math.nan, math.inf])
def test_a_margin_that_is_none_is_refused(margin: float) -> None:
    with pytest.raises(HarnessError, match=r"give a share above 0, such as 0\.05"):
        judged_by(ratios(WOBBLE), margin=margin)


def seen(kind: Kind, size: float = math.inf) -> Disturbance:
    note = Note(code="noisy", text="others used 1 CPU", advice="stop them", invalidates=True)
    return Disturbance(note=note, kind=kind, size=size)


@pytest.mark.parametrize("times", [1.0, 1.5])
def test_a_host_that_nobody_watched_gets_no_verdict_never_a_pass(times: float) -> None:
    (found,) = judged_by(ratios([times * each for each in WOBBLE]), disturbances=[seen("unknown")])
    assert (found.call, found.reason) == ("inconclusive", "others used 1 CPU")
    assert (found.p_regressed, found.p_equivalent) == (None, None)


def shares(row: Sequence[float], of_cell: float, of_reference: float) -> tuple[Effect, ...]:
    """The effect of a cell that works for such a share of its time, against a reference with another."""
    trials = series(A, [0.1] * len(row), cpu=of_reference) + series(
        B, [0.1 * value for value in row], cpu=of_cell
    )
    return effects(times(trials), against_variant("a"))


@pytest.mark.parametrize(
    ("times", "of_cell", "of_reference", "call"),
    [
        (1.0, 0.5, 0.5, "equivalent"),  # what meets both alike explains nothing
        (3.0, 0.5, 0.4, "regressed"),  # twice as long: 1 - 0.5 over 1 - 0.4 is 0.83, so it is 2.5 at least
        (1.2, 0.5, 0.4, "inconclusive"),  # and here it may be 1.0
        (1.2, 0.4, 0.5, "regressed"),  # it was displaced to below: the truth is slower still
        (1.0, 0.5, 0.4, "inconclusive"),
        (0.8, 0.5, 0.4, "improved"),
        (0.8, 0.4, 0.5, "inconclusive"),
    ],
)
def test_a_disturbance_takes_away_only_what_it_could_explain(
    times: float, of_cell: float, of_reference: float, call: str
) -> None:
    found = shares([times * each for each in WOBBLE], of_cell, of_reference)
    [judged] = judged_by(found, disturbances=[seen("preempted", 2.0)])
    assert judged.call == call
    [quiet] = judged_by(found)
    assert quiet.call != "inconclusive"
    if call == "inconclusive":
        assert judged.reason == "others used 1 CPU: that can move this ratio by up to 1.20 times"


def test_a_margin_and_a_disturbance_that_decide_together_are_both_told() -> None:
    found = shares([1.20 * each for each in WOBBLE], 0.5, 0.4)
    [judged] = judged_by(found, disturbances=[seen("preempted", 2.0)], check=self_check(0.15))
    assert judged.call == "inconclusive"
    assert "others used 1 CPU" in str(judged.reason)
    assert "the margin in force is 30 %" in str(judged.reason)


def test_holm_is_the_reason_where_it_decides() -> None:
    slow = [1.0675 * each for each in WOBBLE]
    among = judged_by(ratios(slow, *[WOBBLE] * 9))[0]
    assert among.reason == "beyond the margin on its own, but not among 10 effects judged at once (Holm)"


@given(
    st.floats(0.7, 1.5), st.floats(0.001, 0.3), st.integers(0, 10_000), st.integers(6, 30), st.integers(1, 20)
)
def test_no_verdict_stands_beside_an_interval_that_contradicts_it(
    times: float, spread: float, seed: int, pairs: int, family: int
) -> None:
    rows = times * np.exp(np.random.default_rng(seed).normal(0, spread, (family, pairs)))
    for found in judged_by(ratios(*rows.tolist())):
        assert found.effect.interval is not None
        low, high = found.effect.interval.low, found.effect.interval.high
        is_so = {
            "regressed": low >= 1.05,
            "improved": high <= 1 / 1.05,
            "equivalent": low >= 1 / 1.05 and high <= 1.05,
            "inconclusive": found.reason is not None,
        }
        assert is_so[found.call]


def test_a_mark_that_does_not_invalidate_changes_nothing() -> None:
    note = Note(code="closed-loop", text="percentiles of a closed loop", advice="none", invalidates=False)
    assert judged_by(ratios(WOBBLE), cell_notes={A: [note]})[0].call == "equivalent"


@pytest.mark.parametrize("marked", ["a", "b0"])
def test_an_invalid_cell_or_reference_gets_no_verdict(marked: str) -> None:
    note = Note(code="server-bound", text="the server was the limit", advice="more cores", invalidates=True)
    (found,) = judged_by(ratios(WOBBLE), cell_notes={cell(marked): [note]})
    assert (found.call, found.reason) == ("inconclusive", f"small:{marked}: the server was the limit")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ([1.5, 1.6], "only 2 pairs of trials; a verdict needs at least 6"),
        ([0.94, 0.9388, 0.938], "only 3 pairs of trials; a verdict needs at least 6"),
        ([2.0, 2.1, 2.0, 1.9, 2.0], "only 5 pairs of trials; a verdict needs at least 6"),
        ([1.5] * 6, "all rounds gave the same value, so nothing tells how far it varies"),
        ([1.0] * 6, "all rounds gave the same value, so nothing tells how far it varies"),
    ],
)
def test_degenerate_series_are_inconclusive_with_a_reason(row: list[float], reason: str) -> None:
    found = verdict_on(row)
    assert (found.call, found.reason) == ("inconclusive", reason)
    assert (found.p_regressed, found.p_equivalent, found.detectable) == (None, None, None)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_ratio_that_is_no_number_is_inconclusive(bad: float) -> None:
    broken = Effect(
        metric=TIME_PER_IMAGE,
        cell=B,
        reference=A,
        is_paired=True,
        trials=4,
        reference_trials=4,
        dropped_pairs=0,
        estimate=kernels.moments(np.array([0.1, 0.2, bad, 0.3])),
        spread=math.nan,
        sign_flip_p=math.nan,
        log_ratios=(0.1, 0.2, bad, 0.3),
        value=1.0,
        reference_value=1.0,
        reason=None,
        work=None,
        reference_work=None,
    )
    (found,) = judged_by([broken])
    assert (found.call, found.reason) == ("inconclusive", "a ratio is not finite")


def test_a_failed_cell_keeps_its_reason_and_leaves_the_family() -> None:
    slow = [1.0675 * each for each in WOBBLE]
    failed = [*series(B, [0.1] * 7), trial(B, 7, reason="wrong body")]
    trials = series(A, [0.1] * 8) + failed + series(cell("c"), [0.1 * each for each in slow])
    of_b, of_c = judged_by(effects(times(trials), against_variant("a")))
    assert (of_b.call, of_b.reason) == ("inconclusive", "failed: round 8: wrong body")
    assert of_c.p_regressed == verdict_on(slow).p_regressed


def test_an_empty_family_has_no_verdicts() -> None:
    assert judged_by(()) == ()
