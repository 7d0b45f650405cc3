"""When packets leave a line: rows by hand, and what holds for any packets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.link import Link
from harness.measure.link.pacing import QUEUE_S, Lane, lanes

MS = 0.001
FULL = 1_500  # bytes, of which 12 Mbit/s carry one in a millisecond


def lane(
    delay_s: float = 0.0, jitter_s: float = 0.0, bits_per_s: float = 0.0, loss: float = 0.0, seed: int = 1
) -> Lane:
    return Lane(delay_s=delay_s, jitter_s=jitter_s, bits_per_s=bits_per_s, loss=loss, seed=seed)


@pytest.mark.parametrize(
    ("made", "arrivals", "due"),
    [
        (lane(10 * MS), [(0.0, FULL), (0.0, 40), (5 * MS, FULL)], [10, 10, 15]),
        (lane(10 * MS, bits_per_s=12e6), [(0.0, FULL), (0.0, FULL), (0.0, 750)], [11, 12, 12.5]),
        (lane(10 * MS, bits_per_s=12e6), [(0.0, FULL), (3 * MS, FULL), (3.5 * MS, FULL)], [11, 14, 15]),
    ],
    ids=["a delay alone holds nobody up", "one after the other", "an idle line sends at once"],
)
def test_rows_by_hand(made: Lane, arrivals: list[tuple[float, int]], due: list[float]) -> None:
    assert [made.due(now, size) for now, size in arrivals] == pytest.approx(
        [milliseconds * MS for milliseconds in due]
    )


def test_what_would_wait_too_long_is_dropped_and_takes_no_time_of_the_line() -> None:
    made = lane(bits_per_s=12e6)
    found = [made.due(0.0, FULL) for _ in range(400)]
    kept = [moment for moment in found if moment is not None]
    assert len(kept) == pytest.approx(QUEUE_S / MS + 1, abs=1)
    assert found[-1] is None
    assert made.due(kept[-1], FULL) == pytest.approx(kept[-1] + MS)


def test_losses_are_drawn_from_the_seed_and_come_as_often_as_asked() -> None:
    def lost(seed: int) -> list[bool]:
        made = lane(loss=0.1, seed=seed)
        return [made.due(0.0, FULL) is None for _ in range(10_000)]

    assert lost(1) == lost(1) != lost(2)
    assert sum(lost(1)) == pytest.approx(1_000, abs=4 * 30)


def test_each_direction_has_half_of_the_round_trip_and_its_own_rate() -> None:
    up, down = lanes(Link(round_trip_s=40 * MS, up_bits_per_s=12e6, down_bits_per_s=24e6), seed=1)
    assert (up.due(0.0, FULL), down.due(0.0, FULL)) == pytest.approx((21 * MS, 20.5 * MS))


@given(
    delay_s=st.floats(0, 1),
    jitter_share=st.floats(0, 1),
    bits_per_s=st.just(0.0) | st.floats(1e5, 1e10),
    gaps=st.lists(st.tuples(st.floats(0, 0.1), st.integers(20, FULL)), max_size=60),
    seed=st.integers(0, 100),
)
def test_in_order_never_early_and_never_quicker_than_the_rate(
    delay_s: float, jitter_share: float, bits_per_s: float, gaps: list[tuple[float, int]], seed: int
) -> None:
    jitter_s = delay_s * jitter_share
    made, now = lane(delay_s, jitter_s, bits_per_s, seed=seed), 0.0
    kept: list[tuple[float, int]] = []
    for gap, size in gaps:
        now += gap
        due = made.due(now, size)
        if due is not None:
            assert due >= now + delay_s - jitter_s - 1e-9
            kept.append((due, size))
        else:
            assert bits_per_s
    assert kept == sorted(kept, key=lambda packet: packet[0])
    for first, (began, _) in enumerate(kept):
        sent = 0
        for due, size in kept[first + 1 :]:
            sent += size
            assert bits_per_s * (due - began) >= sent * 8 * (1 - 1e-9) - 1e-3 or not bits_per_s
