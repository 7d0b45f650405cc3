"""The outputs of a gate: parsed back, escaped, and within the limits of those who read them."""

import csv
import io
import json
import xml.etree.ElementTree as ET

import pytest
from rich.console import Console

from harness.commands.gate import Budget
from harness.metrics import TIME_PER_IMAGE
from harness.outcomes import Word
from harness.report.gate import actions, data, junit, summary
from harness.report.gate.record import Gate
from harness.report.gate.terminal import print_gate
from harness.stats.judge import Finding, Pair
from tests.builders import cell

NASTY = 'a|b <x> & "q" 100%\nnext::line'


PACKAGES: dict[str, list[str | None]] = {"urllib3": ["1.26.20", "2.6.0"], "chardet": ["4.0.0", None]}


def finding(word: Word, number: int = 0, reason: str | None = None) -> Finding:
    base, head = (cell(f"v{number}", side=side) for side in ("base", "head"))
    pair = Pair(base=base, head=head, metric=TIME_PER_IMAGE)
    return Finding(pair=pair, word=word, stage="decide", verdict=None, reason=reason, blocks=False)


def gate(*findings: Finding, word: Word = "regressed", code: int = 3, reason: str | None = None) -> Gate:
    return Gate(
        id="1", created_at=1_700_000_000.0, command="python -m harness gate", exit_code=code, word=word, reason=reason,
        margin=0.05, margins={}, sides={"base": {"side": "main"}, "head": {"side": "HEAD"}}, packages=PACKAGES,
        is_same=False, findings=findings,
        host_notes=(), runs=("screen",),
    )  # fmt: skip


def test_junit_is_read_back_with_its_counts_and_text() -> None:
    text = junit.junit_xml(
        gate(
            finding("regressed", 0, NASTY),
            finding("inconclusive", 1),
            finding("equivalent", 2),
            finding("failed", 3),
        )
    )
    suite = ET.fromstring(text).find("testsuite")  # noqa: S314 - our own bytes
    assert suite is not None
    assert {key: suite.get(key) for key in ("tests", "failures", "errors", "skipped")} == {
        "tests": "4", "failures": "1", "errors": "1", "skipped": "1",
    }  # fmt: skip
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert '<x> & "q"' in str(failure.get("message"))


def test_a_gate_that_broke_off_is_an_error_in_junit() -> None:
    root = ET.fromstring(junit.junit_xml(gate(word="failed", code=1, reason="pip said no")))  # noqa: S314
    error = root.find("testsuite/testcase/error")
    assert error is not None
    assert error.get("message") == "pip said no"


def test_annotations_are_escaped_and_ten_at_the_most() -> None:
    [line] = actions.annotations(gate(finding("regressed", 0, NASTY)))
    assert line.startswith("::error title=fetchbench gate::")
    assert "100%25%0Anext::line" in line
    assert "\n" not in line
    many = actions.annotations(gate(*(finding("regressed", number) for number in range(30))))
    assert len(many) == 10
    assert many[-1] == "::warning title=fetchbench gate::21 more: see the step summary"
    assert actions.annotations(gate(finding("equivalent"), word="equivalent", code=0)) == []


def test_a_step_summary_keeps_githubs_limit() -> None:
    assert actions.step_summary(b"abc", 0) == b"abc"
    assert actions.step_summary("é".encode() * 10, 1024 * 1024 - 5) == "é".encode() * 2
    assert actions.step_summary(b"abc", 2 * 1024 * 1024) == b""


def test_the_markdown_is_short_and_its_table_whole() -> None:
    text = summary.gate_md(gate(*(finding("regressed", number, NASTY) for number in range(3_000)))).decode()
    assert len(text) <= 60_000
    assert "more in `effects.csv`" in text
    rows = [line for line in text.splitlines() if line.startswith("| 🔴")]
    assert rows
    assert {line.replace("\\|", "").count("|") for line in rows} == {8}


def test_the_page_is_escaped_and_has_every_row() -> None:
    page = summary.gate_html(gate(*(finding("regressed", number, NASTY) for number in range(9)))).decode()
    assert page.count("<tr>") == 10
    assert "<x>" not in page
    assert "&lt;x&gt;" in page


def test_what_did_not_change_is_folded() -> None:
    text = summary.gate_md(gate(finding("equivalent"), word="equivalent", code=0)).decode()
    assert "<summary>1 without a change</summary>" in text
    assert text.startswith("## fetchbench gate: equivalent: 1 equivalent")


@pytest.mark.parametrize("reason", [None, NASTY])
def test_verdict_and_csv_are_read_back(reason: str | None) -> None:
    made = gate(finding("inconclusive", 0, reason), word="inconclusive", code=4)
    read = json.loads(data.verdict_json(made))
    assert (read["version"], read["exit_code"], read["verdict"]) == (1, 4, "inconclusive")
    told = reason and reason.replace("\n", " ")
    assert read["cells"][0]["reason"] == told
    [row] = csv.DictReader(io.StringIO(data.effects_csv(made).decode()))
    assert row["reason"] == (told or "")


def test_a_budget_ends_between_rounds_and_stays_ended() -> None:
    times = iter([10.0, 10.0, 12.9, 13.0])
    budget = Budget(3.0, lambda: next(times))
    assert [budget.is_over(number) for number in range(3)] == [False, False, True]
    assert budget.is_over(9)


def test_packages_that_differ_are_told_with_both_versions() -> None:
    console = Console(file=io.StringIO(), width=200)
    print_gate(console, gate())
    assert isinstance(console.file, io.StringIO)
    assert "packages that differ: urllib3 1.26.20 → 2.6.0, chardet 4.0.0 → none\n" in console.file.getvalue()
    text = summary.gate_md(gate()).decode()
    assert "* Packages that differ: urllib3 1.26.20 → 2.6.0, chardet 4.0.0 → none\n" in text
    assert json.loads(data.verdict_json(gate()))["packages"] == PACKAGES
