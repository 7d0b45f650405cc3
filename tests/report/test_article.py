"""The chapter of lessons and primitives: quoted by a run when it begins, shown by its report, absent without them."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from harness import ledger, quotes
from harness.model import HarnessError
from harness.quotes import LessonRecord
from tests.report.ledgers import EVIL, files_of, make_book

LESSONS = (
    LessonRecord(
        name="sleep_zero",
        title="sleep(0) gives way",
        claim="it does",
        advice="give way",
        python_note=None,
        held=True,
        happened="the neighbour ran 20 times",
        figures={"turns": 20, "longest_wait_s": 0.005},
        python="3.11.7",
        packages={},
    ),
    LessonRecord(
        name="evil",
        title=EVIL,
        claim="none",
        advice="none",
        python_note=None,
        held=False,
        happened="it did not | at all",
        figures={},
        python="3.11.7",
        packages={},
    ),
)
PRIMITIVES = b"""\
group,primitive,loop,size,operations,rounds,min_s,q1_s,median_s,q3_s,per_operation_s,operations_per_s,longest_stall_s,queue_wait_p50_s,queue_wait_max_s,python
awaitables,await Task,asyncio,1,1000,5,0.01,0.011,0.012,0.013,1.2e-05,83333,,,,3.11.7
executor_filling,to_thread,asyncio,1,1,5,0.002,0.002,0.002,0.002,0.002,500,,0.0002,0.0003,3.11.7
executor_filling,to_thread,asyncio,8,8,5,0.002,0.002,0.002,0.002,0.002,500,,0.001,0.002,3.11.7
giving_way,sleep(0),asyncio,1,1000,5,0.004,0.004,0.004,0.005,4e-06,250000,,,,3.11.7
stall,no sleep(0),asyncio,20,20,5,0.06,0.06,0.06,0.06,0.003,333,0.06,,,3.11.7
stall,sleep(0),asyncio,20,20,5,0.06,0.06,0.06,0.06,0.003,333,0.003,,,3.11.7
together,gather,asyncio,3,3,5,6e-05,6e-05,6e-05,7e-05,2e-05,50000,,,,3.11.7
together,gather,asyncio,10,10,5,0.0002,0.0002,0.0002,0.0003,2e-05,50000,,,,3.11.7
"""


def test_a_report_shows_what_its_run_quotes() -> None:
    _, files = files_of(replace(make_book(), lessons=LESSONS, primitives=PRIMITIVES))
    page, text = files["report.html"].decode(), files["report.md"].decode()
    assert "the neighbour ran 20 times" in page
    assert "does not hold here" in page
    assert EVIL not in page
    assert page.count('<section class="figure" aria-labelledby="primitives-') == 3
    assert "it did not \\| at all" in text
    assert "sleep(0) gives way" not in text  # what holds needs no line
    rows = files["lessons.csv"].decode().splitlines()
    assert [row.split(",")[0] for row in rows] == ["lesson", "sleep_zero", "sleep_zero", "evil"]
    assert rows[1].endswith("3.11.7,turns,20")
    assert {"charts/primitives-together.svg", "charts/primitives-waiting.svg"} <= files.keys()


def test_without_them_there_is_no_chapter() -> None:
    _, files = files_of(make_book())
    assert b'id="article"' not in files["report.html"]
    assert files["lessons.csv"].decode().splitlines()[1:] == []


def _json(lessons: tuple[LessonRecord, ...]) -> bytes:
    return json.dumps({"machine": {}, "lessons": [asdict(lesson) for lesson in lessons]}).encode()


@pytest.mark.parametrize(
    ("python", "quoted"),
    [("3.11.7", {"lessons.json", "primitives.csv"}), ("3.11.8", set()), ("3.11", set()), ("3.12.1", set())],
)
def test_a_run_quotes_its_own_python_alone(tmp_path: Path, python: str, quoted: set[str]) -> None:
    for kind, name, data in (
        ("lessons", "lessons.json", _json(LESSONS)),
        ("primitives", "primitives.csv", PRIMITIVES),
    ):
        place = quotes.article_folder(tmp_path, kind, "3.11.7")
        place.mkdir(parents=True)
        (place / name).write_bytes(data)
    run = tmp_path / "run"
    run.mkdir()
    quotes.quote(tmp_path, run, python)
    assert {path.name for path in run.iterdir()} == quoted


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("lessons.json", b"[]"),
        ("lessons.json", b"\xff"),
        ("primitives.csv", b""),
        ("primitives.csv", b"group,primitive\n"),
        ("primitives.csv", b"group,primitive\na,b\n"),
    ],
)
def test_what_is_no_quotation_is_one_line(tmp_path: Path, name: str, data: bytes) -> None:
    recorded = make_book()
    ledger.create(tmp_path / "run", recorded.run)
    (tmp_path / "run" / "trials.jsonl").write_bytes(b"")
    (tmp_path / "run" / name).write_bytes(data)
    with pytest.raises(HarnessError, match=r"holds no \w+; take it away"):
        ledger.read(tmp_path / "run")
