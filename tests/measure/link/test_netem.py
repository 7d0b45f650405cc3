"""What netem is asked for, typed by hand; that it does so is seen in test_line, where the kernel has it."""

import pytest

from harness.link import Link
from harness.measure.link.netem import options


@pytest.mark.parametrize(
    ("link", "bits_per_s", "asked"),
    [
        (Link(name="one", round_trip_s=0.02), 12e6, "limit 261 delay 10000us rate 12000000bit"),
        (
            Link(name="two", round_trip_s=0.001, jitter_s=0.0005, loss=0.015),
            12e6,
            "limit 252 delay 500us 250us rate 12000000bit loss random 1.500000%",
        ),
        (Link(name="three", round_trip_s=0.0), 0.0, "limit 208335 delay 0us rate 10000000000bit"),
    ],
)
def test_a_link_in_the_words_of_netem(link: Link, bits_per_s: float, asked: str) -> None:
    assert " ".join(options(link, bits_per_s)) == asked
