"""What a pass must show and what makes one wrong. Rows typed by hand; no process is started."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.fields import HttpVersion
from harness.measure.expectation import Bodies, Expectation, check, check_bodies, expectation, why_skipped
from harness.measured import Pass
from harness.workload import Workload
from tests.builders import one_pass, variant
from tests.builders import seen as witnessed

SLOW = Workload.of(
    name="w", images=10, image_bytes=4096, latency_s=0.05, concurrency=5, sink="memory", seed=1
)
FAST = SLOW.but(latency_s=0.0)
SPAN = (99.999, 100.101)  # from outside


def seen(*, worker_peak: int = 5, server_peak: int = 5, **witness: object) -> Pass:
    """A pass from 100.0 to 100.1 of the machine's clock; its images took 0.1 s together."""
    measured = replace(one_pass(0.01, images=10), began_at=100.0, wall_s=0.1)
    times = {"reached_at": 100.001, "answered_at": 100.099, "waited_s": 0.09}
    changed = replace(witnessed(measured), **({"peak_in_flight": server_peak} | times | witness))  # type: ignore[arg-type]
    return replace(measured, peak_in_flight=worker_peak, witness=changed)


def told(**changes: object) -> Pass:
    """The same pass, of which the worker tells something else."""
    return replace(seen(), **changes)  # type: ignore[arg-type]


def wrong(
    passed: Pass, workload: Workload, in_flight: int | None = None, blocks: str | None = None
) -> str | None:
    """What speaks against a pass of this workload."""
    return check(expectation(workload, in_flight, ["aa"] * 10), passed, SPAN, blocks)


def test_what_is_expected_follows_from_what_is_asked() -> None:
    assert expectation(SLOW, 3, ["aa", "bb"]) == Expectation(
        images=10,
        bodies=("aa", "bb"),
        requests=10,
        statuses={"200": 10},
        different=10,
        most_in_flight=5,
        stated_in_flight=3,
        is_overlap_called=True,
        is_overlap_seen=True,
        http="1.1",
    )


def test_a_redirect_is_a_request_and_an_answer_more() -> None:
    expected = expectation(SLOW.but(redirect_share=0.2), None, [])
    assert (expected.images, expected.requests, expected.different) == (10, 12, 12)
    assert expected.statuses == {"200": 10, "302": 2}


@pytest.mark.parametrize(
    ("workload", "in_flight", "called", "at_the_server"),
    [
        (SLOW, None, True, True),
        (SLOW, 6, True, True),
        (FAST, None, True, False),
        (SLOW, 1, False, False),
        (SLOW.but(concurrency=1), None, False, False),
        (SLOW.but(images=1), None, False, False),
    ],
)
def test_overlap_is_expected_where_it_is_asked_for_and_can_be_seen(
    workload: Workload,
    in_flight: int | None,
    called: bool,  # noqa: FBT001 - a column of the table
    at_the_server: bool,  # noqa: FBT001 - the same
) -> None:
    expected = expectation(workload, in_flight, [])
    assert (expected.is_overlap_called, expected.is_overlap_seen) == (called, at_the_server)


@pytest.mark.parametrize(
    ("asked", "images", "in_flight", "expected"),
    [
        (5, 10, None, None),
        (5, 10, 5, None),
        (5, 10, 1, None),
        (5, 10, 6, "pool keeps 6 in flight, and 5 are asked"),
        (1, 10, 6, "pool keeps 6 in flight, and 1 is asked"),
        (5, 5, 6, None),  # there are no more
        (1, 1, 6, None),
        (1, 2, 6, "pool keeps 6 in flight, and 1 is asked"),
    ],
)
def test_a_model_that_cannot_keep_to_what_is_asked_is_skipped(
    asked: int, images: int, in_flight: int | None, expected: str | None
) -> None:
    model = replace(variant("pool/a"), in_flight=in_flight)
    assert why_skipped(SLOW.but(concurrency=asked, images=images), model) == expected


