"""Paired effects: by hand, and what must not change them."""

import math
import random
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness.measured import Trial
from harness.stats.effect import Effect, against_variant, effects
from tests.builders import cell, series, times, trial

A, B = cell("a"), cell("b")
BASE = [0.10, 0.20, 0.10, 0.40]
SLOW = [0.12, 0.22, 0.11, 0.48]  # ratios 1.2, 1.1, 1.1, 1.2: the host's moods cancel
LONG = st.lists(st.tuples(st.floats(0.01, 1), st.floats(0.01, 1)), min_size=3, max_size=20)


def only(trials: list[Trial], base: str = "a") -> Effect:
    (found,) = effects(times(trials), against_variant(base))
    return found


def test_effect_by_hand() -> None:
    found = only(series(A, BASE) + series(B, SLOW))
    # logs: mean (log 1.1 + log 1.2) / 2, half-difference h = log(1.2 / 1.1) / 2 four times, sd h sqrt(4 / 3)
    half = math.log(1.2 / 1.1) / 2
    reach = 3.182446 * half / math.sqrt(3)  # t(0.975, 3) * sd / sqrt 4
    assert (found.cell, found.reference, found.pairs, found.dropped_pairs) == (B, A, 4, 0)
    assert found.ratio == pytest.approx(math.sqrt(1.1 * 1.2))
    assert found.spread == pytest.approx(half * math.sqrt(4 / 3))
    assert found.interval is not None
    assert math.log(found.interval.high) == pytest.approx(math.log(1.32) / 2 + reach, rel=1e-6)
    assert math.log(found.interval.low) == pytest.approx(math.log(1.32) / 2 - reach, rel=1e-6)
    assert found.sign_flip_p == 2 / 16
    assert found.reference_value == pytest.approx((0.10 * 0.20 * 0.10 * 0.40) ** 0.25)
    assert found.value == pytest.approx((0.12 * 0.22 * 0.11 * 0.48) ** 0.25)
    assert found.log_ratios == pytest.approx([math.log(ratio) for ratio in (1.2, 1.1, 1.1, 1.2)])


def test_above_one_is_slower() -> None:
    found = only(series(A, [0.1, 0.1, 0.1]) + series(B, [0.2, 0.2, 0.2]))
    assert found.ratio == pytest.approx(2.0)


@given(LONG)
def test_swapped_labels_invert_the_ratio(pairs: list[tuple[float, float]]) -> None:
    trials = series(A, [a for a, _ in pairs]) + series(B, [b for _, b in pairs])
    there, back = only(trials), only(trials, base="b")
    assert there.log_ratios == tuple(-log_ratio for log_ratio in back.log_ratios)  # exactly
    assert there.sign_flip_p == back.sign_flip_p
    assert there.ratio is not None
    assert back.ratio is not None
    assert there.ratio * back.ratio == pytest.approx(1.0, rel=1e-14)
    assert there.spread == pytest.approx(back.spread, rel=1e-12)


@given(LONG, st.integers(0, 2**32))
@example([*[(1.0, 1.0)] * 3, (1.0, 0.5), (1.0, 0.5), (1.0, 0.25), (0.25, 1.0), (1.0, 1.0), (1.0, 0.875)], 0)
def test_shuffled_trials_and_relabelled_rounds_change_nothing(
    pairs: list[tuple[float, float]], seed: int
) -> None:
    trials = series(A, [a for a, _ in pairs]) + series(B, [b for _, b in pairs])
    labels = list(range(len(pairs)))
    random.Random(seed).shuffle(labels)
    moved = [replace(moved_trial, round=labels[moved_trial.round]) for moved_trial in trials]
    random.Random(seed).shuffle(trials)
    expected, mixed, relabelled = only(sorted(trials, key=lambda of: of.round)), only(trials), only(moved)
    assert mixed == expected
    assert replace(relabelled, log_ratios=()) == replace(expected, log_ratios=())


def test_doubled_passes_do_not_narrow_the_interval() -> None:
    once = [trial(A, at, value) for at, value in enumerate(BASE)] + [
        trial(B, at, value) for at, value in enumerate(SLOW)
    ]
    twice = [trial(A, at, value, value) for at, value in enumerate(BASE)]
    twice += [trial(B, at, value, value) for at, value in enumerate(SLOW)]
    assert only(twice) == only(once)


def test_a_lost_trial_drops_its_pair_and_is_counted() -> None:
    found = only(series(A, [0.1, None, 0.1, 0.1, 0.1, None]) + series(B, [0.1, 9.9, None, 0.11, 0.12, None]))
    assert (found.pairs, found.dropped_pairs) == (3, 2)  # the round that both lost has no pair to drop
    assert found.ratio == pytest.approx((1.0 * 1.1 * 1.2) ** (1 / 3))


def test_a_failed_cell_has_a_reason_and_no_ratio() -> None:
    trials = [*series(A, BASE), *series(B, SLOW[:3]), trial(B, 3, reason="killed")]
    there, back = only(trials), only(trials, base="b")
    assert (there.pairs, there.dropped_pairs, there.ratio, there.sign_flip_p) == (0, 0, None, None)
    assert there.reason == "failed: round 4: killed"
    assert back.reason == "small:b failed: round 4: killed"


def test_a_missing_baseline_and_a_missing_overlap_are_reasons() -> None:
    assert only(series(B, SLOW), base="zzz").reason == "small:zzz was not measured"
    apart = series(A, [0.1, None, 0.1, None]) + series(B, [None, 0.1, None, 0.1])
    assert only(apart).reason == "no round has a trial of both this cell and small:a"
    assert only(apart).dropped_pairs == 4


def test_each_workload_has_its_own_baseline() -> None:
    big_a, big_b = cell("a", workload="big"), cell("b", workload="big")
    trials = series(A, BASE) + series(B, SLOW) + series(big_a, [1, 1, 1]) + series(big_b, [3, 3, 3])
    found = effects(times(trials), against_variant("a"))
    assert [(effect.cell, effect.reference) for effect in found] == [(big_b, big_a), (B, A)]
    assert found[0].ratio == pytest.approx(3)


def test_sides_pair_the_same_variant() -> None:
    base, head = cell("a", side="base"), cell("a", side="head")
    trials = series(base, BASE) + series(head, SLOW)
    (found,) = effects(times(trials), lambda of: replace(of, side="base"))
    assert (found.cell, found.reference) == (head, base)
    assert found.ratio == pytest.approx(math.sqrt(1.32))


def test_two_pairs_have_a_ratio_and_no_interval() -> None:
    found = only(series(A, [0.1, 0.1]) + series(B, [0.1, 0.2]))
    assert found.ratio == pytest.approx(math.sqrt(2))
    assert found.interval is None
