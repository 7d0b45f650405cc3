"""The proof of lines: what it makes of figures typed by hand, and that it runs as it is documented."""

from pathlib import Path

import pytest

from harness.calibration.link import Finding, findings, told
from harness.link import Link
from harness.measure.link.line import LinkUnavailable, open_link
from tests.calibration.program import found_by

LINK = Link(round_trip_s=0.02, jitter_s=0.004, down_bits_per_s=15e6, loss=0.01)
OWN = {"echo_s": [0.0001], "connect_s": [0.0002], "handshake_s": [0.002]}
GOOD = {
    "echo_s": [0.0189, 0.0195, 0.0201, 0.0207, 0.0213],  # quartiles: 0.0192 and 0.0210
    "connect_s": [0.0205],
    "handshake_s": [0.0222],
    "down_bytes_per_s": 15e6 / 8 * 1448 / 1500,
    "up_bytes_per_s": 1e6,
    "datagrams": [1_000, 991, 980],
}


def found(**there: object) -> dict[str, Finding]:
    return {finding.what: finding for finding in findings("mine", LINK, OWN, GOOD | there)}


def test_what_was_asked_is_kept() -> None:
    all_of_it = found()
    assert all(finding.is_kept for finding in all_of_it.values())
    assert all_of_it["round trip"].seen == pytest.approx(0.02)
    assert all_of_it["TLS 1.3 handshake"].seen == pytest.approx(0.0202)
    assert all_of_it["spread"].asked == pytest.approx(0.00234, abs=1e-5)
    assert all_of_it["down"].seen == pytest.approx(15e6)
    assert all_of_it["up"].asked is None
    assert all_of_it["lost down"].seen == pytest.approx(11 / 991)


@pytest.mark.parametrize(
    ("what", "wrong"),
    [
        ("round trip", {"echo_s": [0.0212] * 5}),
        ("TCP connection", {"connect_s": [0.0402]}),
        ("TLS 1.3 handshake", {"handshake_s": [0.0262]}),
        ("spread", {"echo_s": [0.0155, 0.0175, 0.02, 0.0225, 0.0245]}),
        ("lost up", {"datagrams": [1_000, 960, 950]}),
        ("lost down", {"datagrams": [1_000, 990, 990]}),
    ],
)
def test_what_is_off_is_named(what: str, wrong: dict[str, object]) -> None:
    assert not found(**wrong)[what].is_kept


def test_a_rate_is_held_against_what_was_asked_where_nothing_is_lost() -> None:
    whole = Link(round_trip_s=0.02, down_bits_per_s=15e6)
    slow = GOOD | {"down_bytes_per_s": 1.7e6, "datagrams": [100, 100, 100]}
    verdicts = {finding.what: finding for finding in findings("mine", whole, OWN, slow)}
    assert not verdicts["down"].is_kept
    assert told(verdicts["down"]) == "mine: down: asked 15.0 Mbit/s, seen 14.1 Mbit/s: NOT KEPT"
    assert told(verdicts["up"]) == "mine: up 8.29 Mbit/s"
    assert told(verdicts["lost up"]) == "mine: lost up: asked 0.0 %, seen 0.0 %: kept"


@pytest.mark.long
def test_it_runs_as_it_is_documented(tmp_path: Path) -> None:
    try:
        with open_link(LINK):
            pass
    except LinkUnavailable as reason:
        pytest.skip(str(reason))
    rows = found_by("link", "--links open --seconds 0.1", tmp_path, codes=(0, 1))
    assert {row["link"] for row in rows} == {"open"}
    assert {"round trip", "TCP connection", "TLS 1.3 handshake", "down", "up"} <= {
        row["what"] for row in rows
    }
    assert [row["seen"] for row in rows if row["what"] == "lost up"] == [0.0]
