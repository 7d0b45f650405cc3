"""Verdicts: each call from rows typed by hand, and every way of not being able to tell."""

import math
from collections.abc import Sequence

import pytest
from scipy import stats  # type: ignore[import-untyped]  # scipy ships no annotations

from harness.model import HarnessError, Note
from harness.stats.effect import Effect, against_variant, effects
from harness.stats.verdict import Verdict, judge, margin_in_force
from tests.builders import cell, series, trial

A, B = cell("a"), cell("b")
WOBBLE = [0.99, 1.01, 1.0, 0.98, 1.02, 1.0, 1.01, 0.99]  # sd of the logs about 1.3 %
WILD = [0.7, 1.4, 1.0, 0.8, 1.3, 0.9, 1.2, 1.0]


def ratios(*rows: Sequence[float]) -> tuple[Effect, ...]:
    """Effects of cells b0, b1, ... whose times are these multiples of the baseline's."""
    trials = series(A, [0.1] * max(len(row) for row in rows))
    for at, row in enumerate(rows):
        trials += series(cell(f"b{at}"), [0.1 * one for one in row])
    return effects(trials, against_variant("a"))


def one(row: Sequence[float], **options: float) -> Verdict:
    (found,) = judge(ratios(row), **options)  # type: ignore[arg-type]  # only margins are passed here
    return found


@pytest.mark.parametrize(
    ("times", "call"),
    [(1.10, "regressed"), (1 / 1.10, "improved"), (1.0, "equivalent"), (1.05, "inconclusive")],
)
def test_each_call(times: float, call: str) -> None:
    assert one([times * each for each in WOBBLE]).call == call


def test_p_values_are_scipys_against_the_margin() -> None:
    found = one([1.06 * each for each in WOBBLE], margin=0.05)
    logs, bound = [math.log(1.06 * each) for each in WOBBLE], math.log(1.05)
    above = stats.ttest_1samp(logs, bound, alternative="greater").pvalue
    below = stats.ttest_1samp(logs, -bound, alternative="less").pvalue
    within = stats.ttest_1samp(logs, bound, alternative="less").pvalue  # the larger of the two of TOST
    assert (found.p_regressed, found.p_improved, found.p_equivalent) == pytest.approx((above, below, within))


def test_holm_makes_the_same_effect_harder_to_call_in_a_larger_family() -> None:
    slow = [1.065 * each for each in WOBBLE]
    alone, among = one(slow), judge(ratios(slow, *[WOBBLE] * 9))[0]
    assert alone.p_regressed is not None
    assert among.p_regressed == pytest.approx(10 * alone.p_regressed)
    assert (alone.call, among.call) == ("regressed", "inconclusive")
    assert alone.detectable is not None
    assert among.detectable is not None
    assert among.detectable > alone.detectable


def test_inconclusive_says_what_could_have_been_seen_and_what_is_missing() -> None:
    found = one(WILD)
    spread = 0.2397168  # statistics.stdev of the logs of WILD
    assert found.call == "inconclusive"
    assert found.reason == "too few rounds for this spread"
    assert found.effect.spread == pytest.approx(spread, rel=1e-6)
    # the power of a one-sided t-test at a shift of d is P(nct(7, d sqrt(8) / sd) > t(0.95, 7))
    assert found.detectable is not None
    shift = math.log1p(found.detectable) - math.log(1.05)
    assert stats.nct.sf(stats.t.isf(0.05, 7), 7, shift * math.sqrt(8) / spread) == pytest.approx(
        0.8, abs=1e-4
    )
    assert found.more_rounds is not None
    n = 8 + found.more_rounds
    at = math.log(1.05) / spread
    assert stats.nct.sf(stats.t.isf(0.05, n - 1), n - 1, at * math.sqrt(n)) >= 0.9
    assert stats.nct.sf(stats.t.isf(0.05, n - 2), n - 2, at * math.sqrt(n - 1)) < 0.9


def test_an_effect_at_the_margin_is_not_a_matter_of_rounds() -> None:
    found = one([1.05 * each for each in WOBBLE])
    assert (found.more_rounds, found.reason) == (0, "the effect lies near the margin")


