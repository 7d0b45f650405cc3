"""The store and the files, as a user makes them."""

import csv
import json
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from harness import ledger
from harness.cli import main
from harness.exports import history as history_store
from harness.measure.processes.launch import ROOT
from harness.session.console import to_errors
from harness.stats.trend import Point
from tests.builders import cell
from tests.history.synthetic import cells, series, write_store
from tests.report.ledgers import VARIANTS, make_book


def history(results: Path, *arguments: str | Path) -> int:
    action, *rest = map(str, arguments)
    return main(["history", action, *rest, "--results", str(results)])


def write_run(results: Path, name: str, **facts: object) -> Path:
    made = make_book(rounds=3, failed={"thread_pool/urllib3_pool": "a wrong body"})
    folder = results / "runs" / name
    writer = ledger.create(folder, replace(made.run, id=name, fingerprint={**made.run.fingerprint, **facts}))
    records: Sequence[ledger.Record] = [*made.sentinels, *made.trials]
    for record in records:
        writer.append(record)
    return folder


def lines(results: Path) -> list[str]:
    [path] = (results / "history").glob("*.jsonl")
    return path.read_text().splitlines()


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"suite": "selfcheck"}, "a self-check"),
        (
            {
                "rounds": (
                    tuple(cell(VARIANTS[0], workload="small-memory", side=side) for side in ("base", "head")),
                )
            },
            "a comparison of sides",
        ),
    ],
)
@pytest.mark.parametrize("command", [("history", "add"), ("report",), ("bench", "--resume")])
def test_what_bench_did_not_make_is_refused_in_one_line(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    command: tuple[str, ...],
    changes: dict[str, Any],
    kind: str,
) -> None:
    made = ledger.read_run(write_run(tmp_path, "made"))
    folder = tmp_path / "runs" / "other"
    ledger.create(folder, replace(made, plan=replace(made.plan, **changes)))
    assert main([*command, "other", "--results", str(tmp_path)]) == 2
    assert capsys.readouterr().err == f"fetchbench: {folder} is {kind}; this takes runs of bench alone\n"
    assert not (tmp_path / "history").exists()


def test_a_run_is_one_line_per_cell_and_added_once(tmp_path: Path) -> None:
    write_run(tmp_path, "one")
    for _ in range(2):
        assert history(tmp_path, "add", "one") == 0
        assert len(lines(tmp_path)) == 16
    machine, *points = map(json.loads, lines(tmp_path))
    assert (machine["kind"], machine["cpu"], machine["python"]) == ("machine", "Test CPU", "CPython 3.11")
    by_variant = {
        point["cell"]["variant"]: point for point in points if point["metric"] == "time_per_image_s"
    }
    failed = by_variant["thread_pool/urllib3_pool"]
    assert (failed["value"], failed["reason"]) == (None, "round 1: a wrong body")
    fine = by_variant["gather/aiohttp_session/uvloop"]
    assert fine["low"] is None or fine["low"] < fine["value"] < fine["high"]
    assert (fine["rounds"], fine["commit"], fine["run"]) == (3, "abc", "one")
    assert (
        fine["versions"]["workload"]
        == "200 images of 6.00 KiB with 50.0 ms of thinking time, 32 at once, to memory"
    )
    assert max(map(len, lines(tmp_path))) < 700


