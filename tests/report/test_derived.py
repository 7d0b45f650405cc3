"""The files of a report: the same from the same ledger, true for any ledger, and every number of them in a CSV."""

import csv
import functools
import io
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pandas as pd
import pytest

from harness.ledger import Ledger
from harness.model import Skipped
from harness.report.derived import build, slugs_of
from harness.report.frames.tables import Tables, make_tables
from harness.stats.judge import judge_run
from tests.report.ledgers import EVIL, VARIANTS, a_selfcheck, files_of, leave_unpainted, make_book, workload
from tests.report.test_article import LESSONS, PRIMITIVES
from tests.report.visible import Visible, csv_cells, prose, unexplained

MOST_BYTES = 2_000_000  # of a page that is mailed and attached
MOST_CHARACTERS = 65_536  # of a comment


SKIPPED = "run_in_executor/requests_get/asyncio"


def _without_baseline() -> Ledger:
    """A run whose baseline cannot do what one of its two workloads asks."""
    ledger = make_book(rounds=3, workloads=[workload("one-memory", concurrency=1), workload("many-memory")])
    plan = ledger.run.plan
    lost = next(cell for cell in plan.cells if cell.id == f"one-memory:{plan.baseline}")
    plan = replace(
        plan,
        rounds=tuple(tuple(cell for cell in cells if cell != lost) for cells in plan.rounds),
        skipped=(Skipped(cell=lost, reason="keeps 6 in flight, and 1 is asked"),),
    )
    trials = tuple(trial for trial in ledger.trials if trial.cell != lost)
    return replace(ledger, run=replace(ledger.run, plan=plan), trials=trials)


def edge_cases() -> dict[str, Ledger]:
    plain = make_book(rounds=3)
    evil = f"gather/{EVIL}/asyncio"
    return {
        "two workloads": make_book(rounds=3, workloads=[workload("small-memory"), workload("large-memory")]),
        "self-checked": make_book(rounds=3, selfcheck=a_selfcheck()),
        "failed cells": make_book(
            rounds=3, failed={VARIANTS[2]: f"HTTP 500 {EVIL} | `x`\nline", VARIANTS[3]: "short body"}
        ),
        "a cell that failed late": make_book(rounds=4, failed={VARIANTS[2]: "short body"}, fails_in=3),
        "baseline failed": make_book(rounds=3, failed={VARIANTS[0]: "no"}),
        "all but one failed": make_book(rounds=3, failed=dict.fromkeys(VARIANTS[1:], "no")),
        "one variant": make_book(rounds=3, variants=VARIANTS[:1]),
        "one round": make_book(rounds=1),
        "two rounds, one workload": make_book(rounds=2, workloads=[workload("only-memory")]),
        "unavailable and skipped": make_book(
            rounds=3,
            unavailable={"gather/pycurl/asyncio": f"package pycurl {EVIL}"},
            skipped={SKIPPED: f"keeps 6 in flight, and 1 is asked {EVIL}"},
        ),
        "baseline skipped": _without_baseline(),
        "names with markup": make_book(
            rounds=3,
            variants=[*VARIANTS[:2], evil, "gather/a$b^{c}|`d`/asyncio"],
            workloads=[workload("../" + EVIL), workload("..")],
        ),
        "several sides": make_book(rounds=3, sides=["base", "head"]),
        "unfinished": replace(plain, trials=plain.trials[:13], sentinels=plain.sentinels[:2], cut=True),
        "no sentinel, no ceiling": replace(plain, sentinels=(), ceilings=()),
        "no latency data": replace(
            plain,
            trials=tuple(
                replace(
                    trial,
                    passes=tuple(
                        replace(a, latency_s=a.latency_s[:5], start_s=a.start_s[:5]) for a in trial.passes
                    ),
                )
                for trial in plain.trials
            ),
        ),
        "with lessons and primitives": replace(plain, lessons=LESSONS, primitives=PRIMITIVES),
        "a sweep": make_book(
            rounds=3, workloads=[workload(f"at-{many}-memory", concurrency=many) for many in (1, 8, 64)]
        ),
    }


CASES = edge_cases()
# Where pictures are unlike those of any other case; with ``-m long`` those of all cases are painted.
PAINTED = {
    *("two workloads", "self-checked", "failed cells", "one variant", "one round"),
    *("names with markup", "several sides", "no latency data", "a sweep"),
}


