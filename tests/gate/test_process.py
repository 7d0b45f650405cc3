"""What a gate does with what it measured; the measuring itself is a stand-in that writes a ledger."""

import csv
import json
from pathlib import Path

import pytest

from harness.cli import main
from harness.commands.gate import Budget
from harness.session.lineup import NOT_INSTALLED
from tests.gate.conftest import SUITE, client
from tests.gate.measuring import Gate, Measuring, verdict

pytestmark = pytest.mark.usefixtures("probed_once")


@pytest.mark.parametrize(
    ("slower", "code", "stages"),
    [(1.0, 0, {"screen": 6}), (1.5, 3, {"screen": 6, "decide": 6}), (0.5, 0, {"screen": 6, "decide": 6})],
)
def test_only_suspects_are_measured_again(
    measuring: Measuring, run: Gate, tmp_path: Path, slower: float, code: int, stages: dict[str, int]
) -> None:
    measuring.slower = slower
    assert run("gate") == code
    assert measuring.stages == stages
    assert verdict(tmp_path)["exit_code"] == code


@pytest.mark.parametrize(
    ("slower", "cpu", "code"),
    [
        (1.0, 0.5, 0),  # both work alike, so both were slowed alike
        (3.0, 0.5, 3),
        (1.5, 0.1, 4),  # the head alone works: it may be the burner that made it slow
    ],
)
def test_a_busy_neighbour_takes_away_only_what_it_could_explain(
    measuring: Measuring,
    run: Gate,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    slower: float,
    cpu: float,
    code: int,
) -> None:
    measuring.slower, measuring.busy, measuring.cpu = slower, 0.9, cpu
    assert run("gate") == code
    found = verdict(tmp_path)
    assert "others used over 0.3 CPUs in 6 of 6 watched rounds" in found["host_notes"][0]
    [cell] = found["cells"]
    [folder] = (tmp_path / "gates").iterdir()
    told = [capsys.readouterr().out, (folder / "gate.md").read_text(), (folder / "junit.xml").read_text()]
    assert cell["suspected"] == (code == 4)
    if code == 4:
        assert "that can move this ratio by up to 1." in cell["reason"]
        assert all(
            "suspected: time 1.5" in text and "not decided because others used" in text for text in told
        )


