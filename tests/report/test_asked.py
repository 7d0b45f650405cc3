"""What fields of a workload ask, as one phrase."""

from typing import Any

import pytest

from harness.report.words.formats import PLAIN
from harness.report.words.sentences import asked


@pytest.mark.parametrize(
    ("fields", "phrase"),
    [
        ({"images": 3, "image_bytes": 2048}, "3 images of 2.00 KiB"),
        ({"images": 3, "image_bytes": (1024, 2048, 8192)}, "3 images of 1.00 KiB to 8.00 KiB (median 2.00 KiB)"),
        ({"images": 3, "image_bytes": (2048, 2048)}, "3 images of 2.00 KiB"),
        ({"image_bytes": 1024, "tls": True, "hosts": 2}, " of 1.00 KiB over HTTPS from 2 hosts"),
        ({"round_trip_s": 0.02, "loss": 0.1}, " on a line of 20.0 ms round trip, 10.0 % lost"),
    ],
)  # fmt: skip
def test_a_phrase_says_what_is_asked_and_no_more(fields: dict[str, Any], phrase: str) -> None:
    assert asked(fields, PLAIN) == phrase
