"""Three counts of one fault: when they are equal, by rows typed by hand; and a whole program on the live server."""

import json
import subprocess
import sys
from typing import Any

import pytest

from harness.calibration.fault_counts import Counts
from harness.measure.processes.launch import ROOT


@pytest.mark.parametrize(
    ("fault", "counts", "is_equal"),
    [
        ("not_found", {"played": 10, "errors": {"HTTPError 404": 10}}, True),
        ("not_found", {"played": 9, "errors": {"HTTPError 404": 10}}, False),
        ("not_found", {"played": 10, "errors": {"HTTPError 404": 9}, "wrong": 1}, True),
        ("not_found", {"played": 10, "errors": {"HTTPError 404": 9}}, False),
        ("reset_before_head", {"played": 10, "errors": {"Reset": 4}, "retried": 6, "came": 6}, True),
        ("refused", {"errors": {"ConnectError": 10}}, True),
        ("slow_head", {"played": 10, "came": 10}, True),
        ("slow_head", {"played": 10, "came": 9, "errors": {"Timeout": 1}}, True),
        ("slow_head", {"played": 10, "came": 9}, False),
        ("closed_after_idle", {"played": 9, "came": 9, "errors": {"Closed": 1}}, False),
        ("closed_after_idle", {"played": 9, "came": 9, "errors": {"Closed": 1}, "unreached": 1}, True),
        ("redirect_loop", {"played": 110, "errors": {"TooManyRedirects": 10}, "retried": 100}, True),
        ("redirect_loop", {"played": 111, "errors": {"TooManyRedirects": 10}}, False),
        ("unroutable", {"reason": "no line"}, False),
    ],
)
def test_counts_are_equal_or_not(fault: str, counts: dict[str, Any], *, is_equal: bool) -> None:
    assert Counts(client="a", fault=fault, drawn=10, **counts).is_equal is is_equal


@pytest.mark.long
def test_faults_are_played_as_drawn_and_seen_as_played() -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "harness.calibration", "fault_counts", "--json", "--requests", "40"),
            *("--clients", "requests_session", "aiohttp_session"),
            *("--faults", "not_found", "short_body", "reset_in_body", "refused", "redirect_loop"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    rows = json.loads(done.stdout)
    assert len(rows) == 10
    assert [row for row in rows if not row["is_equal"]] == []
    assert (done.returncode, done.stderr) == (0, "")
