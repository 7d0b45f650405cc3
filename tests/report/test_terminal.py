"""The terminal: a table for any width, failures that name themselves, and no text that acts as markup."""

import io

import pytest
from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.report.frames.tables import make_tables
from harness.report.narrow import Name, broken, print_table
from harness.report.progress import Pace, Screen
from harness.report.terminal import _absences, print_report
from harness.report.words.absences import in_one, without_figures
from harness.stats.judge import judge_run
from tests.builders import trial
from tests.report.ledgers import VARIANTS, make_book, workload

LONG = "round 4: 3 of 100 bodies differ from the manifest (first: img_0a1b2c3d_000004.jpg, 6,143 bytes) [/usr/lib]"


def printed(width: int, *, terminal: bool = True) -> str:
    ledger = make_book(
        rounds=4,
        workloads=[workload("small-memory"), workload("large-memory")],
        failed={VARIANTS[2]: LONG},
        unavailable={"gather/pycurl/asyncio": "package pycurl is not installed [red]"},
        skipped={"sized/requests/asyncio": "keeps 6 in flight, and 1 is asked"},
    )
    console = Console(file=io.StringIO(), width=width, force_terminal=terminal, color_system=None)
    print_report(console, make_tables(ledger, judge_run(ledger)), unfinished=False)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def tables(width: int) -> list[list[str]]:
    """The lines of each table, between the answer and the notes."""
    return [block.splitlines() for block in printed(width).split("\n\n")[1:3]]


@pytest.mark.parametrize("width", [80, 100, 130, 200])
def test_every_row_keeps_rank_variant_and_speed_at_any_width(width: int) -> None:
    table = tables(width)[0]
    assert all(len(line) <= width for line in table)
    joined = "".join("".join(line.split()) for line in table)
    assert all(variant.rpartition("/")[0] in joined for variant in VARIANTS if width >= 130)
    unranked = [line.split()[2] for line in table if line.split()[:1] == ["–"]]
    assert unranked == ["failed", "skipped"]
    assert "…" not in joined


@pytest.mark.parametrize(
    ("width", "lines"),
    [
        (20, ["rank: 1", "variant:", "thread_pool/", "requests_session", "images/s: 297.4"]),
        (40, ["rank: 1", "variant: thread_pool/requests_session", "variant: to_thread/requests_session/"]),
        (44, ["   3  to_thread/         104.3 [103.9–104.7]", "      requests_session/", "      asyncio"]),
        (60, ["   3  to_thread/requests_session/        104.3 [103.9–104.7]", "      asyncio"]),
    ],
)
def test_where_there_is_little_room_names_break_at_their_slashes(width: int, lines: list[str]) -> None:
    shown = printed(width).splitlines()
    assert max(map(len, shown)) <= width
    assert [expected for expected in lines if expected not in [line.rstrip() for line in shown]] == []


@pytest.mark.parametrize(
    ("text", "room", "lines"),
    [
        ("gather/aiohttp_session/uvloop", 29, ["gather/aiohttp_session/uvloop"]),
        ("gather/aiohttp_session/uvloop", 24, ["gather/aiohttp_session/", "uvloop"]),
        ("run_in_executor_sized/a", 12, ["run_in_", "executor_", "sized/a"]),
        ("rank: 1", 20, ["rank: 1"]),
        ("two words", 4, ["two", "words"]),
        ("", 4, [""]),
    ],
)
def test_a_name_is_broken_where_its_parts_end(text: str, room: int, lines: list[str]) -> None:
    assert broken(text, room).splitlines() == (lines if text else [])


def test_a_gate_and_the_list_have_room_anywhere_too() -> None:
    table = Table("verdict", "cell", box=None)
    table.add_row(Text("regressed"), Name("small-memory: gather/aiohttp_session/uvloop"))
    console = Console(file=io.StringIO(), width=20)
    print_table(console, table)
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue().split("\n") == [
        "verdict: regressed",
        "cell: small-memory:",
        "gather/",
        "aiohttp_session/",
        "uvloop",
        "",
        "",
    ]


def test_reasons_stand_below_the_tables_as_they_are_and_once() -> None:
    lines = printed(100, terminal=False).splitlines()
    [told] = [line for line in lines if line.endswith(f": round 1: {LONG}")]
    names = told.removeprefix("failed: ").removesuffix(f": round 1: {LONG}").split(", ")
    assert sorted(names) == [f"large-memory:{VARIANTS[2]}", f"small-memory:{VARIANTS[2]}"]
    assert lines.count("skipped: small-memory:sized/requests/asyncio: keeps 6 in flight, and 1 is asked") == 1
    [row] = [line for line in lines if "sized/requests/asyncio" in line and not line.startswith("skipped")]
    assert row.split()[:3] == ["–", "sized/requests/asyncio", "skipped"]
    assert lines.count("unavailable: gather/pycurl/asyncio: package pycurl is not installed [red]") == 1


