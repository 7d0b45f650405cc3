"""Workloads in which images may fail: what came of each is counted, and nobody is had by a body that is none."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.faults import Met
from harness.measure.expectation import check, expectation
from harness.measure.forgiven import NothingVerifiedError, hidden_requests, sorted_out
from harness.measure.planning.catalog import Catalog, open_catalog
from harness.measure.server import Server
from harness.measure.worker.spec import Rule
from harness.measured import Attempts, Pass
from harness.model import TrialRules
from harness.workload import Workload
from tests.builders import attempts, one_pass, seen, witness
from tests.measure.contract import TINY, only, trials_of

URLS = [f"http://x/{name}.jpg" for name in "abcd"]
RULE = Rule(attempts=2, backoff_s=0.0, give_up_s=10.0, seed=5)
GOOD = ("aa", "bb", "cc", "dd")
NOT_FOUND, BUSY = Met("not_found", None), Met("unavailable", 1)
FEW_PASSES = TrialRules(warmups=1, trial_s=0.001, max_passes=1, timeout_s=30.0)
NAUGHTY = TINY.but(
    name="naughty-memory",
    images=60,
    latency_s=0.0,
    faults=(("not_found", 0.1), ("unavailable", 0.1), ("reset_in_body", 0.1)),
    retry_after_s=0,
    backoff_s=0.0,
    attempts=2,
)


def told(outcomes: Sequence[str | None], digests: Sequence[str] = GOOD) -> dict[str, Any]:
    """The answer of a worker after one attempt at each image that was called for."""
    called = [place for place, error in enumerate(outcomes) if error is not None]
    return {
        "start_s": [0.0] * len(outcomes),
        "latency_s": [0.1 * (place + 1) for place in range(len(outcomes))],
        "digests": list(digests),
        "outcomes": list(outcomes),
        "attempts": {
            "image": called,
            "start_s": [0.0] * len(called),
            "took_s": [0.1] * len(called),
            "error": [outcomes[place] for place in called],
        },
        "raised": None,
    }


@pytest.mark.parametrize(
    ("outcomes", "digests", "meets", "latency_s", "counts"),
    [
        (("", "", "", ""), GOOD, {}, [0.1, 0.2, 0.3, 0.4], (4, 0, {}, 0)),
        (("", "", "X 404", None), GOOD, {2: NOT_FOUND}, [0.1, 0.2], (2, 0, {"X 404": 1}, 1)),
        (("", "X", "X", ""), GOOD, {}, [0.1, 0.4], (2, 0, {"X": 2}, 0)),
        (("", "", "", ""), ("aa", "ee", "cc", ""), {}, [0.1, 0.3], (2, 2, {}, 0)),
        (("", "", "", ""), GOOD, {1: NOT_FOUND, 2: BUSY}, [0.1, 0.3, 0.4], (3, 1, {}, 0)),  # where there is none
        (("", "", "", ""), ("bb", "aa", "cc", "dd"), {}, [0.3, 0.4], (2, 2, {}, 0)),
    ],
)  # fmt: skip
def test_an_image_is_verified_only_by_its_own_body(
    outcomes: Sequence[str | None],
    digests: Sequence[str],
    meets: Mapping[int, Met],
    latency_s: list[float],
    counts: tuple[int, int, Mapping[str, int], int],
) -> None:
    found = sorted_out(GOOD, [meets.get(place) for place in range(4)], told(outcomes, digests), None)
    of = found["attempts"]
    assert found["latency_s"] == pytest.approx(latency_s)
    assert (of["verified"], of["wrong"], dict(of["failed"]), of["never"]) == counts
    assert (of["asked"], of["hidden_requests"]) == (4, None)


@pytest.mark.parametrize(
    ("outcomes", "digests", "message"),
    [
        (("X 404", "X 404", "Y", None), GOOD, r"none of 4 images .*: 2 × X 404, 1 × Y, 1 × never asked for$"),
        (("",) * 4, ("",) * 4, r"so there is no speed: 4 × taken for good and wrong$"),
        ((None,) * 4, GOOD, r"4 × never asked for$"),
    ],
)
def test_without_one_image_there_is_no_speed(
    outcomes: Sequence[str | None], digests: Sequence[str], message: str
) -> None:
    with pytest.raises(NothingVerifiedError, match=message):
        sorted_out(GOOD, [None] * 4, told(outcomes, digests), None)


def test_an_answer_of_another_number_of_images_cannot_be_read() -> None:
    with pytest.raises(ValueError, match="it tells of 4 images, and 3 were asked"):
        sorted_out(GOOD[:3], [None] * 3, told(("",) * 4), None)


@given(
    st.lists(
        st.tuples(st.sampled_from(["", "X", "Y 404", None]), st.booleans(), st.sampled_from([None, NOT_FOUND, BUSY])),
        min_size=1,
        max_size=30,
    )
)  # fmt: skip
def test_every_image_is_counted_once(images: list[tuple[str | None, bool, Met | None]]) -> None:
    outcomes = [outcome for outcome, *_ in images]
    bodies = [f"{place}" for place in range(len(images))]
    digests = [body if right else "no" for body, (_, right, _) in zip(bodies, images, strict=True)]
    meets = [met for *_, met in images]
    verified = [outcome == "" and right and met is not NOT_FOUND for outcome, right, met in images]
    if not any(verified):
        with pytest.raises(NothingVerifiedError):
            sorted_out(bodies, meets, told(outcomes, digests), None)
        return
    found = sorted_out(bodies, meets, told(outcomes, digests), witness())
    of = found["attempts"]
    assert of["verified"] == sum(verified) == len(found["latency_s"]) == len(found["start_s"])
    assert of["verified"] + of["wrong"] + sum(of["failed"].values()) + of["never"] == len(images)
    assert of["wrong"] == outcomes.count("") - sum(verified)


@pytest.mark.parametrize(
    ("requests", "redirects", "tried", "meets", "hidden"),
    [
        (4, 0, (0, 1, 2, 3), (None,) * 4, 0),
        (6, 0, (0, 1, 2, 3), (None,) * 4, 2),
        (6, 2, (0, 1, 2, 3), (None,) * 4, 0),
        (3, 0, (0, 1, 2, 3), (None,) * 4, 0),
        (3, 0, (0, 1, 2, 3), (None, Met("refused", None), None, None), 0),
        (4, 0, (0, 1, 2, 3), (None, Met("refused", None), None, None), 1),
        (14, 11, (0, 1, 2, 3), (None, Met("redirect_loop", None), None, None), 0),
        (5, 0, (0, 1, 2, 3, 3), (None, None, None, BUSY), 0),
    ],
)
def test_requests_beyond_attempts_were_hidden(
    requests: int, redirects: int, tried: Sequence[int], meets: Sequence[Met | None], hidden: int
) -> None:
    saw = replace(witness(requests=requests), statuses={"200": requests - redirects, "302": redirects})
    assert hidden_requests(saw, tried, meets) == hidden


SPAN = (99.9, 100.2)
FORGIVING = Workload.of(
    name="w", images=10, image_bytes=4096, latency_s=0.0, concurrency=5, sink="memory", seed=1, attempts=2
)
CALM = attempts(10)


def forgiven(of: Attempts = CALM, **changes: Any) -> Pass:
    """A pass of 0.1 s in which ten images were had in one attempt each, or as is said."""
    usual = replace(one_pass(0.01, images=of.verified), began_at=100.0, wall_s=0.1, peak_in_flight=5)
    times = {"reached_at": 100.001, "answered_at": 100.09, "waited_s": 0.0, "requests": len(of.error)}
    return replace(usual, attempts=of, witness=replace(seen(usual), **(times | changes)))


@pytest.mark.parametrize(
    ("passed", "message"),
    [
        (forgiven(), None),
        # What follows from the client too, and is no fault.
        (forgiven(requests=30, statuses={"200": 10, "503": 20}, different=9, peak_in_flight=40), None),
        (forgiven(answered_at=101.0, waited_s=9.0), None),
        (forgiven(attempts(4, wrong=1, never=3, failed={"X": 2})), None),
        (forgiven(replace(CALM, image=(0,) * 2 + tuple(range(8)))), "the worker told of 3 attempts at one image, and 2"),
        (forgiven(requests=9), "the server saw 9 requests, and the worker told of 10 answers"),
        (forgiven(attempts(4, failed={"X 404": 6}), requests=9), "the server saw 9 requests, and the worker told of 10"),
        (forgiven(attempts(4, failed={"X": 6}), requests=4), None),
        (forgiven(replace(CALM, took_s=(0.11,) * 10)), "by its own clock an attempt ended after the pass"),
        (forgiven(reached_at=99.95), "the server was reached 0.05 s before the pass began"),
        (forgiven(http_version="1.0"), "it spoke HTTP/1.0 where HTTP/1.1 was asked"),
        (replace(forgiven(), peak_in_flight=1), "the model called fetch one at a time where 5 were asked"),
    ],
)  # fmt: skip
def test_what_is_told_is_held_against_what_the_server_saw(passed: Pass, message: str | None) -> None:
    wrong = check(expectation(FORGIVING, None, ["aa"] * 10, [None] * 10), passed, SPAN)
    assert wrong is None if message is None else str(wrong).startswith(message)


def test_every_client_has_all_that_can_be_had(catalog: Catalog, server: Server) -> None:
    """Under the retry rule each has each image but those that are not there; 404, 503 and a cut body are told as such."""
    careful = {"sync": "thread_pool_catching", "async": "gather_return_exceptions"}
    speaking = [variant for variant in reversed(catalog.variants) if "1.1" in variant.http]
    of_each = {variant.client: variant.id for variant in speaking if variant.concurrency in careful.values()}
    trials = trials_of(only(catalog, *of_each.values()), server, NAUGHTY, rules=FEW_PASSES)
    assert {trial.cell.variant: trial.reason for trial in trials if trial.reason} == {}
    assert len(trials) == len(of_each) >= 6
    for trial in trials:
        for passed in trial.passes:
            of = passed.attempts
            assert of is not None
            assert (of.asked, of.verified, of.wrong, of.never) == (60, 54, 0, 0)
            assert sum(of.failed.values()) == sum("404" in error for error in of.error) == 6
            assert sum("503" in error for error in of.error) == 6
            assert len(passed.latency_s) == 54
            assert seen(passed).requests == len(of.error) + (of.hidden_requests or 0)
            assert len(of.error) + (of.hidden_requests or 0) == 60 + 6 + 6
            assert seen(passed).faults == {"not_found": 6, "unavailable": 6, "reset_in_body": 6}


LIAR = '''\
"""Whatever goes wrong, there is a body."""
import urllib.request
from contextlib import contextmanager

@contextmanager
def open_client(*, concurrency, timeout_s, ca_file):
    def fetch(url):
        try:
            return urllib.request.urlopen(url, timeout=timeout_s).read()
        except Exception:
            return b""
    yield fetch
'''


def test_a_client_that_hides_errors_has_wrong_bodies_and_no_images(
    server: Server, tmp_path: Path, small_tree: Path
) -> None:
    path = tmp_path / "liar.py"
    path.write_text(LIAR)
    few = only(open_catalog(sys.executable, clients=[path], root=small_tree), "thread_pool/liar")
    [trial] = trials_of(few, server, NAUGHTY, rules=FEW_PASSES)
    assert trial.reason is None
    for passed in trial.passes:
        of = passed.attempts
        assert of is not None
        assert (of.verified, of.wrong, dict(of.failed), of.never, of.raised) == (42, 18, {}, 0, None)


def test_a_naive_model_loses_images_and_is_told_so(catalog: Catalog, server: Server) -> None:
    workload = NAUGHTY.but(name="lost-memory", images=300, latency_s=0.02, faults=(("not_found", 0.5),))
    [trial] = trials_of(only(catalog, "thread_pool/requests_session"), server, workload, rules=FEW_PASSES)
    assert trial.reason is None
    for passed in trial.passes:
        of = passed.attempts
        assert of is not None
        assert of.raised == "requests.HTTPError 404"
        assert 0 < of.verified < 150
        assert of.never > 0
