"""The account of a soak: every image is verified, or failed for a fault that it met."""

from collections.abc import Sequence

import pytest

from harness.faults import Met
from harness.measure.soak import Account, account

MEETS = [None, Met("not_found", None), Met("unavailable", 1), Met("unavailable", 3)]
FAILED = "HTTPError"


def accounted(verified: Sequence[int], failed: Sequence[int], wrong: Sequence[int] = (0, 0, 0, 0)) -> Account:
    answer = {
        "verified": verified,
        "wrong": wrong,
        "failed": [{FAILED: count} if count else {} for count in failed],
        "attempts": 99,
        "seconds": 1.5,
    }
    return account(answer, MEETS, attempts=3, faults={"not_found": 5}, requests=100)


def test_what_is_lost_for_a_fault_is_explained() -> None:
    found = accounted([5, 0, 5, 0], [0, 5, 0, 5])
    assert (found.asked, found.verified, found.failed, found.unexplained) == (20, 10, {FAILED: 10}, {})
    assert (found.attempts, found.requests, found.seconds) == (99, 100, 1.5)
    assert found.is_whole


@pytest.mark.parametrize(
    ("verified", "failed", "wrong"),
    [
        ([4, 0, 5, 0], [1, 5, 0, 5], [0, 0, 0, 0]),  # an image that meets nothing
        ([5, 0, 4, 0], [0, 5, 1, 5], [0, 0, 0, 0]),  # one whose fault passes before the last attempt
        ([5, 0, 5, 0], [0, 5, 0, 4], [0, 0, 0, 1]),  # one that was taken for good
    ],
)
def test_anything_else_is_no_whole_account(verified: list[int], failed: list[int], wrong: list[int]) -> None:
    assert not accounted(verified, failed, wrong).is_whole
