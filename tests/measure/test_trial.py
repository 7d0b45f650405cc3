"""What makes a pass wrong, and how long a trial goes on. Rows typed by hand; no process is started."""

from dataclasses import replace

import pytest

from harness.measure.trial import complaint_about
from harness.model import Pass
from harness.workload import Workload
from tests.builders import one_pass

SLOW = Workload.of(
    name="w", images=10, image_bytes=4096, latency_s=0.05, concurrency=5, sink="memory", seed=1
)
FAST = SLOW.but(latency_s=0.0)


def seen(*, worker_peak: int = 5, server_peak: int = 5, **witness: object) -> Pass:
    one = one_pass(0.01, images=10)
    changed = replace(one.witness, **({"peak_in_flight": server_peak} | witness))  # type: ignore[arg-type]
    return replace(one, peak_in_flight=worker_peak, witness=changed)


def test_a_pass_as_asked_has_no_complaint() -> None:
    assert complaint_about(seen(), SLOW, None) is None


@pytest.mark.parametrize(
    ("one", "workload", "in_flight", "expected"),
    [
        (seen(requests=0, statuses={}), SLOW, None, "the server saw 0 requests for 10 images"),
        (seen(requests=11), SLOW, None, "the server saw 11 requests for 10 images"),
        (seen(statuses={"200": 9, "404": 1}), SLOW, None, "the server answered with the statuses 200, 404"),
        (seen(different=9), SLOW, None, "the server was asked for 9 of 10 images, for some more than once"),
        (
            seen(arriving_s=0.2),
            SLOW,
            None,
            "requests arrived at the server for 0.2 s, but the pass took 0.1 s",
        ),
        (seen(worker_peak=3), SLOW, 2, "5 images were in flight, and it says IN_FLIGHT = 2"),
        (seen(server_peak=6), SLOW, None, "6 requests were in flight where 5 were allowed"),
        (seen(worker_peak=1), FAST, None, "ran one image at a time where 5 were asked"),
        (seen(server_peak=1), SLOW, None, "ran one image at a time where 5 were asked"),
    ],
)
def test_complaints(one: Pass, workload: Workload, in_flight: int | None, expected: str) -> None:
    complaint = complaint_about(one, workload, in_flight)
    assert complaint is not None
    assert complaint.startswith(expected)


def test_one_at_a_time_is_no_lie_if_it_is_said_or_asked() -> None:
    alone = seen(worker_peak=1, server_peak=1)
    assert complaint_about(alone, SLOW, 1) is None
    assert complaint_about(alone, SLOW.but(concurrency=1), None) is None


def test_without_latency_the_server_may_see_one_at_a_time() -> None:
    assert complaint_about(seen(server_peak=1), FAST, None) is None
