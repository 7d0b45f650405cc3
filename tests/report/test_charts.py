"""What charts and formats share: ticks, labels that do not collide, texts that nothing acts on."""

import itertools

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from harness.report.drawings.charts import canvas, digits_to_tell, log, render, round_ticks, spread
from harness.report.frames.sources import lines_of_code
from harness.report.frames.tables import make_tables
from harness.report.units import seconds
from harness.report.words.formats import HTML, MARKDOWN, Column, cell, shown
from harness.stats.judge import judge_run
from tests.report.ledgers import VARIANTS, make_book, workload


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20), st.floats(0.001, 0.1))
def test_labels_are_spread_in_order_and_apart(heights: list[float], gap: float) -> None:
    moved = spread(sorted(heights), gap)
    assert len(moved) == len(heights)
    assert all(after - before >= gap * (1 - 1e-6) for before, after in itertools.pairwise(moved))


def test_labels_with_room_stay() -> None:
    assert spread([0.1, 0.5], 0.1) == [0.1, 0.5]
    assert spread([0.5, 0.5], 0.1) == pytest.approx([0.45, 0.55])


@given(st.floats(1e-6, 1e6), st.floats(1.1, 1e5))
def test_ticks_are_few_and_inside(low: float, factor: float) -> None:
    ticks = round_ticks(low, low * factor)
    assert len(ticks) <= 7
    assert all(low <= tick <= low * factor for tick in ticks)


def test_a_letter_that_the_font_lacks_is_left_to_whoever_shows_it() -> None:
    """A warning of it, which is an error here, would reach the user's terminal for each letter of each chart."""

    def chart(_rows: object, _looks: object, title: str) -> Figure:
        return canvas(title, (2, 1), (0.5, 0.5, 0.2, 0.4))[0]

    assert "日本" in render(chart, pd.DataFrame(), {}, "日本").decode()


def test_ticks_are_round() -> None:
    assert round_ticks(0.9, 60) == pytest.approx([1, 2, 5, 10, 20, 50])
    assert round_ticks(0.002, 0.9, 4) == pytest.approx([0.01, 0.1])


@pytest.mark.parametrize(
    ("ticks", "digits"),
    [([1, 2, 5], 1), ([0.05, 0.075, 0.1], 2), ([0.05, 0.075, 0.1, 0.125], 3), ([10, 20], 1), ([1.0005], 4)],
)
def test_a_label_is_its_tick(ticks: list[float], digits: int) -> None:
    assert digits_to_tell(ticks) == digits


@settings(max_examples=40, deadline=None)
@given(st.floats(1e-6, 1e6), st.floats(1.001, 1e5), st.floats(0.8, 8))
def test_labels_of_ticks_differ_and_do_not_collide(low: float, factor: float, width: float) -> None:
    figure, [axes] = canvas("", (width + 1, 2), (0.5, 0.5, 0.5, 0.5))
    log(axes.xaxis, seconds, low, low * factor)
    ticks = list(axes.xaxis.get_major_locator()())
    labels = [axes.xaxis.get_major_formatter()(tick, 0) for tick in ticks]
    assert len(set(labels)) == len(labels) >= 1
    figure.draw_without_rendering()
    boxes = [
        get_xticklabel.get_window_extent()
        for get_xticklabel in axes.get_xticklabels()
        if get_xticklabel.get_text()
    ]
    assert all(left.x1 < right.x0 for left, right in itertools.pairwise(boxes))


def test_markdown_is_inert() -> None:
    told = MARKDOWN.phrase("{x}", x="a|b `c` <img> @user #1 [l](http://x)\n* y")
    assert told == r"a\|b \`c\` &lt;img&gt; &#64;user \#1 \[l\](http:&#47;&#47;x) \* y"
    assert MARKDOWN.phrase("{x}", x=told) == told


def test_html_keeps_the_value_and_escapes_the_text() -> None:
    assert HTML.value(0.0512345678, "s") == '<data value="0.05123457">51.2 ms</data>'
    assert HTML.phrase("{x}", x="<b>") == "&lt;b&gt;"
    row = {"rate": 100.0, "rate_low": 99.0, "rate_high": 101.0}
    assert cell(MARKDOWN, row, Column(key="rate", head="", unit="", interval=True)) == "100.0 [99.0–101.0]"


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [(3.0, "count", "3"), (1234.5, "count", "1,234.5"), (0.031, "share", "3.1 %"), (float("nan"), "s", "–")],
)
def test_figures(value: float, unit: str, text: str) -> None:
    assert shown(value, unit) == text


def test_lines_of_code_leave_out_what_is_no_code() -> None:
    source = '"""Title.\n\nMore.\n"""\n\n# why\nimport os\n\n\ndef f():\n    """Doc."""\n    return """a\n    b"""\n'
    assert lines_of_code(source) == 4
    assert lines_of_code("def (:\n\n x") == 2


def test_picks_follow_their_rules() -> None:
    ledger = make_book(rounds=5, workloads=[workload("a-memory"), workload("b-memory")])
    tables = make_tables(ledger, judge_run(ledger))
    found = {(row["scope"], row["pick"]): row for row in tables.picks.to_dict("records")}
    assert list(dict.fromkeys(tables.picks["scope"])) == ["(all)", "a-memory", "b-memory"]
    first = tables.summary[(tables.summary["workload"] == "a-memory") & (tables.summary["rank"] == 1)].iloc[0]
    assert found["a-memory", "fastest"]["variant"] == first["variant"]
    ranked = tables.summary[tables.summary["workload"] == "a-memory"]
    cost = ranked["client_cpu_s_per_1000_images"] * ranked["peak_rss_bytes"]
    assert (
        found["a-memory", "cheapest in CPU and memory"]["variant"]
        == ranked.assign(cost=cost).sort_values("cost")["variant"].iloc[0]
    )
    good = ranked[ranked["ratio_to_best"] <= 1.25]
    simplest = found["a-memory", "simplest that is good enough"]
    assert simplest["source_lines"] == good["source_lines"].min()
    assert simplest["good_enough"] == len(good)


def test_a_failed_variant_is_never_picked() -> None:
    ledger = make_book(rounds=3, failed={VARIANTS[4]: "no"})
    assert VARIANTS[4] not in set(make_tables(ledger, judge_run(ledger)).picks["variant"])
