"""Unpaired statistics: against scipy, against swapped labels, and what forbids a verdict."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from harness.model import SelfCheck
from harness.stats.effect import difference, unpaired_effect
from harness.stats.sample import Sample, ratio_interval
from harness.stats.verdict import Margins, Verdict, verdicts
from tests.builders import cell, self_check, series, times, trial

ONE = [0.0100, 0.0102, 0.0099, 0.0101, 0.0100, 0.0103, 0.0098, 0.0101]
SERIES = st.lists(st.floats(1e-4, 1.0), min_size=3, max_size=12, unique=True)


def sample(*values: float) -> Sample:
    return times(series(cell(), values))[cell()]


def lone(base: Sample, head: Sample, check: SelfCheck | None = None) -> Verdict:
    [found] = verdicts([unpaired_effect(base, head)], margins=Margins(default=0.05), check=check)
    return found


@given(SERIES, SERIES)
def test_the_interval_is_that_of_scipy(base: list[float], head: list[float]) -> None:
    logs = np.log(base), np.log(head)
    if min(np.std(log, ddof=1) for log in logs) < 1e-6:
        return
    ours = ratio_interval(difference(base, head))
    theirs = stats.ttest_ind(logs[1], logs[0], equal_var=False).confidence_interval(0.95)
    assert ours is not None
    assert math.log(ours.low) == pytest.approx(theirs.low, rel=1e-6, abs=1e-9)
    assert math.log(ours.high) == pytest.approx(theirs.high, rel=1e-6, abs=1e-9)


@given(SERIES, SERIES)
def test_swapped_runs_invert_the_ratio(base: list[float], head: list[float]) -> None:
    there, other = lone(sample(*base), sample(*head)), lone(sample(*head), sample(*base))
    assert there.effect.ratio is not None
    assert other.effect.ratio is not None
    assert there.effect.ratio * other.effect.ratio == pytest.approx(1)
    swapped = {"regressed": "improved", "improved": "regressed"}
    assert other.call == swapped.get(there.call, there.call)


@pytest.mark.parametrize(
    ("factor", "call"),
    [(1.2, "regressed"), (1 / 1.2, "improved"), (1.0, "equivalent"), (1.05, "inconclusive")],
)
def test_each_call(factor: float, call: str) -> None:
    row = lone(sample(*ONE), sample(*(factor * value for value in ONE)))
    assert row.call == call
    assert row.effect.ratio == pytest.approx(factor)
    assert row.excludes_regression == (call in {"improved", "equivalent"})


def test_unpaired_is_wider_than_paired_under_shared_noise() -> None:
    noise = [1.0, 1.3, 0.8, 1.1, 0.9, 1.2, 1.05, 0.95]
    base = [value * much for value, much in zip(ONE, noise, strict=True)]
    head = [1.2 * value for value in base]
    row = lone(sample(*base), sample(*head))
    assert row.call == "inconclusive"  # paired by round, each ratio would be 1.2 exactly
    assert row.effect.interval is not None
    assert row.effect.interval.high / row.effect.interval.low > 1.3


def test_holm_counts_the_whole_family() -> None:
    slower = unpaired_effect(sample(*ONE), sample(*(1.08 * value for value in ONE)))
    [alone] = verdicts([slower], margins=Margins())
    of_four, *_ = verdicts([slower, *[unpaired_effect(sample(*ONE), sample(*ONE))] * 3], margins=Margins())
    assert alone.p_regressed is not None
    assert of_four.p_regressed == pytest.approx(4 * alone.p_regressed)


def test_what_forbids_a_verdict() -> None:
    trials = [*series(cell(), ONE[:2]), trial(cell(), 2, 0.01, reason="a wrong body")]
    failed = lone(sample(*ONE), times(trials)[cell()])
    assert (failed.effect.ratio, failed.reason) == (None, "failed: round 3: a wrong body")
    few = lone(sample(*ONE), sample(0.02, 0.021, 0.022, 0.023, 0.0235))
    assert few.reason == "only 5 trials in the run that has fewer; a verdict needs at least 6 in each"
    even = lone(sample(*ONE), sample(*[0.01] * 8))
    assert even.reason == "all rounds gave the same value, so nothing tells how far it varies"
    for found in (failed, few, even):
        assert (found.call, found.p_regressed, found.excludes_regression) == ("inconclusive", None, False)


def test_a_loud_host_widens_the_margin_of_a_regression_but_not_that_of_equality() -> None:
    row = lone(sample(*ONE), sample(*(1.12 * value for value in ONE)), self_check(0.06))
    assert row.call == "inconclusive"
    assert row.margin == pytest.approx(0.12)
    assert "the margin in force is 12 %, from the self-check of 2026-11-20" in str(row.reason)
    assert "it would be regressed" in str(row.reason)
