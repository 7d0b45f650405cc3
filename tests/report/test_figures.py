"""Figure, data table, alt text and CSV of an figure tell the same, because they come from one frame."""

import io
import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from harness.report.csvs import to_csv
from harness.report.drawings import charts
from harness.report.drawings.style import looks
from harness.report.figures.figure import ReportFigure
from harness.report.figures.of_run import of_host, of_run, sweeps
from harness.report.figures.of_workload import of_workload
from harness.report.frames.tables import front, make_tables
from harness.report.page.strips import strips
from harness.report.words.formats import HTML, PLAIN, cell
from harness.report.words.ranked import RATIO
from harness.stats.judge import judge_run
from harness.workload import Workload
from tests.report.ledgers import make_book, workload

BOOK = make_book(rounds=5, workloads=[workload("a-memory"), workload("b-memory", concurrency=64)])
TABLES = make_tables(BOOK, judge_run(BOOK))
FIGURES = {
    figure.name: figure
    for figure in (*of_workload(TABLES, "a-memory", "a"), *of_run(BOOK, TABLES), *of_host(TABLES))
}


def csv_of(figure: ReportFigure) -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(to_csv(TABLES.files[figure.csv])), keep_default_na=False, na_values=[""])


def drawn_texts(figure: ReportFigure) -> list[str]:
    look = looks(BOOK.run.contenders, BOOK.run.plan.variants)
    svg = charts.render(figure.draw, figure.frame, look, figure.title)
    return ["".join(text.itertext()) for text in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]  # noqa: S314 - our own


def test_all_kinds_are_there() -> None:
    assert set(FIGURES) == {
        "ranking-a", "race-a", "completion-a", "latency-a", "cost-a", "factors-a", "scaling-1", "host",
    }  # fmt: skip


@pytest.mark.parametrize("name", FIGURES)
def test_every_number_of_the_table_stands_in_its_csv(name: str) -> None:
    figure = FIGURES[name]
    known = {f"{value:.7g}" for value in csv_of(figure).select_dtypes("number").to_numpy().ravel()}
    known |= {
        f"{value:.7g}" for value in TABLES.summary.select_dtypes("number").to_numpy(dtype=float).ravel()
    }
    rows = figure.table.to_dict("records")
    values = re.findall(
        r'value="([^"]*)"', "".join(cell(HTML, row, column) for row in rows for column in figure.columns)
    )
    assert len(values) >= len(rows)
    assert {value for value in values if f"{float(value):.7g}" not in known} == set()


@pytest.mark.parametrize("name", FIGURES)
def test_the_alt_text_says_what_the_table_says(name: str) -> None:
    figure = FIGURES[name]
    assert figure.alt.startswith(figure.title)
    for row in figure.table.to_dict("records")[:6]:
        for column in figure.columns:
            said = re.sub("<[^>]*>", "", str(cell(HTML, row, column)))
            assert said.replace("&#39;", "'") in figure.alt


@pytest.mark.parametrize(("name", "key"), [("ranking-a", "ratio"), ("factors-a", "ratio")])
def test_a_forest_prints_the_figures_of_its_table(name: str, key: str) -> None:
    figure = FIGURES[name]
    texts = drawn_texts(figure)
    for row in figure.table.to_dict("records"):
        if not pd.isna(row[key]):
            text = cell(PLAIN, row, RATIO)
            assert text in texts
            assert text in figure.alt or len(figure.table) > 6


def test_the_lines_are_the_rows_of_the_frame() -> None:
    figure = FIGURES["completion-a"]
    with mpl.rc_context(charts.RC):
        drawing = figure.draw(figure.frame, looks(BOOK.run.contenders, BOOK.run.plan.variants), "")
    drawn = {
        tuple(np.round(np.asarray(line.get_xdata(), dtype=float), 12))
        for axes in drawing.axes
        for line in axes.lines
    }
    for _, of in figure.frame.groupby("variant"):
        assert tuple(np.round(of["time_s"], 12)) in drawn


def test_an_ideal_is_told_of_a_race_where_one_is_drawn_and_nowhere_else() -> None:
    figure = FIGURES["race-a"]
    for ideal_s, is_told in ((0.01, True), (np.nan, False)):
        texts = drawn_texts(replace(figure, frame=figure.frame.assign(ideal_s=ideal_s)))
        assert any("grey the least time that is possible" in text for text in texts) == is_told
    assert "ideal" not in figure.caption


