"""Ranking: bands from flags typed by hand, and whole rankings."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.measured import Trial
from harness.stats.notes import Note
from harness.stats.ranking import bands, rank, rivals, told_apart
from tests.builders import cell, series, times, trial

WOBBLE = [0.99, 1.01, 1.0, 0.98, 1.02, 1.0, 1.01, 0.99]
OTHER = [1.01, 0.99, 1.0, 1.01, 0.99, 1.02, 0.98, 1.0]
THIRD = [1.0, 1.0, 0.99, 1.01, 1.01, 0.98, 1.0, 1.01]


def scaled(factor: float, row: list[float]) -> list[float]:
    return [factor * value for value in row]


def flags(size: int, *pairs: tuple[int, int]) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    apart = np.zeros((size, size), dtype=np.bool_)
    for a, b in pairs:
        apart[a, b] = apart[b, a] = True
    return apart


@pytest.mark.parametrize(
    ("apart", "expected"),
    [
        (flags(0), []),
        (flags(1), [1]),
        (flags(3), [1, 1, 1]),
        (flags(3, (0, 1), (0, 2), (1, 2)), [1, 2, 3]),
        (flags(3, (0, 2)), [1, 1, 2]),  # intransitive: 0 = 1, 1 = 2, 0 < 2
        (flags(3, (1, 2)), [1, 1, 2]),  # a noisy leader does not hide that 1 and 2 differ
        (flags(3, (0, 1)), [1, 2, 2]),  # a noisy last row does not come back to the first band
        (flags(5, (0, 2), (1, 3), (2, 4)), [1, 1, 2, 2, 3]),
    ],
)
def test_bands(apart: np.ndarray[tuple[int, int], np.dtype[np.bool_]], expected: list[int]) -> None:
    assert bands(apart) == expected


@given(st.integers(1, 8), st.sets(st.tuples(st.integers(0, 7), st.integers(0, 7))))
def test_no_band_holds_two_rows_that_are_told_apart(size: int, pairs: set[tuple[int, int]]) -> None:
    apart = flags(size, *[(a, b) for a, b in pairs if a != b and max(a, b) < size])
    found = bands(apart)
    assert found == sorted(found)
    assert set(found) == set(range(1, found[-1] + 1))
    assert not any(apart[a, b] for a in range(size) for b in range(size) if found[a] == found[b])


def test_ties_share_a_rank_and_leave_a_gap() -> None:
    trials = series(cell("fast"), scaled(0.1, WOBBLE)) + series(cell("equal"), scaled(0.1, OTHER))
    trials += series(cell("slow"), scaled(0.2, THIRD))
    rows = rank(times(trials))
    assert {row.cell.variant for row in rows[:2]} == {"fast", "equal"}
    assert [(row.band, row.rank, row.tied) for row in rows] == [(1, 1, True), (1, 1, True), (2, 3, False)]
    assert rows[2].summary.geometric_mean == pytest.approx(0.2, rel=0.001)


def test_failed_and_invalid_cells_are_shown_unranked_with_the_reason() -> None:
    note = Note(code="server-bound", text="the server was the limit", advice="more cores", invalidates=True)
    broken = [
        *series(cell("broken"), scaled(0.01, WOBBLE[:7])),
        trial(cell("broken"), 7, reason="short body"),
    ]
    trials = broken + series(cell("bound"), scaled(0.05, OTHER)) + series(cell("good"), scaled(0.1, THIRD))
    rows = rank(times(trials), {cell("bound"): [note]})
    assert [(row.cell.variant, row.rank, row.reason) for row in rows] == [
        ("good", 1, None),
        ("bound", None, "the server was the limit"),
        ("broken", None, "round 8: short body"),
    ]
    assert rows[1].summary.geometric_mean is not None
    assert rows[2].summary.geometric_mean is None


def test_workloads_are_ranked_apart() -> None:
    trials: list[Trial] = []
    for workload, of_a, of_b in (("big", 3.0, 2.0), ("small", 0.1, 0.3)):
        trials += series(cell("a", workload=workload), scaled(of_a, WOBBLE))
        trials += series(cell("b", workload=workload), scaled(of_b, OTHER))
    found = [(row.cell.workload, row.cell.variant, row.rank) for row in rank(times(trials))]
    assert found == [("big", "b", 1), ("big", "a", 2), ("small", "a", 1), ("small", "b", 2)]


@pytest.mark.parametrize(("rounds", "why"), [(1, "1 round measured"), (2, "2 rounds measured")])
def test_untested_is_not_tied(rounds: int, why: str) -> None:
    rows = rank(times(series(cell("a"), [0.1] * rounds) + series(cell("b"), [0.9, 0.8][:rounds])))
    assert [(row.state, row.rank, row.band, row.tied) for row in rows] == [
        ("untested", None, None, False)
    ] * 2
    assert {row.reason for row in rows} == {f"{why}; a rank needs 3"}


def test_a_cell_that_lost_most_of_its_trials_is_untested_among_ranked_ones() -> None:
    trials = series(cell("a"), scaled(0.1, WOBBLE)) + series(cell("b"), [0.2, 0.21, *[None] * 6])
    assert [(row.cell.variant, row.state, row.rank) for row in rank(times(trials))] == [
        ("a", "ranked", 1),
        ("b", "untested", None),
    ]


def test_a_lost_trial_drops_its_pairs_alone() -> None:
    fast, slow = scaled(0.1, WOBBLE), scaled(0.2, OTHER)
    rows = rank(times(series(cell("a"), [*fast[:7], None]) + series(cell("b"), [None, *slow[1:]])))
    assert [(row.cell.variant, row.rank, row.summary.n) for row in rows] == [("a", 1, 7), ("b", 2, 7)]


def test_holm_counts_all_pairs_of_the_workload() -> None:
    pair = [WOBBLE, scaled(1.022, OTHER)]  # p is 0.0368 by scipy.stats.ttest_rel of the logs
    assert told_apart(np.log(pair))[0, 1]
    assert not told_apart(np.log([*pair, scaled(1.009, THIRD)])).any()  # three pairs: 0.110


def test_a_run_without_trials_has_no_rows() -> None:
    assert rank({}) == ()


def test_each_pair_is_told_apart_as_the_ranking_does_it() -> None:
    trials = series(cell("fast"), scaled(0.1, WOBBLE)) + series(cell("equal"), scaled(0.1, OTHER))
    trials += series(cell("slow"), scaled(0.2, THIRD)) + series(cell("lost"), [0.1, 0.1])
    found = times(trials)
    pairs = {(pair.first.variant, pair.second.variant): pair for pair in rivals(found, rank(found))}
    first, second = (row.cell.variant for row in rank(found)[:2])
    assert set(pairs) == {(first, second), (first, "slow"), (second, "slow")}  # an untested one has no rivals
    assert [pair.told_apart for pair in pairs.values()] == [False, True, True]
    twice = pairs["fast", "slow"]
    assert twice.ratio == pytest.approx(2.0, rel=0.01)
    assert twice.interval is not None
    assert twice.interval.low < twice.ratio < twice.interval.high


def test_of_two_rounds_a_pair_has_a_ratio_and_no_interval() -> None:
    trials = series(cell("a"), [0.1, 0.1, 0.11, None, None]) + series(cell("b"), [None, 0.2, 0.2, 0.2, 0.21])
    found = times(trials)
    [pair] = rivals(found, rank(found))
    assert (pair.interval, pair.told_apart) == (None, False)
    assert pair.ratio == pytest.approx((2 * 2 / 1.1) ** 0.5)