@functools.cache
def made(name: str) -> tuple[Tables, Mapping[str, bytes]]:
    """Frames and files of a case, made once; its figures are made, and painted where that shows something new."""
    with pytest.MonkeyPatch.context() as patch:
        if name not in PAINTED:
            leave_unpainted(patch)
        return files_of(CASES[name])


@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest) -> tuple[str, dict[str, bytes]]:
    primitives = CASES[request.param].primitives
    quoted = {} if primitives is None else {"primitives.csv": primitives}  # is in the folder already
    return request.param, dict(made(request.param)[1]) | quoted


def test_a_true_page_for_any_ledger(case: tuple[str, dict[str, bytes]]) -> None:
    name, files = case
    html, text = files["report.html"].decode(), files["report.md"].decode()
    assert len(files["report.html"]) < MOST_BYTES, name
    assert len(text) < MOST_CHARACTERS
    assert EVIL not in html
    assert "<script" not in text
    assert html.count("<script>") == 1
    assert all(".." not in path and re.fullmatch(r"[\w./-]+", path) for path in files)
    has_sound_pictures(html)
    assert "nan" not in Visible(html).text.lower().split()


def has_sound_pictures(html: str) -> None:
    pictures = re.findall(r'src="data:image/svg\+xml,([^"]*)"', html)
    assert pictures
    for uri in pictures:
        ET.fromstring(unquote(uri))  # noqa: S314 - made by this very test


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(CASES.keys() - PAINTED))
def test_the_pictures_of_any_ledger_can_be_painted(name: str) -> None:
    html = files_of(CASES[name])[1]["report.html"]
    assert len(html) < MOST_BYTES
    has_sound_pictures(html.decode())


def test_every_number_is_in_a_csv(case: tuple[str, dict[str, bytes]]) -> None:
    _, files = case
    numbers, words = csv_cells(files)
    shown = Visible(files["report.html"].decode())
    assert shown.values, "the page shows no figure"
    assert {value for value in shown.values if value not in numbers} == set()
    # A fact of the machine or of the run is a text, whatever it says, and stands alone in its cell.
    facts = set(csv_cells({"facts.csv": files["facts.csv"]})[1].split("\n"))
    assert [text for text in unexplained(shown, words) if text not in facts] == []
    # Markdown says nothing that the page does not say.
    said = {figure.replace("\N{NO-BREAK SPACE}", " ") for figure in shown.figures}
    flat = re.sub(r"`[^`]*`", "", files["report.md"].decode()).replace("\\", "")
    for line in flat.splitlines():
        for token in re.findall(r"(?<![\w/.-])\d[\d,.]*\d|(?<![\w/.-])\d(?![\w/-])", line):
            is_told = any(token in figure for figure in said) or token in words or token in prose()
            assert is_told, (token, line)


def test_a_wrong_number_outside_of_the_data_is_found() -> None:
    """So that the test above can fail: also for a number that stands somewhere in the sources, in another sentence."""
    files = made("two workloads")[1]
    words = csv_cells(files)[1]
    for planted in ("7 failed", "at 512 images", "0.05", "95 of 100", "1.25×"):
        sentence = f"<p>On this machine {planted} was seen.</p><h2"
        html = files["report.html"].decode().replace("<h2", sentence, 1)
        assert unexplained(Visible(html), words) != [], planted


WORST = (
    "in the geometric mean",
    "one other cannot be told apart",
    "others cannot be told apart from it",
    "over the baseline's",
    "time ratio",
    "regressed (of",
    "of no interest",
    "Nothing gross",
    "1/(1",
    "at most as slow",
    "not fit to judge",
    "where most have",
    "what a verdict is worth here",
    "says that the effect depends",
)


def test_no_sentence_is_one_that_readers_stumbled_over(case: tuple[str, dict[str, bytes]]) -> None:
    texts = {name: data.decode() for name, data in case[1].items() if not name.endswith(".csv")}
    assert {name.rpartition(".")[2] for name in texts} >= {"html", "md"}
    assert [(name, words) for name, text in texts.items() for words in WORST if words in text] == []