def test_the_margin_is_never_under_twice_the_noise_of_equal_variants() -> None:
    assert margin_in_force(0.05, None) == 0.05
    assert margin_in_force(0.05, 0.01) == 0.05
    assert margin_in_force(0.05, 0.04) == 0.08
    slow = [1.10 * each for each in WOBBLE]
    noisy = one(slow, aa_half_width=0.06)
    assert (noisy.asked_margin, noisy.margin, noisy.call) == (0.05, 0.12, "inconclusive")


def test_noise_never_widens_a_pass() -> None:
    slow = [1.045 * each for each in WOBBLE]  # its interval reaches over 5 % and stays far under 20 %
    assert one(slow, margin=0.2).call == "equivalent"
    assert one(slow, margin=0.05, aa_half_width=0.1).call == "inconclusive"
    assert one(WOBBLE, margin=0.05, aa_half_width=0.1).call == "equivalent"


@pytest.mark.parametrize("margin", [0.0, -0.05, math.nan, math.inf])
def test_a_margin_that_is_none_is_refused(margin: float) -> None:
    with pytest.raises(HarnessError, match=r"give a share above 0, such as 0\.05"):
        judge((), margin=margin)


@pytest.mark.parametrize("times", [1.0, 1.5])
def test_an_unfit_host_gets_no_verdict_never_a_pass(times: float) -> None:
    note = Note(code="noisy-host-load", text="others used 1 CPU", advice="stop them", invalidates=True)
    (found,) = judge(ratios([times * each for each in WOBBLE]), host_notes=[note])
    assert (found.call, found.reason) == ("inconclusive", "noisy host: others used 1 CPU")
    assert (found.p_regressed, found.p_equivalent) == (None, None)


def test_a_mark_that_does_not_invalidate_changes_nothing() -> None:
    note = Note(code="closed-loop", text="percentiles of a closed loop", advice="none", invalidates=False)
    assert judge(ratios(WOBBLE), host_notes=[note], cell_notes={A: [note]})[0].call == "equivalent"


@pytest.mark.parametrize("marked", ["a", "b0"])
def test_an_invalid_cell_or_reference_gets_no_verdict(marked: str) -> None:
    note = Note(code="server-bound", text="the server was the limit", advice="more cores", invalidates=True)
    (found,) = judge(ratios(WOBBLE), cell_notes={cell(marked): [note]})
    assert (found.call, found.reason) == ("inconclusive", f"small:{marked}: the server was the limit")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ([1.5], "only 1 pairs of trials; a verdict needs at least 3"),
        ([1.5, 1.6], "only 2 pairs of trials; a verdict needs at least 3"),
        ([1.5] * 6, "all rounds gave the same ratio: no clock does that"),
        ([1.0] * 6, "all rounds gave the same ratio: no clock does that"),
    ],
)
def test_degenerate_series_are_inconclusive_with_a_reason(row: list[float], reason: str) -> None:
    found = one(row)
    assert (found.call, found.reason) == ("inconclusive", reason)
    assert (found.p_regressed, found.detectable, found.more_rounds) == (None, None, None)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_ratio_that_is_no_number_is_inconclusive(bad: float) -> None:
    broken = Effect(
        cell=B,
        reference=A,
        pairs=4,
        dropped_pairs=0,
        time_ratio=bad,
        interval=None,
        spread=math.nan,
        sign_flip_p=math.nan,
        log_ratios=(0.1, 0.2, bad, 0.3),
        reason=None,
    )
    (found,) = judge([broken])
    assert (found.call, found.reason) == ("inconclusive", "a ratio is not finite")


def test_a_failed_cell_keeps_its_reason_and_leaves_the_family() -> None:
    slow = [1.065 * each for each in WOBBLE]
    failed = [*series(B, [0.1] * 7), trial(B, 7, reason="wrong body")]
    trials = series(A, [0.1] * 8) + failed + series(cell("c"), [0.1 * each for each in slow])
    of_b, of_c = judge(effects(trials, against_variant("a")))
    assert (of_b.call, of_b.reason) == ("inconclusive", "failed: round 8: wrong body")
    assert of_c.p_regressed == one(slow).p_regressed


def test_an_empty_family_has_no_verdicts() -> None:
    assert judge(()) == ()
