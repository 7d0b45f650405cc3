"""What a report says of images that were lost: a column, a note and a table of errors, and nothing where none may be."""

import csv
import io
from dataclasses import replace

import pandas as pd
import pytest
from rich.console import Console

from harness.exports import requests_csv
from harness.ledger import Ledger
from harness.measured import Pass
from harness.metrics import LAST_GOOD, RECEIVED, REQUESTS, SUCCESS, Metric
from harness.report.csvs import to_csv
from harness.report.frames.errors import errors
from harness.report.frames.tables import Tables, make_tables
from harness.report.terminal import print_report
from harness.report.words.formats import PLAIN
from harness.report.words.situations import situations
from harness.stats.judge import judge_run
from tests.builders import attempts, seen
from tests.report.ledgers import IMAGES, VARIANTS, files_of, forgiven, make_book, workload

NAUGHTY = workload("small-memory").but(faults=(("not_found", 0.1),))
THERE = IMAGES - IMAGES // 10
CAREFUL = attempts(THERE, failed={"requests.HTTPError 404": 20})
STOPPED = attempts(100, wrong=5, never=80, failed={"aiohttp.ClientResponseError 404": 5, "TimeoutError": 10})


@pytest.fixture
def ledger() -> Ledger:
    made = make_book(workloads=[NAUGHTY, workload("large-memory")], rounds=6)
    told = dict.fromkeys(VARIANTS, CAREFUL) | {VARIANTS[2]: STOPPED}
    there = forgiven(made, told).trials
    whole = zip(made.trials, there, strict=True)
    trials = tuple(lost if usual.cell.workload == NAUGHTY.name else usual for usual, lost in whole)
    return Ledger(run=made.run, trials=trials, sentinels=made.sentinels, ceilings=made.ceilings, cut=False)


@pytest.fixture
def tables(ledger: Ledger) -> Tables:
    return make_tables(ledger, judge_run(ledger))


def of(frame: pd.DataFrame, workload_: str, variant: str) -> pd.DataFrame:
    return frame[(frame["workload"] == workload_) & (frame["variant"] == variant)]


def test_each_error_has_a_row_with_its_attempts_and_what_was_lost_by_it(ledger: Ledger) -> None:
    frame = errors(ledger)
    assert set(frame["workload"]) == {NAUGHTY.name}
    rows = of(frame, NAUGHTY.name, VARIANTS[2])[["error", "attempts", "images", "passes"]]
    timed = int(rows["passes"].iloc[0])
    assert timed >= 6
    assert rows.to_numpy().tolist() == [
        ["(never asked for)", 0, 80 * timed, timed],
        ["TimeoutError", 10 * timed, 10 * timed, timed],
        ["aiohttp.ClientResponseError 404", 5 * timed, 5 * timed, timed],
        ["(wrong body)", 0, 5 * timed, timed],
    ]
    whole = frame.groupby("variant")["images"].sum() / timed
    assert dict(whole) == dict.fromkeys(VARIANTS, IMAGES - THERE) | {VARIANTS[2]: 100}


def test_a_run_in_which_no_image_may_fail_has_no_errors() -> None:
    ledger = make_book()
    assert errors(ledger).empty
    assert b"error,attempts,images,passes" in to_csv(errors(ledger))


def test_the_share_is_shown_where_images_may_fail_and_nowhere_else(tables: Tables) -> None:
    assert of(tables.summary, NAUGHTY.name, VARIANTS[2])["success_share"].tolist() == [0.5]
    assert of(tables.summary, "large-memory", VARIANTS[2])["success_share"].tolist() == [1.0]
    assert of(tables.ranked, NAUGHTY.name, VARIANTS[0])["success_share"].tolist() == [0.9]
    assert of(tables.ranked, "large-memory", VARIANTS[0])["success_share"].isna().all()


