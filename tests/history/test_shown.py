"""What is drawn and written of a history: the same from the same, and of any series."""

from dataclasses import replace
from pathlib import Path

from harness.commands.history import read_trends
from harness.metrics import TIME_PER_IMAGE
from harness.report.history import history_html, history_md
from harness.report.trend_chart import trend_chart
from tests.history.synthetic import cells, series, write_store


def test_the_same_history_gives_the_same_bytes_and_names_are_no_markup(tmp_path: Path) -> None:
    evil = replace(cells()[0], variant="<script>alert(1)</script>/a|b/$x$")
    made = [replace(point, commit="<b>") for point in series(evil, 1, 200, [(100, 1.5)])]
    made[3] = replace(made[3], value=None, low=None, high=None, reason="<i>")
    made[-1] = replace(made[-1], value=None, low=None, high=None, reason="<u>\x1b[2J")
    write_store(tmp_path / "abc.jsonl", made)
    trends, machines = read_trends(tmp_path, "*", 0.05, [TIME_PER_IMAGE])
    assert trend_chart(trends[0]) == trend_chart(trends[0])
    traps = {"<u>host": {"cpu": "<u>\x1b[1m"}}
    html, text = history_html(trends, traps, 0.05).decode(), history_md(trends, machines, 0.05).decode()
    assert "<script" not in html + text
    assert "a\\|b" in text
    assert "<u>" not in html
    assert "machine &lt;u&gt;host: cpu &lt;u&gt;\\x1b[1m" in html
    assert "newest failed: &lt;u&gt;\\x1b[2J" in html


def test_all_dates_that_a_history_can_hold_have_room_in_a_chart(tmp_path: Path) -> None:
    first, last = series(cells()[0], 1, 2)
    write_store(
        tmp_path / "abc.jsonl", [replace(first, created_at=1e-9), replace(last, created_at=2.0**37 - 1)]
    )
    [trend], _ = read_trends(tmp_path, "*", 0.05, [TIME_PER_IMAGE])
    assert b"6000" in trend_chart(trend)


def test_a_series_of_failures_alone_has_a_chart_too(tmp_path: Path) -> None:
    made = [
        replace(point, value=None, low=None, high=None, reason="down") for point in series(cells()[0], 1, 3)
    ]
    write_store(tmp_path / "abc.jsonl", made)
    trends, machines = read_trends(tmp_path, "*", 0.05, [TIME_PER_IMAGE])
    assert b"every run failed" in trend_chart(trends[0])
    assert b"failed: down" in history_md(trends, machines, 0.05)