def test_a_race_has_a_bar_for_each_image_on_one_axis() -> None:
    frame = FIGURES["race-a"].frame
    found = strips(frame, looks(BOOK.run.contenders, BOOK.run.plan.variants))
    ends = frame.groupby("concurrency")["end_s"].max().sort_values()
    assert [strip.model for strip in found.strips] == list(ends.index)
    assert [strip.bars.count("M") for strip in found.strips] == [200] * len(ends)
    assert found.ideal == pytest.approx(frame["ideal_s"].iloc[0] / ends.iloc[-1])
    bars = [bar.replace("h", " ").split() for bar in found.strips[-1].bars.split("M")[1:]]
    assert max(float(start) + float(length) for start, _, length in bars) == pytest.approx(1000, abs=0.2)


def test_of_a_long_pass_every_so_many_images_are_shown() -> None:
    many = make_book(rounds=1, variants=["gather/a/asyncio"], workloads=[workload("a-memory")])
    trial = many.trials[0]
    passes = tuple(replace(each, start_s=(0.0,) * 1000, latency_s=(0.1,) * 1000) for each in trial.passes)
    many = replace(many, trials=(replace(trial, passes=passes),))
    shown = make_tables(many, judge_run(many)).race
    assert list(shown["image"].iloc[:3]) == [1, 4, 7]
    assert len(shown) == 334


def test_the_points_of_the_cost_chart_are_the_rows_of_the_frame() -> None:
    figure = FIGURES["cost-a"]
    with mpl.rc_context(charts.RC):
        drawing = figure.draw(figure.frame, looks(BOOK.run.contenders, BOOK.run.plan.variants), "")
    ends = [(np.asarray(line.get_xdata()), np.asarray(line.get_ydata())) for line in drawing.axes[0].lines]
    points = {(float(x[0]), float(y[0])) for x, y in ends if len(x) == 1}
    assert points == set(
        zip(figure.frame["client_cpu_s_per_1000_images"], figure.frame["images_per_s"], strict=True)
    )


def test_a_variant_looks_the_same_everywhere() -> None:
    look = looks(BOOK.run.contenders, BOOK.run.plan.variants)
    triples = {(drawn.colour, drawn.marker, drawn.dash) for drawn in look.values()}
    assert len(triples) == len(look)
    some = looks(BOOK.run.contenders, BOOK.run.plan.variants[:2])
    assert all(look[variant] == drawn for variant, drawn in some.items())


def test_the_front_is_beaten_by_none() -> None:
    rows = pd.DataFrame({"images_per_s": [100.0, 90.0, 95.0, 20.0], "cost": [3.0, 1.0, 2.0, 2.5]})
    assert list(front(rows, "cost")) == [1, 2, 0]


def test_series_in_a_panel_are_seven_at_most() -> None:
    many = make_book(rounds=3, variants=[f"gather/client_{number}" for number in range(12)])
    tables = make_tables(many, judge_run(many))
    look = looks(many.run.contenders, many.run.plan.variants)
    for figure in of_workload(tables, "small-memory", "s"):
        if figure.kind in {"completion", "latency"}:
            with mpl.rc_context(charts.RC):
                drawing = figure.draw(figure.frame, look, "")
            coloured = [
                [line for line in axes.lines if line.get_color() != charts.CONTEXT] for axes in drawing.axes
            ]
            assert max(map(len, coloured)) <= 7


def test_workloads_that_differ_in_one_number_alone_are_a_sweep() -> None:
    plain = Workload.of("a", images=10, image_bytes=2_048, concurrency=4, sink="memory")
    wide = plain.but(name="b", concurrency=16)
    retried = plain.but(name="c", attempts=4)
    both = plain.but(name="d", attempts=4, concurrency=16)
    disk = plain.but(name="e", sink="disk", concurrency=32)
    mixed = plain.but(name="f", image_bytes=(2_048, 4_096))
    assert sweeps([plain, disk, mixed]) == []
    assert sweeps([plain, wide, disk]) == [("concurrency", {"a": 4, "b": 16})]
    assert sweeps([plain, wide, retried, both]) == [
        ("concurrency", {"a": 4, "b": 16}),
        ("concurrency", {"c": 4, "d": 16}),
        ("attempts", {"a": 1, "c": 4}),
        ("attempts", {"b": 1, "d": 4}),
    ]
