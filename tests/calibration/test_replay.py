"""The proof of recorded networks: what it makes of runs and figures typed by hand, and that it runs as it is documented."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from harness.calibration.replay import Orders, bytes_of, findings, orders, run, served, text
from harness.ledger import Ledger
from harness.link import Link
from harness.measure.link.line import LinkUnavailable, open_link
from harness.measure.planning.suite import read_suite_file
from harness.workload import Workload
from tests.builders import cell, series
from tests.report.ledgers import VARIANTS, make_book

LINE = Link(round_trip_s=0.04)
SEEN = Workload.of(
    "w", images=4, image_bytes=(2_000, 4_000), latency_s=0.0, round_trip_s=0.041, concurrency=8, sink="memory"
)


def measured(times: Mapping[str, Sequence[float | None]]) -> Ledger:
    """A run of these variants: the time of each in each round."""
    trials = [trial for name, values in times.items() for trial in series(cell(name), values)]
    return replace(make_book(variants=VARIANTS[:1], rounds=1), trials=tuple(trials))


def test_what_was_found_is_held_against_what_was_asked() -> None:
    assert [each.is_near for each in findings(LINE, SEEN.what.sizes, SEEN)] == [True, True, True]
    far = findings(LINE, SEEN.what.sizes, SEEN.but(round_trip_s=0.0421, image_bytes=(2_000, 5_000)))
    assert [each.is_near for each in far] == [False, False, False]
    assert findings(
        Link(round_trip_s=0.1), [2_000], SEEN.but(images=1, image_bytes=2_000, round_trip_s=0.104)
    )[0].is_near


def test_only_what_is_told_apart_in_both_can_be_opposed() -> None:
    steady = [1.0, 1.01, 0.99, 1.0]
    twice, noisy = [2.0, 2.0, 2.02, 1.97], [0.5, 2.0, 0.7, 1.6]
    first = measured({"a": steady, "b": twice, "c": noisy})
    assert orders(first, first) == Orders(original=1, copy=1, both=1, opposed=())
    turned = measured({"a": twice, "b": steady, "c": noisy})
    found = orders(first, turned)
    assert found == Orders(original=1, copy=1, both=1, opposed=(("a", "b"),))
    assert "of these in opposite order: a and b" in text([], found)
    assert orders(first, measured({"a": twice, "c": noisy})).both == 0


@pytest.mark.long
def test_nginx_on_a_line_is_found_again(tmp_path: Path) -> None:
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin")
    if nginx is None:
        pytest.skip("nginx is missing")
    try:
        with open_link(LINE) as line, served(nginx, line, tmp_path, 5, ()):
            asked = ("--urls", tmp_path / "urls.txt", "--name", "copy", "--out", tmp_path / "copy.toml")
            run(*line.client_prefix, "record", *asked)
    except LinkUnavailable as reason:
        pytest.skip(str(reason))
    seen = read_suite_file(tmp_path / "copy.toml").workload("copy-memory")
    trip, total, furthest = findings(LINE, bytes_of(5), seen)
    assert (total.is_near, furthest.is_near) == (True, True)
    assert 0.04 <= trip.found < 0.06  # a busy machine may be late, and never early