def test_who_groups_by_a_key_loses_no_row(case: tuple[str, dict[str, bytes]]) -> None:
    keys = {
        "workload",
        "variant",
        "concurrency",
        "client",
        "loop",
        "side",
        "scope",
        "axis",
        "level",
        "reference",
    }
    keys |= {
        "reference_variant",
        "reference_side",
        "state",
        "sink_filesystem",
        "lesson",
        "figure",
        "fact",
        "kind",
    }
    for name, data in case[1].items():
        if name.endswith(".csv"):
            frame = pd.read_csv(io.BytesIO(data))  # as a reader would: an empty cell becomes NaN
            missing = frame[[column for column in frame.columns if column in keys]].isna().sum()
            assert missing[missing > 0].to_dict() == {}, name
            if "loop" in frame and "variant" in frame:
                of_all = frame["variant"].eq("(all)")  # a note on the host
                threads = frame[~frame["variant"].str.contains("/.*/", regex=True) & ~of_all]
                assert set(threads["loop"]) <= {"none"}, name


@pytest.mark.parametrize("name", ["two workloads", "failed cells"])
def test_the_same_ledger_gives_the_same_bytes(name: str) -> None:
    assert files_of(CASES[name])[1] == made(name)[1]


def test_failures_are_told_with_their_reason() -> None:
    files = made("failed cells")[1]
    html = files["report.html"].decode()
    assert "failed: round 1: HTTP 500 &lt;script&gt;" in html
    assert "short body" in files["report.md"].decode()


def test_a_skipped_cell_is_a_row_with_its_reason_and_no_figures() -> None:
    tables, files = made("unavailable and skipped")
    rows = csv.DictReader(io.StringIO(files["summary.csv"].decode()))
    [row] = [row for row in rows if row["variant"] == SKIPPED]
    assert (row["state"], row["rank"], row["images_per_s"], row["trials"]) == ("skipped", "", "", "")
    assert row["reason"].startswith("keeps 6 in flight, and 1 is asked")
    assert "skipped: keeps 6 in flight, and 1 is asked &lt;script&gt;" in files["report.html"].decode()
    assert (
        f"* skipped: {SKIPPED.replace('_', chr(92) + '_')}: keeps 6 in flight" in files["report.md"].decode()
    )
    assert SKIPPED not in set(tables.effects["variant"])


def test_a_baseline_that_is_skipped_in_a_workload_is_none_there() -> None:
    tables = made("baseline skipped")[0]
    rows = {(row["workload"], row["variant"]): row for row in tables.ranked.to_dict("records")}
    assert rows["one-memory", VARIANTS[0]]["state"] == "skipped"
    assert [key for key, row in rows.items() if row["is_baseline"]] == [("many-memory", VARIANTS[0])]
    other = rows["one-memory", VARIANTS[1]]
    assert other["state"] == "ranked"
    assert math.isnan(other["ratio"])


def test_a_cell_that_failed_late_has_no_speed_anywhere() -> None:
    tables = made("a cell that failed late")[0]
    for frame in (tables.latency, tables.latency_curve, tables.completion):
        assert VARIANTS[2] not in set(frame["variant"])
        assert len(set(frame["variant"])) == len(VARIANTS) - 1
    [row] = tables.ranked[tables.ranked["variant"] == VARIANTS[2]].to_dict("records")
    assert (row["state"], row["failed_trials"]) == ("failed", 1)
    assert all(math.isnan(row[key]) for key in ("images_per_s", "latency_p50_s", "latency_p99_s", "ratio"))


def test_an_unfinished_run_says_so() -> None:
    files = made("unfinished")[1]
    assert "This run is unfinished: 13 of 15 trials were measured." in files["report.html"].decode()
    assert "unfinished: 13 of 15 trials" in files["report.md"].decode()


def test_nothing_ranked_has_an_answer_too() -> None:
    ledger = make_book(rounds=3, failed=dict.fromkeys(VARIANTS, "broken"))
    tables = make_tables(ledger, judge_run(ledger))
    files = build(ledger, tables)
    assert b"No variant could be ranked: round 1: broken." in files["report.html"]


def test_slugs_are_safe_and_unique() -> None:
    assert slugs_of(["A b", "a-b", "../..", "<x>"]) == {
        "A b": "a-b",
        "a-b": "a-b-2",
        "../..": "workload",
        "<x>": "x",
    }
