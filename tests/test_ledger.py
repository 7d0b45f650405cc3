"""The ledger: what goes in comes out, and a crash costs the line that it cut."""

import json
import math
import os
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from harness import ledger
from harness.measured import Ceiling, Trial
from harness.model import HarnessError, Plan, Run, Skipped, TrialRules
from harness.workload import Workload
from tests.builders import cell, contender, one_pass, sentinel, trial, variant

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
    contenders=(contender("concurrency", "sequential"), contender("client", "a")),
    fingerprint={"python": "3", "client_cpus": [0]},
    environment={},
    selfcheck=None,
)
RECORDS: list[ledger.Record] = [
    sentinel(0),
    trial(cell("sequential/a"), 0, 0.001, 0.002),
    trial(cell("sequential/a"), 1, reason="OSError: no"),
]


SHORT: list[ledger.Record] = [
    Ceiling(image_bytes=4096, started_at=1.0, requests_per_s=9e3),
    replace(trial(cell("sequential/a"), 0, reason="no"), passes=()),
    replace(trial(cell("sequential/a"), 1), passes=(one_pass(0.001, images=1),)),
]


def written(folder: Path, records: list[ledger.Record] = RECORDS) -> Path:
    writer = ledger.create(folder, RUN)
    for record in records:
        writer.append(record)
    return folder / "trials.jsonl"


def test_what_goes_in_comes_out(tmp_path: Path) -> None:
    written(tmp_path / "r")
    recorded = ledger.read(tmp_path / "r")
    assert recorded.run == RUN
    assert [*recorded.sentinels, *recorded.trials] == RECORDS
    assert not recorded.cut


def test_a_line_is_json_and_names_its_kind(tmp_path: Path) -> None:
    lines = written(tmp_path / "r").read_text().splitlines()
    assert [json.loads(line)["kind"] for line in lines] == ["sentinel", "trial", "trial"]


def test_wherever_a_ledger_is_cut_it_goes_on_with_what_was_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)  # takes most of the time, and no power is cut here
    path = written(tmp_path / "r", SHORT)
    data = path.read_bytes()
    lines = data.splitlines(keepends=True)
    for end in range(len(data) + 1):
        path.write_bytes(data[:end])
        ends = [len(b"".join(lines[: number + 1])) for number in range(len(lines))]
        whole = sum(
            end >= place - 1 for place in ends
        )  # a last line without its end is whole if it is a record
        torn = end not in {0, *ends, *(place - 1 for place in ends)}
        writer = ledger.Writer(tmp_path / "r")
        found = len(writer.ledger.ceilings) + len(writer.ledger.trials)
        assert (found, writer.ledger.cut) == (whole, torn)
        for record in SHORT[whole:][:1]:
            writer.append(record)
        assert path.read_bytes() == b"".join(lines[: whole + 1])


def test_damage_inside_is_an_error_with_its_line(tmp_path: Path) -> None:
    path = written(tmp_path / "r")
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], b"{}\n", *lines[2:]]))
    with pytest.raises(HarnessError, match="line 2 is damaged"):
        ledger.read(tmp_path / "r")


def test_a_run_of_before_cells_could_be_skipped_is_read_as_it_was(tmp_path: Path) -> None:
    written(tmp_path / "r")
    path = tmp_path / "r" / "run.json"
    run = json.loads(path.read_text())
    del run["plan"]["skipped"]
    for each in run["plan"]["variants"]:
        del each["in_flight"]
    path.write_text(json.dumps(run))
    assert ledger.read(tmp_path / "r").run == RUN


def test_an_older_ledger_is_read_without_what_was_not_yet_noted(tmp_path: Path) -> None:
    path = written(tmp_path / "r")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    lines[1]["launch_cpu_s"] = 0.1  # it was noted once
    for pass_ in lines[1]["passes"]:
        for name in ("different", "strangers", "reached_at", "answered_at", "waited_s"):
            del pass_["witness"][name]
        pass_["witness"]["arriving_s"] = 0.5  # this too
        del pass_["began_at"]
    path.write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines))
    assert ledger.read(tmp_path / "r").trials[0] == RECORDS[1]