@pytest.mark.usefixtures("unpainted")
def test_terminal_page_and_markdown_show_the_share_beside_the_speed(ledger: Ledger, tables: Tables) -> None:
    console = Console(file=io.StringIO(), width=140, force_terminal=True, color_system=None)
    print_report(console, tables, unfinished=False)
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    flat = " ".join(text.split())
    heads = [line for line in text.splitlines() if line.split()[:2] == ["rank", "variant"]]
    assert [line.split()[3] == "had" for line in heads] == [True, False]
    assert "50.0 %" in text
    assert "gave up: had 100 of the 180 images that can be had, and lost 80 with others that failed" in flat
    _, files = files_of(ledger)
    assert "| had |" in files["report.md"].decode()
    assert "gave up" in files["report.html"].decode()


def test_who_is_the_fastest_is_told_with_what_he_had(tables: Tables) -> None:
    told = {found.workload: str(found.lines) for found in situations(tables, PLAIN)}
    assert "% of all had)" in told[NAUGHTY.name]
    assert "of all had" not in told["large-memory"]


def test_no_ideal_is_told_where_giving_up_is_quicker(tables: Tables) -> None:
    assert of(tables.summary, NAUGHTY.name, VARIANTS[2])["ideal_share"].isna().all()
    assert of(tables.summary, "large-memory", VARIANTS[2])["ideal_share"].notna().all()


def test_requests_csv_has_a_row_per_attempt(ledger: Ledger) -> None:
    rows = list(csv.DictReader(io.StringIO(requests_csv.export(ledger)["requests.csv"].decode())))
    first = [row for row in rows if (row["workload"], row["variant"], row["round"], row["pass"]) == (
        NAUGHTY.name, VARIANTS[2], "1", "0")]  # fmt: skip
    assert len(first) == IMAGES - STOPPED.never
    assert [row["error"] for row in first] == [error or "none" for error in STOPPED.error]
    assert {row["error"] for row in rows if row["workload"] == "large-memory"} == {"none"}


@pytest.mark.usefixtures("unpainted")
@pytest.mark.parametrize("metric", [SUCCESS, REQUESTS, RECEIVED, LAST_GOOD])
def test_a_run_can_be_judged_by_what_came_of_its_images(ledger: Ledger, metric: Metric) -> None:
    judged = replace(ledger, run=replace(ledger.run, plan=replace(ledger.run.plan, metric=metric.key)))
    tables = make_tables(judged, judge_run(judged))
    ranked = tables.summary[
        (tables.summary["workload"] == NAUGHTY.name) & (tables.summary["state"] == "ranked")
    ]
    order = ranked[metric.key].to_list()
    assert order == sorted(order, reverse=metric.better == "higher")
    assert len(set(ranked["rank"])) > 1
    if metric is SUCCESS:
        assert dict(zip(ranked["variant"], ranked["rank"], strict=True)) == dict.fromkeys(VARIANTS, 1) | {
            VARIANTS[2]: 5
        }
        words = of(tables.effects, NAUGHTY.name, VARIANTS[2])["verdict"].tolist()
        assert words == ["less"]
        assert metric.label in files_of(judged)[1]["report.html"].decode().lower()


def test_who_gave_up_is_no_measure_for_those_who_did_not(ledger: Ledger) -> None:
    """Made the quickest, it is first by goodput, and yet the others are held against the best of them."""

    def hurried(passed: Pass) -> Pass:
        return replace(passed, wall_s=passed.wall_s / 8, witness=replace(seen(passed), server_cpu_s=0.0))

    trials = [
        replace(trial, passes=tuple(map(hurried, trial.passes)))
        if (trial.cell.workload, trial.cell.variant) == (NAUGHTY.name, VARIANTS[2])
        else trial
        for trial in ledger.trials
    ]
    quick = replace(ledger, trials=tuple(trials))
    tables = make_tables(quick, judge_run(quick))
    rows = tables.summary[tables.summary["workload"] == NAUGHTY.name]
    assert rows["variant"].iloc[0] == VARIANTS[2]
    assert "gave up: had 100 of the 180 images" in rows["notes"].iloc[0]
    others = rows[rows["variant"] != VARIANTS[2]]
    assert others["ratio_to_best"].min() == 1
    [found] = [each for each in situations(tables, PLAIN) if each.workload == NAUGHTY.name]
    told = dict(found.lines)
    assert others["variant"].iloc[0] in told["fastest"]
    assert told["avoid"] == f"{VARIANTS[2]}: lost images that others had"