def test_a_cut_last_line_is_mended_with_a_word(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_run(tmp_path, "one")
    write_run(tmp_path, "two")
    history(tmp_path, "add", "one")
    [path] = (tmp_path / "history").glob("*.jsonl")
    path.write_bytes(path.read_bytes()[:-40])
    capsys.readouterr()
    assert history(tmp_path, "add", "one", "two") == 0
    told = capsys.readouterr()
    assert "the last line was cut; it was taken out" in told.err
    assert "one: 1 value added" in told.out
    assert len(lines(tmp_path)) == 31
    assert (
        len(
            {
                json.dumps([point["run"], point["cell"], point["metric"]])
                for point in map(json.loads, lines(tmp_path)[1:])
            }
        )
        == 30
    )


def test_wherever_a_history_is_cut_it_goes_on_with_what_was_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = ledger.read(write_run(tmp_path, "one"))
    points = history_store.points_of(recorded)[:1]
    monkeypatch.setattr(history_store, "points_of", lambda _: points)
    monkeypatch.setattr(os, "fsync", lambda _: None)  # takes most of the time, and no power is cut here
    path, _, _ = history_store.add(tmp_path / "history", recorded, to_errors().say)
    data = path.read_bytes()
    ends = [at for at in range(len(data)) if data[at : at + 1] == b"\n"]
    whole = {0, *ends, *(at + 1 for at in ends)}  # a last line without its end is whole if it is a record
    for end in range(len(data) + 1):
        path.write_bytes(data[:end])
        _, _, cut = history_store.add(tmp_path / "history", recorded, to_errors().say)
        assert (path.read_bytes(), cut) == (data, end not in whole)


def test_five_who_add_one_run_at_once_add_it_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = ledger.read(write_run(tmp_path, "one"))
    points, all_here = history_store.points_of(recorded), threading.Barrier(5)

    def made_by_all(_: ledger.Ledger) -> list[Point]:
        all_here.wait(30.0)
        return points

    monkeypatch.setattr(history_store, "points_of", made_by_all)
    with ThreadPoolExecutor(5) as pool:
        added = [
            pool.submit(history_store.add, tmp_path / "history", recorded, to_errors().say) for _ in range(5)
        ]
    assert sorted(future.result()[1] for future in added) == [0, 0, 0, 0, 15]
    assert len(lines(tmp_path)) == 16


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('"value":', '"value":0.0,"was":', "value: Input should be greater than 0"),
        ('"value":', '"value":NaN,"was":', "value: Input should be"),
        ('"created_at":', '"created_at":1e300,"was":', "created_at: Input should be less than"),
        ('"rounds":', '"rounds":' + "9" * 400 + ',"was":', "rounds: Input should be less than"),
        ('"cell":', '"cell":5,"was":', "cell: Input should be an object"),
        ('{"kind":"point",', '{"kind":"', "no record of a known kind"),
    ],
)
def test_what_cannot_have_been_kept_is_damage_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, reason: str
) -> None:
    write_run(tmp_path, "one")
    history(tmp_path, "add", "one")
    [path] = (tmp_path / "history").glob("*.jsonl")
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    capsys.readouterr()
    for command in (("show",), ("add", "one")):
        assert history(tmp_path, *command) == 1
        assert f"line 2 is damaged: {reason}" in capsys.readouterr().err


def test_other_damage_is_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_run(tmp_path, "one")
    history(tmp_path, "add", "one")
    [path] = (tmp_path / "history").glob("*.jsonl")
    whole = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*whole[:2], "nonsense\n", *whole[2:]]))
    assert history(tmp_path, "show") == 1
    assert "line 3" in capsys.readouterr().err


def test_another_machine_or_minor_python_is_another_file_and_a_package_is_not(tmp_path: Path) -> None:
    write_run(tmp_path, "one")
    write_run(tmp_path, "two", packages={"requests": "9.9"}, kernel="Linux 9", python="CPython 3.11.99")
    write_run(tmp_path, "three", cpu="Other CPU")
    write_run(tmp_path, "four", python="CPython 3.13.0")
    history(tmp_path, "add", "one", "two", "three", "four")
    files = sorted((tmp_path / "history").glob("*.jsonl"))
    assert sorted(len(file.read_text().splitlines()) for file in files) == [16, 16, 31]