@pytest.mark.parametrize(
    ("asked", "spoken", "expected"),
    [
        ("1.1", ("1.1",), None),
        ("1.1", ("2",), "a speaks HTTP/2, and HTTP/1.1 is asked"),
        ("2", ("1.1",), "a speaks HTTP/1.1, and HTTP/2 is asked"),
        ("2", ("1.1", "2"), None),
    ],
)
def test_a_client_that_does_not_speak_what_is_asked_is_skipped(
    asked: HttpVersion, spoken: tuple[HttpVersion, ...], expected: str | None
) -> None:
    assert why_skipped(SLOW.but(tls=True, http=asked), replace(variant("pool/a"), http=spoken)) == expected


def test_a_pass_as_asked_has_nothing_wrong() -> None:
    assert wrong(seen(), SLOW) is None
    assert wrong(seen(http_version="2"), SLOW.but(tls=True, http="2")) is None


@pytest.mark.parametrize(
    ("passed", "workload", "in_flight", "expected"),
    [
        (seen(requests=0, statuses={}), SLOW, None, "the server saw 0 requests for 10 images"),
        (seen(requests=11), SLOW, None, "the server saw 11 requests for 10 images"),
        (
            seen(statuses={"200": 9, "404": 1}),
            SLOW,
            None,
            "the server answered 9 × 200, 1 × 404; expected was 10 × 200",
        ),
        (seen(statuses={"200": 9}), SLOW, None, "the server answered 9 × 200; expected was 10 × 200"),
        (seen(statuses={}), SLOW, None, "the server answered nothing; expected was 10 × 200"),
        (seen(different=9), SLOW, None, "the server was asked for 9 of 10 paths, for some more than once"),
        (seen(http_version="1.0"), SLOW, None, "it spoke HTTP/1.0 where HTTP/1.1 was asked"),
        (seen(), SLOW.but(tls=True, http="2"), None, "it spoke HTTP/1.1 where HTTP/2 was asked"),
        (seen(worker_peak=3), SLOW, 2, "5 images were in flight, and it says IN_FLIGHT = 2"),
        (seen(server_peak=6), SLOW, None, "6 requests were in flight where 5 were allowed"),
        (seen(worker_peak=1), FAST, None, "the model called fetch one at a time where 5 were asked: "),
        (
            seen(server_peak=1),
            SLOW,
            None,
            "fetches overlapped, but their requests came one at a time where 5 were asked: ",
        ),
    ],
)
def test_a_pass_that_shows_something_else_is_wrong(
    passed: Pass, workload: Workload, in_flight: int | None, expected: str
) -> None:
    assert str(wrong(passed, workload, in_flight)).startswith(expected)


def test_what_is_right_is_what_was_expected_whatever_that_is() -> None:
    """A workload with faults and one more try expects other statuses and more requests."""
    statuses = {"200": 9, "404": 1, "503": 2}
    expected = replace(expectation(SLOW, None, []), requests=12, statuses=statuses)
    assert check(expected, seen(requests=12, statuses=statuses), SPAN) is None
    assert str(check(expected, seen(), SPAN)).startswith(
        "the server saw 10 requests for 10 images, and 12 were expected"
    )
    assert check(expected, seen(requests=12, statuses={"200": 12}), SPAN) == (
        "the server answered 12 × 200; expected was 9 × 200, 1 × 404, 2 × 503"
    )


@pytest.mark.parametrize(
    ("passed", "expected"),
    [
        (seen(reached_at=100.0), None),
        (seen(reached_at=99.7), "the server was reached 0.3 s before the pass began"),
        (seen(answered_at=100.1), None),
        (seen(answered_at=100.15), "the server still answered 0.05 s after the pass had ended"),
        (told(wall_s=0.05), "the server still answered 0.049 s after the pass had ended"),
        (told(wall_s=0.0991), "by its own clock an image was fetched outside of the pass"),
        (told(start_s=(-0.001,) + (0.0,) * 9), "by its own clock an image was fetched outside of the pass"),
        (told(start_s=(0.0,) * 10, latency_s=(0.1,) * 9 + (0.11,)), "by its own clock an image was fetched outside"),
        (told(latency_s=(0.009,) * 10), None),
        (told(latency_s=(0.008,) * 10), "by its own clock all images together took 0.08 s, and the server alone"),
        (told(began_at=99.998), "its clock is wrong: by it the pass lasted from -0.001000 s to 0.099000 s after"),
        (told(began_at=100.002), "its clock is wrong"),
        (told(began_at=0.0), "its clock is wrong"),
        (told(wall_s=0.2), "its clock is wrong"),
        (told(wall_s=-1.0), "its clock is wrong"),
        (told(wall_s=float("nan")), "its clock is wrong"),
        (told(began_at=None), "the worker does not tell when the pass began"),
    ],
)  # fmt: skip
def test_what_the_worker_says_of_time_is_held_against_the_servers_and_our_own_clock(
    passed: Pass, expected: str | None
) -> None:
    found = wrong(passed, SLOW)
    assert found is None if expected is None else str(found).startswith(expected)


