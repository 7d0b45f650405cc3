"""What images meet: as many as their shares say, the same for the same seed, and where an address is at fault it stays."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.draws import moved
from harness.faults import FAULTS, Met, drawn_faults, fixed_places

shares = st.dictionaries(
    st.sampled_from(sorted(FAULTS)), st.integers(0, 20).map(lambda part: part / 100), max_size=5
)


@given(shares, st.integers(1, 5), st.integers(1, 300), st.integers(0, 2**32))
def test_as_many_images_meet_a_fault_as_its_share_says(
    asked: dict[str, float], attempts: int, images: int, seed: int
) -> None:
    found = drawn_faults(tuple(asked.items()), attempts, images, seed)
    assert found == drawn_faults(tuple(asked.items()), attempts, images, seed)
    assert len(found) == images
    counted = Counter(met.fault for met in found if met)
    if sum(round(share * images) for share in asked.values()) <= images:
        assert counted == Counter({fault: round(share * images) for fault, share in asked.items()})
    for met in filter(None, found):
        assert met.attempts is None if FAULTS[met.fault].is_lasting else 1 <= (met.attempts or 0) <= attempts


@given(st.integers(1, 60), st.sets(st.integers(0, 59)), st.integers(0, 2**32))
def test_all_items_but_the_fixed_ones_move_among_themselves(count: int, fixed: set[int], seed: int) -> None:
    items, fixed = list(range(count)), {place for place in fixed if place < count}
    found = moved(items, seed, fixed)
    assert sorted(found) == items
    stayed = {place for place, item in enumerate(found) if item == place}
    free = count - len(fixed)
    assert stayed == (fixed if free > 1 else set(items))


def test_a_move_is_the_same_for_the_same_seed() -> None:
    assert "".join(moved("abcdefgh", 3)) == "cadfhgeb"
    assert "".join(moved("abcdefgh", 3, {0, 7})) == "adbefgch"


@pytest.mark.parametrize(
    ("attempts", "meets"),
    [
        (1, [True, False, True, False, True, False]),
        (2, [True, True, False, True, True, False]),
        (4, [True, True, True, True, False, True]),
        (None, [True] * 6),
    ],
)
def test_the_first_attempts_meet_the_fault_then_one_does_not(attempts: int | None, meets: list[bool]) -> None:
    assert [Met("unavailable", attempts).is_met(request) for request in range(6)] == meets


def test_places_are_fixed_whose_address_is_at_fault() -> None:
    names = ("not_found", "refused", None, "stall_in_body", "expired_certificate", "unroutable")
    assert fixed_places([Met(name, None) if name else None for name in names]) == {1, 4, 5}
