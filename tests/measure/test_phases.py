"""Phases of an image, by moments typed by hand."""

from harness.measure.phases import phases
from harness.measured import Phases

URLS = ["https://a/s/one.jpg", "https://a/s/two.jpg", "https://a/s/three.jpg"]
TOLD = {"began_at": 100.0, "start_s": [0.0, 0.0, 0.1], "latency_s": [0.5, 0.75, 0.4]}
MOMENTS: dict[str, list[float | None]] = {
    "/s/one.jpg": [100.2, 100.25, 100.3],  # a new connection, and a thinking time
    "/s/two.jpg": [None, 100.35, None],  # waits until a connection is free
    "/s/three.jpg": [100.15, 100.2, None],
    "/s/found/three.jpg": [None, 100.4, None],  # behind a redirect
}


def test_the_phases_of_an_image_make_up_its_latency() -> None:
    found = phases(URLS, TOLD, MOMENTS)
    assert found == Phases(
        connecting_s=(0.2, 0.0, 0.0),
        reaching_s=(0.05, 0.35, 0.3),
        thinking_s=(0.05, 0.0, 0.0),
        receiving_s=(0.2, 0.4, 0.1),
    )


def test_a_connection_that_was_opened_for_another_is_no_time_of_this_one() -> None:
    found = phases(
        URLS[:1], TOLD | {"start_s": [0.3], "latency_s": [0.2]}, {"/s/one.jpg": [100.1, 100.35, None]}
    )
    assert found == Phases(connecting_s=(0.0,), reaching_s=(0.05,), thinking_s=(0.0,), receiving_s=(0.15,))


def test_what_the_server_did_not_see_has_no_phases() -> None:
    assert phases(URLS, TOLD, {"/s/one.jpg": [None, 100.2, None]}) is None
