"""suite.toml: what is shipped is valid, and whatever is wrong is named with its field and line."""

from pathlib import Path

import pytest

from harness.measure.planning.suite import line_of, read_suite_file, with_options
from harness.measure.processes.launch import ROOT
from harness.model import HarnessError

GOOD = """\
[workloads.small-memory]
images = 10
image_bytes = 4_096
latency_s = 0.0
concurrency = 4
sink = "memory"

[trial]
warmups = 1
trial_s = 0.2
max_passes = 5
timeout_s = 10.0

[suites.tiny]
baseline = "sequential/a"
rounds = 3
workloads = ["small-memory"]
variants = ["*"]
"""


def complaint(tmp_path: Path, text: str) -> str:
    path = tmp_path / "suite.toml"
    path.write_text(text)
    with pytest.raises(HarnessError) as caught:
        read_suite_file(path)
    assert caught.value.exit_code == 2
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_the_shipped_file_has_the_suites_that_the_readme_names() -> None:
    file = read_suite_file(ROOT / "benchmarks" / "suite.toml")
    assert {"quick", "default", "full"} <= set(file.suites)
    assert {file.workload(name).sink.sink for name in file.suite("default").workloads} == {"memory", "disk"}
    assert all(file.workload(name).sink.sink in name for name in file.workloads)


@pytest.mark.parametrize(
    ("old", "new", "line", "field"),
    [
        ("images = 10", "images = 0", 2, "workloads.small-memory.images"),
        ("images = 10", 'images = "10"', 2, "workloads.small-memory.images"),
        ("image_bytes = 4_096", "image_bytes = 99_999_999", 3, "workloads.small-memory.image_bytes"),
        ('sink = "memory"', 'sink = "tape"', 6, "workloads.small-memory.sink"),
        ('sink = "memory"', "", 1, "workloads.small-memory.sink: is missing: memory or disk"),
        ("concurrency = 4", "", 1, "workloads.small-memory.concurrency: is missing: 1 to 4,096"),
        ("max_passes = 5", "max_passes = 5\nsurprise = 1", 12, "trial.surprise"),
        ("rounds = 3", "rounds = 0", 16, "suites.tiny.rounds"),
        ("trial_s = 0.2", "trial_s = nan", 10, "trial.trial_s: Input should be a finite number"),
        ('["small-memory"]', '["big-memory"]', 17, "suites.tiny.workloads"),
        ("[suites.tiny]", "[suites.selfcheck]", 14, "suites.selfcheck"),
        ("[workloads.small-memory]", '[workloads."Bad Name"]', 1, "workloads.Bad Name"),
        ("images = 10", '"\\u001b[2J" = 1', 1, r"workloads.small-memory.\x1b[2J"),
        ("images = 10", "images = 10 # \u2028\nsurprise = 1", 3, "workloads.small-memory.surprise"),
    ],
)
def test_a_wrong_field_is_named_with_its_line(
    tmp_path: Path, old: str, new: str, line: int, field: str
) -> None:
    message = complaint(tmp_path, GOOD.replace(old, new))
    assert f"line {line}: " in message
    assert field in message


def test_more_than_the_server_can_hold_is_refused_with_its_line(tmp_path: Path) -> None:
    message = complaint(
        tmp_path,
        GOOD.replace("images = 10", "images = 100_000").replace(
            "image_bytes = 4_096", "image_bytes = 20_000"
        ),
    )
    assert "line 1: workloads.small-memory: images times image_bytes must be at most 1,073,741,824" in message


def test_what_the_command_line_says_keeps_to_the_bounds_of_the_file() -> None:
    gate = read_suite_file(ROOT / "benchmarks" / "suite.toml").gate
    options = {"decide_rounds": "--rounds"}
    assert with_options(gate, {"decide_rounds": 7, "margin": None}, options).decide_rounds == 7
    with pytest.raises(HarnessError, match=r"--rounds: Input should be greater than or equal to 6"):
        with_options(gate, {"decide_rounds": 5}, options)


def test_broken_toml_is_named_with_its_line(tmp_path: Path) -> None:
    assert "line 2" in complaint(tmp_path, GOOD.replace("images = 10", "images = = 10"))


def test_a_byte_order_mark_is_no_part_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "suite.toml"
    path.write_text(GOOD, encoding="utf-8-sig")
    assert read_suite_file(path).suite("tiny").rounds == 3


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="cannot read"):
        read_suite_file(tmp_path / "none.toml")


def test_unknown_names_list_the_known_ones(tmp_path: Path) -> None:
    path = tmp_path / "suite.toml"
    path.write_text(GOOD)
    file = read_suite_file(path)
    with pytest.raises(HarnessError, match="no suite 'big'; there are tiny"):
        file.suite("big")
    with pytest.raises(HarnessError, match="no workload 'big'; there are small-memory"):
        file.workload("big")


def test_line_of_finds_the_innermost_place_that_is_there() -> None:
    assert line_of(GOOD, ["suites", "tiny", "rounds"]) == 16
    assert line_of(GOOD, ["suites", "tiny", "absent"]) == 14
    assert line_of(GOOD, ["nowhere"]) == 1
