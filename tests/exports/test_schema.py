"""The JSON Schemas: they take what the ledger writes, and refuse what its readers refuse."""

import json
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from harness import ledger
from harness.cli import main
from harness.workload import Workload
from tests.report.ledgers import a_selfcheck, make_book


@pytest.fixture
def schemas(tmp_path: Path) -> dict[str, Draft202012Validator]:
    assert main(["export", "--format", "schema", "--out", str(tmp_path / "schema")]) == 0
    found = {path.name: json.loads(path.read_text()) for path in (tmp_path / "schema").iterdir()}
    for schema in found.values():
        Draft202012Validator.check_schema(schema)
    return {name.partition(".")[0]: Draft202012Validator(schema) for name, schema in found.items()}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    made = make_book(selfcheck=a_selfcheck(), skipped={"to_thread/requests_session/uvloop": "it cannot"})
    writer = ledger.create(tmp_path / "run", made.run)
    records: list[ledger.Record] = [*made.ceilings, *made.sentinels, *made.trials]
    for record in records:
        writer.append(record)
    return tmp_path / "run"


def test_they_take_all_that_is_written(schemas: dict[str, Draft202012Validator], run: Path) -> None:
    assert schemas.keys() == {"run", "trials"}
    schemas["run"].validate(json.loads((run / "run.json").read_text()))
    lines = [json.loads(line) for line in (run / "trials.jsonl").read_text().splitlines()]
    assert {line["kind"] for line in lines} == {"ceiling", "sentinel", "trial"}
    for line in lines:
        schemas["trials"].validate(line)


RIGHT: list[dict[str, Any]] = [
    {},
    {"image_bytes": [1_024, 9_000]},
    {"image_bytes": 500, "hosts": 9_000, "server": "remote"},
    {"tls": True, "http": "2"},
    {"faults": [["not_found", 0.5]]},
]
WRONG: list[dict[str, Any]] = [
    {"images": 0},
    {"images": 1.5},
    {"image_bytes": [1_024]},
    {"image_bytes": 500},
    {"hosts": 9_000},
    {"tls": 1},
    {"sink": "tape"},
    {"faults": [["not_found", 1.5]]},
    {"faults": [["nothing", 0.5]]},
    {"speed": 1},
]


@pytest.mark.parametrize("changes", [*RIGHT, *WRONG])
def test_they_bound_a_workload_as_a_reader_does(
    schemas: dict[str, Draft202012Validator], run: Path, changes: dict[str, Any]
) -> None:
    whole = json.loads((run / "run.json").read_text())
    workload = whole["plan"]["workloads"][0]
    workload.update(changes)
    assert schemas["run"].is_valid(whole) == (changes in RIGHT)
    with nullcontext() if changes in RIGHT else pytest.raises(ValueError, match=next(iter(changes))):
        Workload.of(**workload)


def test_a_ledger_of_before_a_field_is_right(schemas: dict[str, Draft202012Validator], run: Path) -> None:
    whole = json.loads((run / "run.json").read_text())
    del whole["plan"]["workloads"][0]["round_trip_s"]
    assert schemas["run"].is_valid(whole)
    del whole["plan"]["workloads"][0]["images"]
    assert not schemas["run"].is_valid(whole)


DAMAGE: list[Callable[[dict[str, Any]], object]] = [
    lambda trial: trial.pop("round"),
    lambda trial: trial.update(round=-1),
    lambda trial: trial.update(kind="guess"),
    lambda trial: trial["passes"][0].update(wall_s="1"),
    lambda trial: trial["passes"][0].update(wall_s=0.0),
    lambda trial: trial.update(reason=""),
]


@pytest.mark.parametrize("damage", DAMAGE)
def test_they_refuse_what_a_reader_refuses(
    schemas: dict[str, Draft202012Validator], run: Path, damage: Callable[[dict[str, Any]], object]
) -> None:
    trial = json.loads((run / "trials.jsonl").read_text().splitlines()[-1])
    damage(trial)
    assert not schemas["trials"].is_valid(trial)
    (run / "trials.jsonl").write_text(json.dumps(trial, separators=(",", ":")) + "\n")
    assert main(["report", str(run)]) == 1