def test_show_writes_charts_table_and_index(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    of = [cells()[0], cells()[20]]
    made = [*series(of[0], 1, 60, [(30, 1.2)], noise=0.01), *series(of[1], 2, 60, noise=0.01)]
    write_store(tmp_path / "history" / "abc.jsonl", made)
    assert history(tmp_path, "show") == 0
    place = tmp_path / "trends"
    rows = list(csv.DictReader((place / "history.csv").read_text().splitlines()))
    assert len(rows) == 120
    [change] = [row for row in rows if row["change_ratio"]]
    assert (change["run"], change["variant"]) == ("run-0030", "model_0/client/loop")
    assert float(change["change_ratio"]) == pytest.approx(1.2, rel=0.02)
    assert "aiohttp 3.0.0 → 3.1.0" in change["changed"]
    assert "aiohttp 3.0.0 → 3.1.0" in capsys.readouterr().out
    charts = sorted(path.name for path in (place / "charts").iterdir())
    assert charts == [
        "abc-thumbs-50ms-memory-model_4-client-loop.svg",
        "abc-thumbs-memory-model_0-client-loop.svg",
    ]
    text = (place / "charts" / charts[1]).read_text()
    ET.fromstring(text)  # noqa: S314 - our own file
    assert "aiohttp 3.0.0 → 3.1.0" in text
    assert "%" in text
    index = (place / "index.html").read_text()
    assert all(f"charts/{name}" in index for name in charts)
    assert "http://" not in index
    assert "https://" not in index
    explained = (ROOT / "results" / "README.md").read_text()
    assert [name for name in rows[0] if f"`{name}`" not in explained] == []


@pytest.mark.parametrize(("days", "factor", "code"), [(35, 1.5, 3), (36, 1.5, 0), (34, 1.5, 0), (35, 0.5, 0)])
def test_a_new_change_for_the_worse_can_fail_a_night(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], days: int, factor: float, code: int
) -> None:
    write_store(tmp_path / "history" / "abc.jsonl", series(cells()[0], 1, days, [(30, factor)], noise=0.001))
    assert history(tmp_path, "show", "--fail-on-change") == code
    told = "fetchbench: new: thumbs-memory: model_0/client/loop: +50."
    assert (told in capsys.readouterr().err) == (code == 3)
    assert history(tmp_path, "show") == 0


def test_a_script_is_told_of_what_was_added_and_what_has_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_run(tmp_path, "one")
    for added in (15, 0):
        assert history(tmp_path, "add", "one", "--json") == 0
        told = capsys.readouterr()
        [path] = (tmp_path / "history").glob("*.jsonl")
        [run] = json.loads(told.out)["runs"]
        assert (run, told.err) == ({"run": "one", "added": added, "file": str(path)}, "")
    path.unlink()
    write_store(
        tmp_path / "history" / "abc.jsonl", series(cells()[0], 1, 35, [(10, 0.5), (30, 1.5)], noise=0.001)
    )
    assert history(tmp_path, "show", "--json", "--quiet", "--fail-on-change") == 3
    told = capsys.readouterr()
    assert told.err.startswith("fetchbench: new: thumbs-memory: model_0/client/loop: +")
    found = json.loads(told.out)
    assert (found["version"], found["exit_code"], found["folder"]) == (1, 3, str(tmp_path / "trends"))
    [trend] = found["series"]
    assert (trend["machine"], trend["variant"], trend["runs"]) == ("abc", "model_0/client/loop", 35)
    assert trend["newest"]["value"] > 0
    better, worse = trend["changes"]
    assert (better["is_worse"], better["is_new"], worse["is_worse"], worse["is_new"]) == (
        False, False, True, True
    )  # fmt: skip
    assert worse["ratio"] == pytest.approx(worse["after"] / worse["before"])
    assert history(tmp_path, "show", "--quiet") == 0
    assert capsys.readouterr() == ("", "")


def test_a_glob_chooses_series_and_one_that_fits_none_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_store(
        tmp_path / "history" / "abc.jsonl", [point for of in cells()[:2] for point in series(of, 1, 12)]
    )
    assert history(tmp_path, "show", "--series", "*model_1/*", "--out", tmp_path / "out") == 0
    assert len(list((tmp_path / "out" / "charts").iterdir())) == 1
    assert history(tmp_path, "show", "--series", "nothing") == 2
    assert "no series is called nothing" in capsys.readouterr().err


def test_an_empty_history_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert history(tmp_path, "show") == 2
    assert "history add RUN" in capsys.readouterr().err
