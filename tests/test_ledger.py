"""The ledger: what goes in comes out, and a crash costs the line that it cut."""

import json
from pathlib import Path

import pytest

from harness import ledger
from harness.model import HarnessError, Plan, Run, Sentinel, Trial, TrialRules
from harness.workload import Workload
from tests.builders import cell, sentinel, trial, variant

WORKLOAD = Workload.of(
    name="small", images=10, image_bytes=4096, latency_s=0.0, concurrency=4, sink="memory", seed=1
)
RUN = Run(
    id="r",
    version=ledger.VERSION,
    created_at=1.0,
    command="python -m harness bench",
    plan=Plan(
        suite="quick",
        baseline="sequential/a",
        seed=1,
        rules=TrialRules(warmups=1, trial_s=0.5, max_passes=9, timeout_s=10.0),
        precision=None,
        workloads=(WORKLOAD,),
        variants=(variant("sequential/a"),),
        rounds=((cell("sequential/a"),),) * 2,
    ),
    contenders=(),
    fingerprint={"python": "3", "client_cpus": [0]},
    environment={},
    selfcheck=None,
)
RECORDS: list[Trial | Sentinel] = [
    sentinel(0),
    trial(cell("sequential/a"), 0, 0.001, 0.002),
    trial(cell("sequential/a"), 1, reason="OSError: no"),
]


def written(folder: Path) -> Path:
    ledger.create(folder, RUN)
    for one in RECORDS:
        ledger.append(folder, one)
    return folder / "trials.jsonl"


def test_what_goes_in_comes_out(tmp_path: Path) -> None:
    written(tmp_path / "r")
    book = ledger.read(tmp_path / "r")
    assert book.run == RUN
    assert [*book.sentinels, *book.trials] == RECORDS
    assert not book.cut


def test_a_line_is_json_and_names_its_kind(tmp_path: Path) -> None:
    lines = written(tmp_path / "r").read_text().splitlines()
    assert [json.loads(line)["kind"] for line in lines] == ["sentinel", "trial", "trial"]


def test_wherever_the_last_line_is_cut_only_it_is_lost(tmp_path: Path) -> None:
    path = written(tmp_path / "r")
    data = path.read_bytes()
    start = data.rindex(b"\n", 0, -1) + 1
    for end in range(start + 1, len(data) - 1, 97):
        path.write_bytes(data[:end])
        book = ledger.read(tmp_path / "r")
        assert len(book.trials) == 1
        assert book.cut


def test_damage_inside_is_an_error_with_its_line(tmp_path: Path) -> None:
    path = written(tmp_path / "r")
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], b"{}\n", *lines[2:]]))
    with pytest.raises(HarnessError, match="line 2 is damaged"):
        ledger.read(tmp_path / "r")


def test_an_older_ledger_is_read_without_what_was_not_yet_noted(tmp_path: Path) -> None:
    path = written(tmp_path / "r")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for one in lines[1]["passes"]:
        for name in ("different", "strangers", "reached_at", "answered_at", "waited_s"):
            del one["witness"][name]
        one["witness"]["arriving_s"] = 0.5  # it was noted once
        del one["began_at"]
    path.write_text("".join(json.dumps(one, separators=(",", ":")) + "\n" for one in lines))
    assert ledger.read(tmp_path / "r").trials[0] == RECORDS[1]


@pytest.mark.parametrize(
    ("line", "old", "new", "reason"),
    [
        (1, '"cpu_s":[', '"cpu_s":[],"was":[', "cpu_s must be above 0"),
        (1, '"echo_s":[', '"echo_s":[-', "echo_s must be above 0"),
        (2, '"variant":"sequential/a"', '"variant":"b"', "the cell small:b is not in the plan"),
        (2, '"round":0', '"round":-1', "round -1 is not in the plan"),
        (2, '"wall_s":', '"wall_s":0.0,"was":', "wall_s must be above 0"),
        (2, '"wall_s":', '"wall_s":1e308,"was":', "wall_s must be above 0"),
        (2, '"latency_s":[', '"latency_s":[],"was":[', "start_s and latency_s must have a value per image"),
        (2, '"client_cpu_s":', '"client_cpu_s":-1,"was":', "times must be finite and not below 0"),
        (2, '{"kind":"trial",', '{"kind":"trial","x":' + "[" * 9_999, "damaged"),
    ],
)
def test_what_cannot_have_been_measured_is_damage_with_its_line(
    tmp_path: Path, line: int, old: str, new: str, reason: str
) -> None:
    path = written(tmp_path / "r")
    lines = path.read_text().splitlines(keepends=True)
    assert old in lines[line - 1]
    lines[line - 1] = lines[line - 1].replace(old, new, 1)
    path.write_text("".join(lines))
    with pytest.raises(HarnessError) as caught:
        ledger.read(tmp_path / "r")
    assert f"line {line} is damaged" in str(caught.value)
    assert reason in str(caught.value)


def test_a_ledger_that_is_a_folder_is_one_line(tmp_path: Path) -> None:
    path = written(tmp_path / "r")
    path.unlink()
    path.mkdir()
    with pytest.raises(HarnessError, match=r"cannot read .*trials.jsonl: Is a directory"):
        ledger.read(tmp_path / "r")


def test_a_newer_version_is_refused_in_one_line(tmp_path: Path) -> None:
    written(tmp_path / "r")
    path = tmp_path / "r" / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"version": 99, "unheard_of": 1}))
    with pytest.raises(HarnessError, match="version 99; this fetchbench reads up to"):
        ledger.read(tmp_path / "r")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 1}', "no json"])
def test_a_damaged_run_file_is_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "run.json").write_text(text)
    with pytest.raises(HarnessError, match="is damaged"):
        ledger.read(tmp_path)


def test_a_folder_that_is_no_run_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(HarnessError) as caught:
        ledger.read(tmp_path / "nowhere")
    assert caught.value.exit_code == 2
