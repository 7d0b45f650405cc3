"""Unpaired statistics: against scipy, against swapped labels, and what forbids a verdict."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats  # type: ignore[import-untyped]  # scipy ships no annotations

from harness.model import Cell
from harness.stats.sample import Sample, timings
from harness.stats.unpaired import Comparison, compare, difference
from tests.builders import cell, self_check, series, trial

ONE = [0.0100, 0.0102, 0.0099, 0.0101, 0.0100, 0.0103, 0.0098, 0.0101]
SERIES = st.lists(st.floats(1e-4, 1.0), min_size=3, max_size=12, unique=True)


def samples(*values: float, of: Cell | None = None) -> dict[Cell, Sample]:
    return timings(series(of or cell(), values))


def lone(base: dict[Cell, Sample], head: dict[Cell, Sample]) -> Comparison:
    [row] = compare(base, head)
    return row


@given(SERIES, SERIES)
def test_the_interval_is_that_of_scipy(base: list[float], head: list[float]) -> None:
    logs = np.log(base), np.log(head)
    if min(np.std(one, ddof=1) for one in logs) < 1e-6:
        return
    ours = difference(base, head).interval
    theirs = stats.ttest_ind(logs[1], logs[0], equal_var=False).confidence_interval(0.95)
    assert ours is not None
    assert math.log(ours.low) == pytest.approx(theirs.low, rel=1e-6, abs=1e-9)
    assert math.log(ours.high) == pytest.approx(theirs.high, rel=1e-6, abs=1e-9)


@given(SERIES, SERIES)
def test_swapped_runs_invert_the_ratio(base: list[float], head: list[float]) -> None:
    one, other = lone(samples(*base), samples(*head)), lone(samples(*head), samples(*base))
    assert one.time_ratio is not None
    assert other.time_ratio is not None
    assert one.time_ratio * other.time_ratio == pytest.approx(1)
    swapped = {"regressed": "improved", "improved": "regressed"}
    assert other.call == swapped.get(one.call, one.call)


@pytest.mark.parametrize(
    ("factor", "call"),
    [(1.2, "regressed"), (1 / 1.2, "improved"), (1.0, "equivalent"), (1.05, "inconclusive")],
)
def test_each_call(factor: float, call: str) -> None:
    row = lone(samples(*ONE), samples(*(factor * one for one in ONE)))
    assert row.call == call
    assert row.time_ratio == pytest.approx(factor)
    assert row.blocks == (call == "inconclusive")


def test_unpaired_is_wider_than_paired_under_shared_noise() -> None:
    noise = [1.0, 1.3, 0.8, 1.1, 0.9, 1.2, 1.05, 0.95]
    base = [one * much for one, much in zip(ONE, noise, strict=True)]
    head = [1.2 * one for one in base]
    row = lone(samples(*base), samples(*head))
    assert row.call == "inconclusive"  # paired by round, each ratio would be 1.2 exactly
    assert row.interval is not None
    assert row.interval.high / row.interval.low > 1.3


def test_holm_counts_the_whole_family() -> None:
    alone = lone(samples(*ONE), samples(*(1.08 * one for one in ONE)))
    base, head = dict[Cell, Sample](), dict[Cell, Sample]()
    for name in "abcd":
        base |= samples(*ONE, of=cell(name))
        head |= samples(*((1.08 if name == "a" else 1.0) * one for one in ONE), of=cell(name))
    of_four = compare(base, head)[0]
    assert alone.p_regressed is not None
    assert of_four.p_regressed == pytest.approx(4 * alone.p_regressed)


def test_what_forbids_a_verdict() -> None:
    failed = timings([*series(cell("a"), ONE[:2]), trial(cell("a"), 2, 0.01, reason="a wrong body")])
    there = samples(*ONE, of=cell("a"))
    assert (lone(there, failed).call, lone(there, failed).time_ratio) == ("failed", None)
    assert lone(failed, there).reason == "base: round 3: a wrong body"
    assert lone({}, there).call == "only in head"
    assert lone(there, {}).call == "only in base"
    few = lone(there, samples(0.02, 0.021, 0.022, 0.023, 0.0235, of=cell("a")))
    assert (few.call, few.reason) == (
        "inconclusive",
        "5 trials in the run that has fewer; a verdict needs 6 in each, not all equal",
    )
    slower = samples(*(2 * one for one in ONE), of=cell("a"))
    [row] = compare(there, slower, objections={cell("a"): "noisy host"})
    assert (row.call, row.reason, row.blocks) == ("inconclusive", "noisy host", True)
    [row] = compare(there, slower, unlike={cell("a"): "cpu differs"})
    assert (row.call, row.p_regressed) == ("not comparable", None)


def test_a_loud_host_widens_the_margin_of_a_regression_but_not_that_of_equality() -> None:
    [row] = compare(samples(*ONE), samples(*(1.12 * one for one in ONE)), check=self_check(0.06))
    assert row.call == "inconclusive"
    assert row.margin == pytest.approx(0.12)
    assert "the margin in force is 12 %, from the self-check of 2026-11-20" in str(row.reason)
    assert "it would be regressed" in str(row.reason)