@pytest.mark.parametrize("width", [80, 120, 200])
def test_the_answer_comes_first_in_a_dozen_lines(width: int) -> None:
    answer = printed(width).split("Not ranked")[0].splitlines()
    assert len(answer) <= 12
    assert answer[0].startswith("On this machine (Test CPU, 2 CPUs, CPython 3.11.7):")
    assert answer[1].startswith(f"small-memory: fastest: {VARIANTS[0]}, 297.4 images/s")
    assert any(line.startswith("large-memory: fastest: ") for line in answer)


def test_what_differs_in_its_figures_alone_is_noted_once() -> None:
    notes = [line for line in printed(200, terminal=False).splitlines() if line.startswith("note: ")]
    assert len(notes) == len({line.rpartition("; ")[2] for line in notes}) >= 1


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        (["6 of 32 in flight"], "6 of 32 in flight"),
        (["6 of 32 in flight", "12 of 32 in flight", "9 of 32 in flight"], "6 to 12 of 32 in flight"),
        (["1,200 requests of others", "9 requests of others"], "9 to 1,200 requests of others"),
        (["used 97% of its core", "used 91.5% of its core"], "used 91.5 to 97% of its core"),
        (["takes a 404 for an image"] * 2, "takes a 404 for an image"),
        (["sends x1 with v2.3"] * 2, "sends x1 with v2.3"),
    ],
)
def test_the_figures_of_notes_go_from_the_least_to_the_greatest(texts: list[str], told: str) -> None:
    assert len(set(map(without_figures, texts))) == 1
    assert in_one(texts) == told


def test_the_wider_the_terminal_the_more_columns() -> None:
    heads = [tables(width)[0][1].split() for width in (80, 120, 200, 260)]
    counts = [len(head) for head in heads]
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]
    assert heads[-1][-1] == "lines"


def test_a_failure_on_the_live_screen_is_text_and_no_markup() -> None:
    ledger = make_book(rounds=3)
    console = Console(file=io.StringIO(), force_terminal=True, width=120)
    cell = ledger.run.plan.rounds[0][0]
    with Screen(console, ledger.run.plan, [], lambda: 0.0) as screen:
        screen.next(0, [cell])
        screen.done(trial(cell, 0, reason="OSError: cannot load [/usr/lib/libssl.so]"))
        screen.next(1, [cell])
    assert isinstance(console.file, io.StringIO)
    assert "cannot load [/usr/lib/libssl.so]" in console.file.getvalue()
    assert "round 2 of 3" in console.file.getvalue()


def test_the_live_screen_of_a_gate_names_the_sides() -> None:
    ledger = make_book(rounds=1, variants=["gather/a/asyncio"], sides=["base", "head"])
    console = Console(file=io.StringIO(), force_terminal=True, width=120)
    cells = ledger.run.plan.rounds[0]
    with Screen(console, ledger.run.plan, [], lambda: 0.0) as screen:
        for cell in cells:
            screen.done(trial(cell, 0, 0.01))
        screen.next(0, cells)
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    assert "gather/a/asyncio@base" in shown
    assert "gather/a/asyncio@head" in shown


def test_trials_that_will_never_run_are_no_part_of_the_whole() -> None:
    plan = make_book(rounds=4, variants=["a/b", "c/d"]).run.plan
    first, second = plan.rounds[0][:2]
    pace = Pace(plan, [trial(first, 0, 0.1)], lambda: 0.0)
    whole = pace.total
    pace.count(trial(second, 1, reason="no"))
    assert (whole - pace.total, pace.done) == (2, 2)


def test_one_reason_is_told_once_whatever_the_number_of_rows() -> None:
    why = {f"{letter}/mine": "returned str" for letter in "abcde"} | {"f/mine": "timed out"}
    place = {"state": "failed", "workload": "small", "side": "here"}
    rows = [place | {"variant": variant, "reason": reason} for variant, reason in why.items()]
    rows += [{"state": "unavailable", "variant": "g/x", "reason": "no x"}] * 2 + [{"state": "ranked"}]
    assert _absences(rows) == [
        "failed: small:a/mine, small:b/mine, small:c/mine and 2 more: returned str",
        "failed: small:f/mine: timed out",
        "unavailable: g/x: no x",
    ]


def test_beside_a_baseline_that_failed_nothing_is_undecided() -> None:
    baseline, other = VARIANTS[:2]
    ledger = make_book(variants=(baseline, other), rounds=7, failed={baseline: "HTTP 500"})
    ranked = make_tables(ledger, judge_run(ledger)).ranked
    verdicts = dict(zip(ranked["variant"], ranked["verdict"].fillna(""), strict=True))
    assert verdicts == {baseline: "baseline", other: ""}