@pytest.mark.parametrize(
    ("line", "old", "new", "reason"),
    [
        (1, '"cpu_s":[', '"cpu_s":[],"was":[', "cpu_s: Tuple should have at least 1 item"),
        (1, '"echo_s":[', '"echo_s":[-', "echo_s.0: Input should be greater than"),
        (1, '"started_at":', '"started_at":1e300,"was":', "started_at: Input should be less than"),
        (1, '"started_at":', '"started_at":NaN,"was":', "started_at: Input should be"),
        (1, '"steal":', '"steal":1e999,"was":', "steal: Input should be less than or equal to 1"),
        (1, '"busy_elsewhere":', '"busy_elsewhere":Infinity,"was":', "busy_elsewhere: Input should be less"),
        (2, '"variant":"sequential/a"', '"variant":"b"', "the cell small:b is not in the plan"),
        (2, '"round":0', '"round":-1', "round: Input should be greater than or equal to 0"),
        (2, '"round":0', '"round":2', "round 2 is not in the plan"),
        (3, '"round":1', '"round":0', "small:sequential/a was measured in round 0 already"),
        (2, '"wall_s":', '"wall_s":0.0,"was":', "passes.0.wall_s: Input should be greater than"),
        (2, '"wall_s":', '"wall_s":1e308,"was":', "passes.0.wall_s: Input should be less than"),
        (2, '"wall_s":', '"wall_s":"1","was":', "passes.0.wall_s: Input should be a valid number"),
        (2, '"latency_s":[', '"latency_s":[],"was":[', "start_s and latency_s must have a value per image"),
        (2, '"client_cpu_s":', '"client_cpu_s":-1,"was":', "client_cpu_s: Input should be greater than"),
        (2, '"threads":', '"threads":' + "9" * 400 + ',"was":', "threads: Input should be less than"),
        (2, '"reason":', '"reason":"","was":', "reason: String should have at least 1 character"),
        (2, '"passes":', '"passes":[],"was":', "a trial that did not fail must have a timed pass"),
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


def test_a_trial_that_no_reader_would_take_is_written_as_a_failed_one(tmp_path: Path) -> None:
    writer = ledger.create(tmp_path / "r", RUN)
    odd = replace(one_pass(0.001), latency_s=(math.nan,) * 10)
    asked = replace(trial(cell("sequential/a"), 0, 0.001), passes=(one_pass(0.001), odd))
    written = writer.append(asked)
    assert isinstance(written, Trial)
    assert written.reason == (
        "this cannot have been measured: passes.1.latency_s.0: Input should be a valid number"
    )
    assert (written.passes, written.started_at) == ((), asked.started_at)
    assert ledger.read(tmp_path / "r").trials == (written,)


def test_nothing_else_is_written_that_no_reader_would_take(tmp_path: Path) -> None:
    writer = ledger.create(tmp_path / "r", RUN)
    for record in (
        sentinel(7),
        sentinel(0, steal=-0.1),
        Ceiling(image_bytes=1, started_at=1.0, requests_per_s=0.0),
    ):
        with pytest.raises(ValueError, match=r"round 7 is not in the plan|Input should be greater than"):
            writer.append(record)
    assert ledger.read(tmp_path / "r") == writer.ledger


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"command": "bench \ud800"}, r"'bench \\ud800' holds what is no Unicode"),
        ({"created_at": math.inf}, "created_at: Input should be a valid number"),
        ({"created_at": 253_402_300_799.0}, "created_at: Input should be less than"),
        (
            {"contenders": ()},
            "sequential/a needs the concurrency sequential, which is not among the contenders",
        ),
        (
            {"plan": replace(RUN.plan, workloads=())},
            "a cell has the workload small, which the plan does not",
        ),
        (
            {"plan": replace(RUN.plan, variants=())},
            "a cell has the variant sequential/a, which the plan does",
        ),
        *(
            ({"environment": {"sides": sides}}, "environment: sides must be a table of tables")
            for sides in (3, {"base": "here"})
        ),
        ({"plan": replace(RUN.plan, workloads=(WORKLOAD,) * 2)}, "there are two workloads small"),
        ({"plan": replace(RUN.plan, variants=RUN.plan.variants * 2)}, "there are two variants sequential/a"),
        ({"plan": replace(RUN.plan, rounds=(RUN.plan.cells * 2,))}, "round 0 holds small:sequential/a twice"),
        (
            {"plan": replace(RUN.plan, skipped=(Skipped(cell=cell("sequential/a"), reason="no"),))},
            "a round holds small:sequential/a, which is skipped",
        ),
        (
            {"plan": replace(RUN.plan, skipped=(Skipped(cell=cell("b"), reason="no"),))},
            "a cell has the variant b, which the plan does not have",
        ),
    ],
)
def test_a_run_that_contradicts_itself_is_neither_written_nor_read(
    tmp_path: Path, change: dict[str, Any], reason: str
) -> None:
    with pytest.raises(HarnessError, match=f"this run cannot be recorded: .*{reason}"):
        ledger.create(tmp_path / "new", replace(RUN, **change))
    assert not (tmp_path / "new").exists()
    ledger.create(tmp_path / "r", RUN)
    text = json.dumps(asdict(replace(RUN, **change)))
    (tmp_path / "r" / "run.json").write_text(text)
    with pytest.raises(HarnessError, match=r"run\.json is damaged"):
        ledger.read(tmp_path / "r")


@pytest.mark.parametrize(
    "facts",
    [{"cpus": None}, {"cpus": "two"}, {"packages": ["requests"]}, {"python": 3}, {"variables": {"A": 1}}],
)
@pytest.mark.parametrize("place", [(), ("environment", "sides", "here")])
def test_facts_that_something_is_made_of_have_their_types(
    tmp_path: Path, facts: dict[str, Any], place: tuple[str, ...]
) -> None:
    written(tmp_path / "r")
    path = tmp_path / "r" / "run.json"
    record = here = json.loads(path.read_text())
    for name in place:
        here = here.setdefault(name, {})
    here["fingerprint"] = facts
    path.write_text(json.dumps(record))
    with pytest.raises(HarnessError, match=rf"is damaged: fingerprint: {next(iter(facts))}"):
        ledger.read_run(tmp_path / "r")


@pytest.mark.parametrize("field", ["fingerprint", "environment"])
def test_facts_of_a_run_are_finite(tmp_path: Path, field: str) -> None:
    written(tmp_path / "r")
    path = tmp_path / "r" / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {field: {"cpus": [1, math.inf]}}))
    with pytest.raises(HarnessError, match=f"is damaged: {field}: numbers must be finite"):
        ledger.read_run(tmp_path / "r")


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
