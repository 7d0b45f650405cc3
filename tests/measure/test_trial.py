"""What makes a pass wrong, and how long a trial goes on. Rows typed by hand; no process is started."""

from dataclasses import replace

import pytest

from harness.measure.complaints import Bodies, complaint_about, complaint_about_bodies
from harness.model import Pass
from harness.workload import Workload
from tests.builders import one_pass

SLOW = Workload.of(
    name="w", images=10, image_bytes=4096, latency_s=0.05, concurrency=5, sink="memory", seed=1
)
FAST = SLOW.but(latency_s=0.0)


SPAN = (99.999, 100.101)  # from outside


def seen(*, worker_peak: int = 5, server_peak: int = 5, **witness: object) -> Pass:
    """A pass from 100.0 to 100.1 of the machine's clock; its images took 0.1 s together."""
    one = replace(one_pass(0.01, images=10), began_at=100.0, wall_s=0.1)
    times = {"reached_at": 100.001, "answered_at": 100.099, "waited_s": 0.09}
    changed = replace(one.witness, **({"peak_in_flight": server_peak} | times | witness))  # type: ignore[arg-type]
    return replace(one, peak_in_flight=worker_peak, witness=changed)


def told(**changes: object) -> Pass:
    """The same pass, of which the worker tells something else."""
    return replace(seen(), **changes)  # type: ignore[arg-type]


def test_a_pass_as_asked_has_no_complaint() -> None:
    assert complaint_about(seen(), SLOW, None, SPAN) is None


@pytest.mark.parametrize(
    ("one", "workload", "in_flight", "expected"),
    [
        (seen(requests=0, statuses={}), SLOW, None, "the server saw 0 requests for 10 images"),
        (seen(requests=11), SLOW, None, "the server saw 11 requests for 10 images"),
        (seen(statuses={"200": 9, "404": 1}), SLOW, None, "the server answered with the statuses 200, 404"),
        (seen(different=9), SLOW, None, "the server was asked for 9 of 10 images, for some more than once"),
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
def test_complaints(one: Pass, workload: Workload, in_flight: int | None, expected: str) -> None:
    complaint = complaint_about(one, workload, in_flight, SPAN)
    assert complaint is not None
    assert complaint.startswith(expected)


@pytest.mark.parametrize(
    ("one", "expected"),
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
    one: Pass, expected: str | None
) -> None:
    complaint = complaint_about(one, SLOW, None, SPAN)
    if expected is None:
        assert complaint is None
    else:
        assert complaint is not None
        assert complaint.startswith(expected)


@pytest.mark.parametrize(
    ("digests", "sizes", "expected"),
    [
        (("aa", "bb"), (1, 2), None),
        (("aa", "cc"), (1, 2000), "1 of 2 bodies differ from the manifest (first: b.jpg, 2,000 bytes)"),
        (("bb", "aa"), (0, 2), "2 of 2 bodies differ from the manifest (first: a.jpg, 0 bytes)"),
        ((), (), "the worker told of 0 bodies, and 2 were asked"),
        (("aa", "bb"), (1,), "the worker told of 2 bodies, and 2 were asked"),
    ],
)
def test_bodies_are_held_against_what_the_worker_cannot_know(
    digests: tuple[str, ...], sizes: tuple[int, ...], expected: str | None
) -> None:
    told = Bodies(digests=digests, sizes=sizes)
    assert complaint_about_bodies(told, ["http://x/a.jpg", "http://x/b.jpg"], ["aa", "bb"]) == expected


def test_one_at_a_time_is_no_lie_if_it_is_said_or_asked() -> None:
    alone = seen(worker_peak=1, server_peak=1)
    assert complaint_about(alone, SLOW, 1, SPAN) is None
    assert complaint_about(alone, SLOW.but(concurrency=1), None, SPAN) is None


def test_without_latency_the_server_may_see_one_at_a_time() -> None:
    assert complaint_about(seen(server_peak=1), FAST, None, SPAN) is None


def test_a_fetch_that_blocks_is_to_blame_only_if_nothing_overlapped() -> None:
    assert complaint_about(seen(), SLOW, None, SPAN, "fetch blocks") is None
    told = complaint_about(seen(worker_peak=1), FAST, None, SPAN, "fetch blocks")
    assert told == "fetch blocks; its images came one at a time where 5 were asked"
