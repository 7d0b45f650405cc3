"""Which variants of two sides are compared, and what is said of those that cannot be; the measuring is a stand-in."""

import csv
from pathlib import Path

import pytest

from harness.cli import main
from harness.session.lineup import NOT_INSTALLED
from tests.gate.conftest import SUITE, client
from tests.gate.measuring import Measuring, verdict

pytestmark = pytest.mark.usefixtures("probed_once")


def test_a_side_may_name_the_variant_of_its_own_client(
    measuring: Measuring, tmp_path: Path, suite_file: Path
) -> None:
    base, head = (client(tmp_path / name, "mine", turns) for name, turns in (("a", 0), ("b", 1)))
    asked = ["--base", f"{base},thread_pool/mine", "--head", f"{head},thread_pool/mine"]
    where = ["--suite-file", str(suite_file), "--results", str(tmp_path), "--quiet"]
    assert main(["gate", *asked, *where]) == 0
    assert measuring.stages == {"screen": 6}
    assert [cell["variant"] for cell in verdict(tmp_path)["cells"]] == ["thread_pool/mine"]


def test_the_same_file_twice_is_said_to_be_noise_alone(
    measuring: Measuring, suite_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(client(tmp_path, "same", 0))
    where = ["--suite-file", str(suite_file), "--results", str(tmp_path)]
    assert main(["gate", "--base", path, "--head", path, *where]) == 0
    assert "the noise alone (A/A)" in capsys.readouterr().err
    assert verdict(tmp_path)["same"] is True
    assert measuring.stages == {"screen": 6}


REQUESTS, URLLIB3 = "thread_pool/requests_session", "thread_pool/urllib3_pool"


@pytest.mark.parametrize(
    ("arguments", "base", "same"),
    [
        (["--base", "here", "--head", REQUESTS, "--variants", URLLIB3], URLLIB3, False),
        (
            ["--base", "here", "--head", REQUESTS],
            REQUESTS,
            True,
        ),  # a variant that one names is meant for both
        (["--base", URLLIB3, "--head", REQUESTS], URLLIB3, False),
    ],
)
def test_what_was_asked_is_compared_and_a_side_with_itself_is_said(
    measuring: Measuring,
    suite_file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    base: str,
    *,
    same: bool,
) -> None:
    assert main(["gate", *arguments, "--suite-file", str(suite_file), "--results", str(tmp_path)]) == 0
    found = verdict(tmp_path)
    [cell] = found["cells"]
    assert (cell["reference_variant"], cell["variant"], found["same"]) == (base, REQUESTS, same)
    assert ("the noise alone" in capsys.readouterr().err) == same
    assert measuring.stages == {"screen": 6}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["gate", "--base", "here", "--head", REQUESTS, "--variants", "thread_pol/*"], "matches no variant"),
        (
            ["gate", "--base", URLLIB3, "--head", REQUESTS, "--variants", REQUESTS],
            "every side names its variant",
        ),
        (["gate", "--base", "here", "--head", REQUESTS, "--variants", "*"], "and a side names one"),
        (
            ["matrix", "--side", "here", "--side", REQUESTS, "--variants", "thread_pol/*"],
            "matches no variant",
        ),
        (["matrix", "--side", "here", "--side", REQUESTS, "--side", URLLIB3], "the others name 2 variants"),
    ],
)
def test_what_contradicts_itself_is_refused_in_one_line(
    measuring: Measuring,
    suite_file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    assert main([*arguments, "--suite-file", str(suite_file), "--results", str(tmp_path)]) == 2
    assert message in capsys.readouterr().err.splitlines()[-1]
    assert measuring.stages == {}


def test_a_variant_that_the_head_lost_was_not_compared_and_does_not_pass(
    measuring: Measuring, suite_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A client file of a name that no variant of the other side has stands for one that was renamed."""
    old = client(tmp_path, "old_name", 0)
    globs = ["--variants", REQUESTS, "thread_pool/old_name"]
    where = ["--suite-file", str(suite_file), "--results", str(tmp_path)]
    assert main(["gate", "--base", str(old), "--head", "here", *globs, *where]) == 4
    found = verdict(tmp_path)
    calls = {cell["variant"]: cell["verdict"] for cell in found["cells"]}
    assert calls["thread_pool/old_name"] == "skipped"
    assert "thread_pool/old_name" in capsys.readouterr().out
    assert found["verdict"] == "inconclusive"
    assert measuring.stages


NAIVE = "to_thread/requests_session/asyncio"


def test_what_no_side_can_keep_to_is_skipped_and_does_not_stop_the_others(
    measuring: Measuring, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measuring.slower = 1.0
    path = tmp_path / "one.toml"
    path.write_text(SUITE.replace("concurrency = 32", "concurrency = 1"))
    where = ["--variants", NAIVE, REQUESTS, "--suite-file", str(path), "--results", str(tmp_path)]
    assert main(["gate", "--base", "here", "--head", "here", *where]) == 0
    calls = {cell["variant"]: (cell["verdict"], cell["reason"]) for cell in verdict(tmp_path)["cells"]}
    assert calls[NAIVE][0] == "skipped"
    assert "on base: to_thread keeps " in calls[NAIVE][1]
    assert calls[REQUESTS] == ("equivalent", None)
    capsys.readouterr()
    sides = ["--side", "here", "--side", "env:A=1"]
    assert main(["matrix", *sides, *where]) == 0
    told = capsys.readouterr()
    assert "skipped: tiny-memory: on here: to_thread keeps " in told.err
    with next(tmp_path.glob("matrices/*/matrix.csv")).open() as file:
        rows = {row["variant"]: row for row in csv.DictReader(file)}
    assert {name: (row["verdict"], row["pairs"]) for name, row in rows.items()} == {
        REQUESTS: ("equivalent", "6"),
        NAIVE: ("skipped", ""),
    }
    assert main(["gate", "--base", "here", "--head", "here", *where[:1], NAIVE, *where[3:]]) == 5


@pytest.mark.parametrize(
    ("why", "absent"),
    [
        ("mine: package brotli is not installed", True),
        ("mine: package brotli is not installed; trio: package trio is not installed", True),
        ("mine: importing it: ImportError: brotli is not installed", False),
        ("mine: importing it: OSError: the folder does not exist on head", False),
        ("mine: importing it: OSError: keeps 6 in flight, and 1 is asked", False),
        ("mine: package brotli is not installed; trio: importing it: SyntaxError", False),
    ],
)
def test_a_head_that_breaks_when_it_is_imported_is_broken_whatever_words_it_uses(
    why: str,
    absent: bool,  # noqa: FBT001 - a column of the table
) -> None:
    assert bool(NOT_INSTALLED.fullmatch(why)) is absent
