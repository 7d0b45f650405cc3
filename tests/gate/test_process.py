"""What a gate does with what it measured; the measuring itself is a stand-in that writes a ledger."""

import json
from pathlib import Path

import pytest

from harness.commands.gate import Budget
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
