"""From what was seen of a client and a fault to the words for it: rows typed by hand."""

import pytest

from harness.measure.conformance.outcomes import (
    Fetch,
    Meeting,
    Outcome,
    gravest,
    judged,
    leaked,
    outcome,
)

GOOD, BAD = "a" * 64, "b" * 64
CAME = Fetch(took_s=0.01, sha256=GOOD, bytes=6)
FOUND = Fetch(took_s=0.01, sha256=BAD, bytes=6)
RAISED = Fetch(took_s=0.01, error="x.ReadError", message="cut off")
CUT = Fetch(took_s=0.01, sha256="c" * 64, bytes=3)
LATE = Fetch(took_s=3.6, error="x.ReadTimeout", message="at last")
STILL = ((5, 1), (6, 1), (6, 1), (5, 1))


def meeting(faulty: Fetch, after: Fetch = CAME, held: tuple[tuple[int, int], ...] = STILL) -> Meeting:
    """Three times the same."""
    return Meeting(fetches=(CAME, *(fetch for _ in range(3) for fetch in (faulty, after))), held=held)


@pytest.mark.parametrize(
    ("fetch", "word"),
    [
        (CAME, "image"),
        (RAISED, "error"),
        (CUT, "taken for good"),
        (Fetch(took_s=0.01, sha256="NoneType", bytes=0), "taken for good"),
        (Fetch(took_s=3.5, error="x.ReadTimeout"), "error"),  # twice the timeout, and half a second
        (LATE, "hangs"),
        (Fetch(took_s=3.6, sha256=GOOD, bytes=6), "hangs"),  # it came, too late
    ],
)
def test_what_became_of_a_fetch(fetch: Fetch, word: str) -> None:
    assert outcome(fetch, GOOD, timeout_s=1.5) == word


@pytest.mark.parametrize(
    ("outcomes", "word"),
    [
        (["image", "error", "image"], "error"),
        (["error", "taken for good", "error"], "taken for good"),
        (["taken for good", "hangs", "image"], "hangs"),
        (["image", "image", "image"], "image"),
    ],
)
def test_a_cell_is_told_by_the_gravest_of_its_fetches(outcomes: list[Outcome], word: str) -> None:
    assert gravest(outcomes) == word


@pytest.mark.parametrize(
    ("held", "count"),
    [
        (((5, 1), (6, 1), (6, 1), (5, 1)), 0),
        (((5, 1), (6, 1), (8, 1), (5, 1)), 0),  # two more for three faults: a pool that has opened others
        (((5, 1), (6, 1), (9, 1), (5, 1)), 3),  # one more for every fault
        (((5, 1), (6, 1), (6, 1), (7, 1)), 2),  # left when it was closed
        (((5, 1), (6, 1), (6, 1), (5, 2)), 1),  # a thread
        (((5, 1), (6, 1), (9, 1), (10, 1)), 5),
        (((5, 2), (6, 1), (6, 1), (4, 1)), 0),
    ],
)
def test_what_was_not_given_back(held: tuple[tuple[int, int], ...], count: int) -> None:
    assert leaked(meeting(RAISED, held=held), faults=3) == count


@pytest.mark.parametrize(
    ("seen", "requests", "fault", "surprises"),
    [
        (meeting(RAISED), 3, "reset_in_body", ()),
        (meeting(CUT), 3, "short_body", ("taken for good",)),
        (meeting(LATE), 3, "trickle", ("hangs",)),
        (meeting(Fetch(took_s=5.0, sha256="c" * 64, bytes=3)), 3, "trickle", ("taken for good", "hangs")),
        (meeting(FOUND), 6, "unavailable", ("retried by itself",)),
        (meeting(FOUND), None, "refused", ()),
        (meeting(RAISED), 30, "redirect_loop", ()),  # a loop is many requests, and no second try
        (meeting(RAISED, after=RAISED), 3, "long_body", ("spoils the next",)),
        (meeting(RAISED, after=CUT), 3, "long_body", ("spoils the next",)),
        (
            meeting(CUT, held=((5, 1), (6, 1), (9, 1), (5, 1))),
            4,
            "short_body",
            ("taken for good", "retried by itself", "leaks"),
        ),
    ],
)  # fmt: skip
def test_what_a_user_would_not_expect(
    seen: Meeting, requests: int | None, fault: str, surprises: tuple[str, ...]
) -> None:
    found = judged(seen, fault=fault, good=[GOOD] * 4, bad=[BAD] * 3, timeout_s=1.5, requests=requests)
    assert found["surprises"] == surprises


def test_figures_of_a_cell() -> None:
    seen = meeting(Fetch(took_s=0.5, error="x.ReadError", message="cut off"))
    found = judged(seen, fault="reset_in_body", good=[GOOD] * 4, bad=[BAD] * 3, timeout_s=1.5, requests=6)
    assert found == {
        "outcome": "error",
        "surprises": ("retried by itself",),
        "error": "x.ReadError",
        "message": "cut off",
        "requests": 2.0,
        "took_s": 0.5,
        "leaked": 0,
    }