@pytest.mark.parametrize(
    ("digests", "sizes", "expected"),
    [
        (("aa", "bb"), (1, 2), None),
        (("aa", "cc"), (1, 2000), "1 of 2 bodies differ from the manifest (first: b.jpg, 2,000 bytes)"),
        (("bb", "aa"), (0, 2), "2 of 2 bodies differ from the manifest (first: a.jpg, 0 bytes)"),
        (
            ("aa", "dd"),
            (1, 0),
            "1 of 2 bodies are empty (first: b.jpg): read the body before the response is closed",
        ),
        ((), (), "the worker told of 0 bodies, and 2 were asked"),
        (("aa", "bb"), (1,), "the worker told of 2 bodies, and 2 were asked"),
    ],
)
def test_bodies_are_held_against_what_the_worker_cannot_know(
    digests: tuple[str, ...], sizes: tuple[int, ...], expected: str | None
) -> None:
    told = Bodies(digests=digests, sizes=sizes)
    due = expectation(SLOW, None, ["aa", "bb"])
    assert check_bodies(due, told, ["http://x/a.jpg", "http://x/b.jpg"]) == expected


def test_one_at_a_time_is_no_lie_if_it_is_said_or_asked() -> None:
    alone = seen(worker_peak=1, server_peak=1)
    assert wrong(alone, SLOW, 1) is None
    assert wrong(alone, SLOW.but(concurrency=1)) is None


def test_without_latency_the_server_may_see_one_at_a_time() -> None:
    assert wrong(seen(server_peak=1), FAST) is None


def test_a_fetch_that_blocks_is_to_blame_only_if_nothing_overlapped() -> None:
    assert wrong(seen(), SLOW, blocks="fetch blocks") is None
    told = wrong(seen(worker_peak=1), FAST, blocks="fetch blocks")
    assert told == "fetch blocks; its images came one at a time where 5 were asked"


@given(
    asked=st.integers(1, 12),
    in_flight=st.none() | st.integers(1, 12),
    latency_s=st.sampled_from([0.0, 0.05]),
    called=st.integers(1, 10),
    at_the_server=st.integers(1, 10),
    statuses=st.dictionaries(st.sampled_from(["200", "404", "503"]), st.integers(1, 10)),
)
def test_a_pass_is_right_exactly_if_it_shows_what_was_expected(
    asked: int,
    in_flight: int | None,
    latency_s: float,
    called: int,
    at_the_server: int,
    statuses: Mapping[str, int],
) -> None:
    workload = SLOW.but(concurrency=asked, latency_s=latency_s)
    passed = seen(worker_peak=called, server_peak=at_the_server, statuses=statuses)
    is_within = at_the_server <= asked and max(called, at_the_server) <= (in_flight or 10)
    needs_overlap = asked > 1 and in_flight != 1
    overlaps = called > 1 and (at_the_server > 1 or latency_s == 0)
    is_right = statuses == {"200": 10} and is_within and (overlaps or not needs_overlap)
    assert (wrong(passed, workload, in_flight) is None) is is_right
    model = replace(variant("pool/a"), in_flight=in_flight)
    if why_skipped(workload, model):  # what it says of itself and what is asked cannot both be shown
        assert wrong(seen(worker_peak=min(in_flight or 0, 10), server_peak=min(in_flight or 0, 10)), workload)
