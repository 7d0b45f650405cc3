"""Rows of workloads in which images may fail: who had fewer images than could be had never stands unmarked."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.measured import Attempts, Trial
from harness.model import Cell
from harness.stats.validity import cell_notes
from harness.workload import Workload
from tests.builders import attempts, cell, one_pass, seen, trial

A, B = cell("a"), cell("b")
# Of ten images two are not there, and one comes with the second attempt.
NAUGHTY = Workload.of(
    name="small", images=10, image_bytes=6144, latency_s=0.0, concurrency=8, sink="memory", seed=1,
    faults=(("not_found", 0.2), ("unavailable", 0.1)), attempts=2,
)  # fmt: skip
GONE = {"X 404": 2}


def measured(of: Cell, *told: Attempts, connections: int = 1, met: int = 0) -> Trial:
    """A trial with a timed pass of each of these outcomes."""
    passes = [
        replace(
            one_pass(0.1, images=each.verified),
            attempts=each,
            witness=replace(seen(one_pass(0.1)), connections=connections, faults={"reset_in_body": met}),
        )
        for each in told
    ]
    return replace(trial(of, 0, 0.1), passes=tuple(passes))


def texts(*trials: Trial, workload: Workload = NAUGHTY) -> dict[str, list[str]]:
    found = cell_notes(trials, [workload], [])
    assert not any(note.invalidates for of_cell in found.values() for note in of_cell)
    return {of.variant: [note.text for note in of_cell] for of, of_cell in found.items()}


def test_what_is_within_reach_follows_from_what_was_drawn_and_the_rule() -> None:
    assert NAUGHTY.within_reach == 8
    assert NAUGHTY.but(attempts=1).within_reach == 7
    assert (
        NAUGHTY.but(faults=(("unavailable", 0.5),), fault_attempts=2).within_reach == 8
    )  # three once, two twice
    assert NAUGHTY.but(faults=(("slow_head", 1.0),), attempts=1).within_reach == 10


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (attempts(8, failed=GONE), []),
        (attempts(7, failed={"X 404": 2, "X 503": 1}), ["gave up: had 7 of the 8 images that can be had"]),
        (
            attempts(4, never=4, failed={"X 404": 2}),
            ["gave up: had 4 of the 8 images that can be had, and lost 4 with others that failed"],
        ),
        (
            attempts(4, never=1, failed={"X 404": 2, "asyncio.CancelledError": 3}),
            ["gave up: had 4 of the 8 images that can be had, and lost 4 with others that failed"],
        ),
        (attempts(8, wrong=2), ["takes wrong bodies for good: 2 a pass"]),
        (attempts(8, hidden=3, failed=GONE), ["retries by itself: 3 requests a pass more than attempts"]),
        (attempts(8, hidden=None, failed=GONE), []),
    ],
)  # fmt: skip
def test_a_row_says_what_it_lost(told: Attempts, expected: list[str]) -> None:
    assert texts(measured(A, told, told)).get("a", []) == expected


def test_the_best_row_shows_what_can_be_had() -> None:
    """One that tries by itself may have more than the rule gives."""
    workload = NAUGHTY.but(attempts=1)
    found = texts(
        measured(A, attempts(7, failed={"X": 3})),
        measured(B, attempts(8, hidden=1, failed=GONE)),
        workload=workload,
    )
    assert found["a"] == ["gave up: had 7 of the 8 images that can be had"]
    assert found["b"] == ["retries by itself: 1 requests a pass more than attempts"]


def test_passes_that_differ_are_told_by_their_mean() -> None:
    uneven = [attempts(8, failed=GONE), attempts(7, failed={"X": 3})]
    assert texts(measured(A, *uneven))["a"] == ["gave up: had 7.5 of the 8 images that can be had"]


@given(
    st.lists(st.integers(1, 8), min_size=1, max_size=5), st.lists(st.integers(1, 8), min_size=1, max_size=5)
)
def test_who_had_fewer_is_always_marked(here: list[int], there: list[int]) -> None:
    rows = [
        measured(of, *(attempts(count, failed={"X": 10 - count}) for count in counts))
        for of, counts in ((A, here), (B, there))
    ]
    found = texts(*rows)
    for name, counts in (("a", here), ("b", there)):
        assert (name in found) is (sum(counts) < 8 * len(counts))


@pytest.mark.parametrize(
    ("connections", "met", "is_noted"), [(8, 0, False), (9, 0, True), (11, 3, False), (12, 3, True)]
)
def test_a_connection_that_a_fault_has_ended_may_be_opened_again(
    connections: int, met: int, *, is_noted: bool
) -> None:
    found = texts(measured(A, attempts(8, failed=GONE), connections=connections, met=met))
    assert ("a" in found) is is_noted
