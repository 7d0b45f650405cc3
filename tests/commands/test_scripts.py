"""``--quiet`` and ``--json``: what a script gets of a command, and that nothing else stands beside it."""

import json
from pathlib import Path

import pytest

from harness import ledger
from harness.measure.server import Server
from tests.commands.conftest import in_process
from tests.report.ledgers import make_book
from tests.shared_server import shared

SHORT = ("--workloads", "tiny-memory", "--rounds", "3", "--variants", "thread_pool/requests_session")

pytestmark = pytest.mark.usefixtures("probed_once", "unpainted")


def test_bench_and_report_say_nothing_or_one_document(
    suite_file: Path, server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with shared(server):
        code = in_process("bench", "--suite-file", suite_file, "--results", tmp_path, *SHORT, "--json")
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert code == 0
    assert "[3/3]" in said.err  # progress is no result
    [row] = found["rows"]
    assert (row["state"], row["rank"], row["loop"], row["client"]) == (
        "ranked",
        1,
        "none",
        "requests_session",
    )
    assert row["images_per_s"] > 0
    assert row["ratio_to_best_low"] is None
    assert (found["version"], found["unfinished"], found["judged_by"]) == (1, False, "time_per_image_s")
    assert Path(found["folder"]).name == found["run"]
    assert in_process("report", "latest", "--results", tmp_path, "--json", "--quiet") == 0
    again = capsys.readouterr()
    assert (json.loads(again.out)["rows"], again.err) == (found["rows"], "")
    assert in_process("report", "latest", "--results", tmp_path, "--quiet") == 0
    assert capsys.readouterr() == ("", "")
    assert in_process("bench", "--suite-file", suite_file, "--suite", "none", "--quiet", "--json") == 2
    wrong = capsys.readouterr()
    assert wrong.out == ""
    assert wrong.err == "fetchbench: no suite 'none'; there are default\n"


def test_compare_tells_its_verdicts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("one", "two"):
        made = make_book(rounds=6, variants=["thread_pool/requests_session"])
        writer = ledger.create(tmp_path / "runs" / name, made.run)
        records: list[ledger.Record] = [*made.sentinels, *made.trials]
        for record in records:
            writer.append(record)
    path = tmp_path / "runs" / "two" / "run.json"
    path.write_text(path.read_text().replace(made.run.id, "another"))
    assert in_process("compare", "one", "two", "--results", tmp_path, "--json") == 0
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert said.err == ""
    assert (found["exit_code"], found["base"], found["head"]) == (0, made.run.id, "another")
    assert [(cell["variant"], cell["ratio"]) for cell in found["cells"]] == [
        ("thread_pool/requests_session", 1.0)
    ]
    assert in_process("compare", "one", "two", "--results", tmp_path, "--quiet") == 0
    assert capsys.readouterr() == ("", "")
