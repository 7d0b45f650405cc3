"""What each gate of the proof is asked, and that their order spreads every case over the series."""

from collections import Counter

from harness.calibration.gate_proof import _in_turn, wishes
from harness.metrics import PEAK_RSS, TIME_PER_IMAGE


def test_what_is_asked_goes_to_the_gate() -> None:
    assert wishes([], ()) == []
    assert wishes(["a/*", "b"], [TIME_PER_IMAGE, PEAK_RSS]) == [
        *("--variants", "a/*", "b"),
        *("--metric", "time_per_image_s,peak_rss_bytes"),
    ]


def test_every_case_meets_all_of_the_series() -> None:
    order = list(_in_turn({"slow": 2, "comment": 4, "never": 0}))
    assert order == ["comment", "slow", "comment", "comment", "slow", "comment"]
    assert Counter(order) == {"slow": 2, "comment": 4}
