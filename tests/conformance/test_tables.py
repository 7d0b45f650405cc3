"""The records as CSV, Markdown and page: nothing bare, everything escaped, and no advice that nobody has written."""

import csv
import io
from dataclasses import replace

from harness.measure.conformance.limits import Endured
from harness.measure.conformance.outcomes import Conduct
from harness.measure.conformance.survival import Survival
from harness.report.conformance.advice import ADVICE, advice_on
from harness.report.conformance.frames import conducts_frame, endured_frame, survivals_frame
from harness.report.conformance.render import conformance_html, conformance_md
from harness.report.conformance.sheets import headline, sheets
from harness.report.csvs import to_csv

OLD = Conduct(
    side="old", client="mine", version="mylib 1.0", loop="asyncio", scheme="https",
    fault="short_body", outcome="taken for good",
    surprises=("taken for good",), requests=1.0, took_s=0.01, leaked=0,
)  # fmt: skip
NEW = Conduct(
    side="new", client="mine", version="mylib 2.0", loop="asyncio", scheme="https",
    fault="short_body", outcome="error",
    error="mylib.<Cut>", message="cut & gone", requests=1.0, took_s=0.01, leaked=0,
)  # fmt: skip
NONE = Conduct(
    side="new", client="mine", version="mylib 2.0", loop="asyncio", scheme="https",
    fault="unroutable", outcome="unavailable",
    reason="no line can be had here",
)  # fmt: skip
LOST = Survival(
    side="new", model="gather", client="mine", loop="asyncio", least=24, most=31, told="mylib.Missing"
)
QUIET = Survival(side="new", model="polite", client="mine", loop=None, least=49, most=49)
FEW = Endured(
    side="new", limit="descriptors_64", model="gather", client="mine", loop="asyncio", images=300, verified=56,
    errors={"mylib.Rare": (4, "seldom"), "OSError": (240, "Too many open files")}, raised="OSError", last_s=0.25,
)  # fmt: skip


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode())))


def test_csv_has_a_row_for_each_and_marks_what_differs() -> None:
    old, new, none = rows(to_csv(conducts_frame([OLD, NEW, NONE])))
    assert (old["outcome"], old["surprises"], old["differs"]) == ("taken for good", "taken for good", "False")
    assert (new["outcome"], new["error"], new["version"], new["differs"]) == (
        "error", "mylib.<Cut>", "mylib 2.0", "True",
    )  # fmt: skip
    assert (none["outcome"], none["reason"], none["differs"]) == (
        "unavailable",
        "no line can be had here",
        "False",
    )
    lost, quiet = rows(to_csv(survivals_frame([LOST, QUIET])))
    assert (lost["others"], lost["least"], lost["most"], lost["told"]) == ("49", "24", "31", "mylib.Missing")
    assert (quiet["loop"], quiet["told"]) == ("none", "")
    [few] = rows(to_csv(endured_frame([FEW])))
    assert (few["verified"], few["errors"], few["message"]) == (
        "56", "OSError=240 mylib.Rare=4", "Too many open files",
    )  # fmt: skip


def test_markdown_says_what_differs_and_that_there_is_no_advice() -> None:
    text = conformance_md(
        sheets([OLD, NEW, NONE], [LOST, QUIET], [FEW]), "It <fits>.", {"Python": "3.11"}, {}
    ).decode()
    assert (
        "not as on old: mine, short\\_body: error &lt;Cut&gt; (mylib 2.0), there taken for good (mylib 1.0)"
        in text
    )
    assert "taken for good (mine: short\\_body): no advice yet" in text
    assert "unavailable: mine: unroutable: no line can be had here" in text
    assert "| gather (mine/asyncio) | **24 to 31** | Missing |" in text
    assert "**nobody is told**" in text
    assert "| **56 of 300** | 250 ms | 240 OSError, 4 Rare (Too many open files) |" in text
    for line in text.splitlines():
        assert "| |" not in line


def test_the_page_is_whole_and_escaped() -> None:
    page = conformance_html(
        sheets([OLD, NEW, NONE], [LOST, QUIET], [FEW]),
        "It <fits>.",
        {"Python": "3.11"},
        {},
        ["conformance.csv"],
    ).decode()
    assert "&lt;Cut&gt;" in page
    assert "<Cut>" not in page
    assert "It &lt;fits&gt;." in page
    assert '<strong class="bad">taken for good</strong>' in page
    assert "http://" not in page
    assert "https://" not in page
    assert page.count("<h2>") == 5  # a matrix for each side, models, limits, words


def test_a_program_that_fails_without_a_fetch_says_so() -> None:
    closed = replace(FEW, errors={}, raised="mylib.Closed")
    text = conformance_md(sheets([], [], [closed]), "", {}, {}).decode()
    assert "| none of a fetch, and then Closed |" in text


def test_the_headline_counts_what_surprises() -> None:
    assert headline([OLD, NEW, NONE]) == "1 of 2 meetings of a client and a fault surprise: mine."
    assert headline([NEW]) == "0 of 1 meetings of a client and a fault surprise."
    assert headline([NONE]) == ""


def test_advice_is_of_a_package_and_names_its_source() -> None:
    assert advice_on(["mylib"], "taken for good", "short_body") is None
    for advice in ADVICE.values():
        assert advice.text.endswith(".")
        assert advice.source
