"""Metrics of passes in which images failed: whatever is per image is per image that was had."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.checks import encode
from harness.measured import Attempts, Pass, Trial
from harness.metrics import (
    ATTEMPTS,
    HIDDEN,
    JUDGED,
    LAST_GOOD,
    RATE,
    RECEIVED,
    REQUESTS,
    SUCCESS,
    TIME_PER_IMAGE,
    Metric,
)
from tests.builders import attempts, cell, one_pass, trial, witness

# Of 10 images in 0.4 s: 4 are had, 1 is wrong, 2 failed and 3 were never asked for; the server saw 9 requests.
FORGIVEN = replace(
    one_pass(0.1, images=4),
    witness=witness(requests=9),
    attempts=attempts(4, wrong=1, never=3, hidden=2, failed={"TimeoutError": 2}),
)


def of_pass(metric: Metric, passed: Pass) -> float:
    assert metric.of_pass is not None
    return metric.of_pass(passed)


@pytest.mark.parametrize(
    ("metric", "forgiven", "usual"),
    [
        (RATE, 10, 10),
        (TIME_PER_IMAGE, 0.1, 0.1),
        (LAST_GOOD, 0.4, 0.4),
        (SUCCESS, 0.4, 1),
        (REQUESTS, 9 / 4, 1),
        (RECEIVED, 9 * 6144 / 4, 6144),
        (ATTEMPTS, 7, 4),
        (HIDDEN, 2, 0),
    ],
)
def test_a_metric_of_what_was_had(metric: Metric, forgiven: float, usual: float) -> None:
    assert of_pass(metric, FORGIVEN) == pytest.approx(forgiven)
    assert of_pass(metric, one_pass(0.1, images=4)) == pytest.approx(usual)


@pytest.mark.parametrize("metric", [REQUESTS, RECEIVED, HIDDEN])
def test_what_the_server_saw_is_unknown_where_it_is_not_ours(metric: Metric) -> None:
    for told in (None, attempts(4, hidden=None)):
        assert math.isnan(of_pass(metric, replace(one_pass(0.1, images=4), witness=None, attempts=told)))


def test_who_gives_up_early_is_quick_and_yet_has_no_more_images_a_second() -> None:
    """Half of the images in half of the time is the same rate, and a quarter of them in half of the time is half of it."""
    whole = one_pass(0.1, images=8)
    early = replace(one_pass(0.1, images=4), attempts=attempts(4, never=4))
    lost = replace(one_pass(0.1, images=2), wall_s=0.4, attempts=attempts(2, never=6))
    assert of_pass(RATE, early) == pytest.approx(of_pass(RATE, whole))
    assert of_pass(RATE, lost) == pytest.approx(of_pass(RATE, whole) / 2)
    assert (of_pass(SUCCESS, early), of_pass(SUCCESS, lost)) == (0.5, 0.25)


def test_what_came_of_the_images_is_judged_and_no_disturbed_host_moves_it() -> None:
    assert {key for key, metric in JUDGED.items() if metric.is_steady} == {
        *("success_share", "requests_per_image", "received_bytes_per_image", "peak_rss_bytes"),
    }


@pytest.mark.parametrize(
    ("told", "message"),
    [
        (attempts(3, wrong=1), "attempts: 3 images are verified, and 4 have times"),
        (
            replace(attempts(4), asked=5),
            "attempts: what came of the images does not add up to the 5 that were",
        ),
        (
            replace(attempts(4), took_s=(0.1,)),
            "attempts: image, start_s, took_s and error must have a value per",
        ),
        (replace(attempts(4), image=(0, 1, 2, 4)), "attempts: image 4 is none of the 4 that were asked"),
    ],
)
def test_attempts_that_contradict_themselves_are_no_record(told: Attempts, message: str) -> None:
    made = replace(trial(cell(), 0), passes=(replace(one_pass(0.1, images=4), attempts=told),))
    with pytest.raises(ValueError, match=message):
        encode(made)


@given(
    st.integers(1, 9),
    st.integers(0, 9),
    st.dictionaries(st.sampled_from(["A", "B 404"]), st.integers(1, 9)),
    st.integers(0, 9),
)
def test_every_image_is_counted_once(verified: int, wrong: int, failed: dict[str, int], never: int) -> None:
    passed = replace(
        one_pass(0.1, images=verified), attempts=attempts(verified, wrong=wrong, never=never, failed=failed)
    )
    made: Trial = replace(trial(cell(), 0), passes=(passed,))
    assert encode(made)[1] == made
    assert of_pass(SUCCESS, passed) == verified / (verified + wrong + sum(failed.values()) + never)