def test_a_screen_that_nobody_confirmed_is_suspected_aloud(
    measuring: Measuring, run: Gate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measuring.slower, measuring.stops = 1.5, ("decide", 0)
    assert run("gate") == 130
    [cell] = verdict(tmp_path)["cells"]
    assert (cell["suspected"], cell["stage"]) == (True, "screen")
    assert cell["ratio"] == pytest.approx(1.5, rel=0.01)
    assert "suspected: time 1.5" in capsys.readouterr().out


METRICS = "time_per_image_s,client_cpu_s_per_1000_images,peak_rss_bytes"


@pytest.mark.parametrize(
    ("slower", "cpu", "larger", "words"),
    [
        (1.0, 0.5, 1.0, ("equivalent", "equivalent", "equivalent")),
        (1.0, 0.35, 1.0, ("equivalent", "regressed", "equivalent")),  # the same time with 1.43 times the CPU
        (1.0, 0.5, 1.5, ("equivalent", "equivalent", "regressed")),
    ],
)
def test_each_metric_that_is_asked_for_is_judged_by_itself(
    measuring: Measuring,
    run: Gate,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    slower: float,
    cpu: float,
    larger: float,
    words: tuple[str, ...],
) -> None:
    measuring.slower, measuring.cpu, measuring.larger = slower, cpu, larger
    assert run("gate", "--metric", METRICS) == (3 if "regressed" in words else 0)
    cells = verdict(tmp_path)["cells"]
    assert {cell["metric"]: cell["verdict"] for cell in cells} == dict(
        zip(METRICS.split(","), words, strict=True)
    )
    [folder] = (tmp_path / "gates").iterdir()
    told = capsys.readouterr().out, (folder / "gate.md").read_text()
    assert all(name in text for text in told for name in ("client CPU", "peak memory"))
    assert run("gate") == 0  # the time alone is judged unless more is asked for


def test_a_side_may_name_the_variant_of_its_own_client(
    measuring: Measuring, tmp_path: Path, suite_file: Path
) -> None:
    one, other = (client(tmp_path / name, "mine", turns) for name, turns in (("a", 0), ("b", 1)))
    asked = ["--base", f"{one},thread_pool/mine", "--head", f"{other},thread_pool/mine"]
    where = ["--suite-file", str(suite_file), "--results", str(tmp_path), "--quiet"]
    assert main(["gate", *asked, *where]) == 0
    assert measuring.stages == {"screen": 6}
    assert [cell["variant"] for cell in verdict(tmp_path)["cells"]] == ["thread_pool/mine"]


def test_the_end_tells_what_both_sides_reach(
    measuring: Measuring, run: Gate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measuring.slower = 1.5
    run("gate", "--metric", "time_per_image_s,peak_rss_bytes")
    [folder] = (tmp_path / "gates").iterdir()
    for text in (
        capsys.readouterr().out,
        (folder / "gate.md").read_text(),
        (folder / "gate.html").read_text(),
    ):
        assert "100 → 66.7 images/s" in text
        assert "47.7 MiB → 47.7 MiB" in text
    [time, memory] = verdict(tmp_path)["cells"]
    assert (round(time["reference_value"], 3), round(time["value"], 3)) == (0.01, 0.015)
    assert 50e6 <= memory["reference_value"] <= memory["value"] < 50.1e6


def test_a_script_gets_one_document_or_nothing(
    measuring: Measuring, run: Gate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measuring.slower = 1.5
    assert run("gate", "--json", "--quiet") == 3
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert said.err == ""
    assert Path(found.pop("folder")).parent == tmp_path / "gates"
    assert found == verdict(tmp_path)
    assert run("matrix", "--json", "--quiet") == 0
    said = capsys.readouterr()
    [cell] = json.loads(said.out)["cells"]
    assert (cell["verdict"], cell["ratio"] > 1.4) == ("regressed", True)
    assert cell["side"] != cell["reference_side"]
    assert run("matrix", "--quiet") == 0
    assert capsys.readouterr().out == ""


def test_an_unknown_metric_is_one_line(run: Gate, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        run("gate", "--metric", "threads")
    assert "no metric 'threads' to judge by" in capsys.readouterr().err


def test_a_head_that_fails_is_no_slow_number(measuring: Measuring, run: Gate, tmp_path: Path) -> None:
    measuring.broken = "1 of 40 bodies differ from the manifest"
    assert run("gate") == 1
    found = verdict(tmp_path)
    assert (found["verdict"], found["cells"][0]["verdict"]) == ("failed", "failed")
    assert "bodies differ" in found["cells"][0]["reason"]
    assert measuring.stages == {"screen": 6}


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


@pytest.mark.parametrize(
    ("stop", "stages"), [(("screen", 3), {"screen": 3}), (("decide", 2), {"screen": 6, "decide": 2})]
)
def test_ctrl_c_keeps_and_tells_what_was_measured(
    measuring: Measuring,
    run: Gate,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    stop: tuple[str, int],
    stages: dict[str, int],
) -> None:
    measuring.slower, measuring.stops = 1.5, stop
    assert run("gate") == 130
    found = verdict(tmp_path)
    assert (found["exit_code"], found["verdict"]) == (130, "interrupted")
    assert measuring.stages == stages
    assert "interrupted; what was measured is kept" in capsys.readouterr().err
    [cell] = found["cells"]
    assert cell["verdict"] == "inconclusive"


def test_a_budget_ends_it_between_two_rounds() -> None:
    times = iter([0.0, 0.0, 10.0, 29.0, 31.0])
    budget = Budget(30.0, lambda: next(times))
    assert [budget.is_over(number) for number in range(5)] == [False, False, False, True, True]
    assert budget.is_spent
