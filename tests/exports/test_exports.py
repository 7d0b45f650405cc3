"""Each export read back, by its own program where that can be installed here, else by a schema.

Otava's pins want an environment of their own, so its files are read back as what they are, YAML and CSV.
"""

import csv
import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pyperf
import pytest
import yaml

from harness import ledger
from harness.cli import main
from harness.exports import history as history_store
from tests.exports.conftest import FAILED, VALUES, VARIANTS
from tests.history.synthetic import cells, write_store
from tests.history.synthetic import series as years
from tests.report.ledgers import make_book

GEOMETRIC = {"thread_pool/requests_session": 0.010291963, "gather/aiohttp_session/uvloop": 0.005244044}
NAMES = [f"small-memory:{variant}" for variant in sorted(VARIANTS)]
HERE = Path(__file__).parent


def test_a_side_has_its_own_interpreter_and_packages(sided: Path, tmp_path: Path) -> None:
    found = json.loads(export(sided, "pyperf", tmp_path / "one.json").read_text())
    assert found["metadata"]["python_version"] == "CPython 3.12.1"
    found = json.loads(export(sided, "pytest-benchmark", tmp_path / "two.json").read_text())
    assert found["machine_info"]["python_version"] == "CPython 3.12.1"
    assert found["benchmarks"][0]["extra_info"]["packages"]["urllib3"] == "1.26.20"
    [entry] = json.loads(export(sided, "github-action-benchmark", tmp_path / "three.json").read_text())
    assert "CPython 3.12.1" in entry["extra"]
    assert (
        history_store.points_of(ledger.read(sided))[0].commit == "mylib 1a2b3c4d5e6f-dirty other ffffffffffff"
    )
    versions = history_store.points_of(ledger.read(sided))[0].versions
    assert (versions["python"], versions["requests"]) == ("CPython 3.12.1", "2.25.1")


def export(run: Path, kind: str, out: Path) -> Path:
    assert main(["export", str(run), "--format", kind, "--out", str(out)]) == 0
    return out


def program(*arguments: str | Path, cwd: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *map(str, arguments)],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "Failed to load" not in done.stderr
    return done.stdout + done.stderr


def test_pytest_benchmark_compares_it(run: Path, tmp_path: Path) -> None:
    path = export(run, "pytest-benchmark", tmp_path / "0001_one.json")
    table = tmp_path / "table.csv"
    told = program(
        "pytest_benchmark",
        f"--storage=file://{tmp_path / 'none'}",
        "compare",
        path,
        "--csv",
        table,
        cwd=tmp_path,
    )
    assert all(name in told for name in NAMES)
    assert FAILED not in told
    means = {
        row["name"].partition(" (")[0]: float(row["mean"])
        for row in csv.DictReader(table.read_text().splitlines())
    }
    assert means == pytest.approx({NAMES[0]: 0.00525, NAMES[1]: 0.0103})
    stats = {load["name"]: load["stats"] for load in json.loads(path.read_text())["benchmarks"]}
    assert stats[NAMES[1]]["data"] == pytest.approx([0.010, 0.011, 0.010, 0.0102])
    assert (stats[NAMES[1]]["rounds"], stats[NAMES[1]]["median"]) == (4, pytest.approx(0.0101))


def test_pyperf_reads_and_compares_it(run: Path, tmp_path: Path) -> None:
    path = export(run, "pyperf", tmp_path / "one.json")
    suite = pyperf.BenchmarkSuite.load(str(path))
    assert {benchmark.get_name(): benchmark.mean() for benchmark in suite} == pytest.approx(
        {NAMES[0]: 0.00525, NAMES[1]: 0.0103}
    )
    assert {benchmark.get_nrun() for benchmark in suite} == {4}
    told = program("pyperf", "stats", path, cwd=tmp_path)
    assert "Mean +- std dev: 10.3 ms" in told
    assert "Total number of run: 4" in told
    other = json.loads(path.read_text())
    for of in other["benchmarks"]:
        for run_ in of["runs"]:
            run_["values"] = [2 * value for value in run_["values"]]
    (tmp_path / "two.json").write_text(json.dumps(other))
    assert "2.00x slower" in program("pyperf", "compare_to", path, "two.json", cwd=tmp_path)


def test_bencher_metric_format(run: Path, tmp_path: Path) -> None:
    data = json.loads(export(run, "bencher", tmp_path / "bencher.json").read_text())
    check(data, "bencher")
    assert sorted(data) == NAMES
    for variant, mean in GEOMETRIC.items():
        measures = data[f"small-memory:{variant}"]
        assert measures["latency"]["value"] == pytest.approx(mean * 1e9, rel=1e-6)  # nanoseconds
        assert measures["throughput"]["value"] == pytest.approx(1 / mean, rel=1e-6)
        assert (
            measures["latency"]["lower_value"]
            < measures["latency"]["value"]
            < measures["latency"]["upper_value"]
        )
        assert (
            measures["throughput"]["lower_value"]
            < measures["throughput"]["value"]
            < measures["throughput"]["upper_value"]
        )


def test_github_action_benchmark(run: Path, tmp_path: Path) -> None:
    data = json.loads(export(run, "github-action-benchmark", tmp_path / "custom.json").read_text())
    check(data, "github_action_benchmark")
    values = {entry["name"]: entry["value"] for entry in data}
    microseconds = {f"small-memory:{variant}": mean * 1e6 for variant, mean in GEOMETRIC.items()}
    assert values == pytest.approx(microseconds, rel=1e-6)
    assert {entry["unit"] for entry in data} == {"µs/image"}
    assert all(entry["range"].startswith("± ") for entry in data)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("bencher", {"a": {"latency": {"lower_value": 1.0}}}),
        ("bencher", {"a": {"latency": {"value": "fast"}}}),
        ("github_action_benchmark", [{"name": "a", "value": 1.0}]),
    ],
)
def test_the_schemas_refuse_what_the_formats_do_not_know(name: str, data: Any) -> None:
    with pytest.raises(jsonschema.ValidationError):
        check(data, name)


def check(data: Any, name: str) -> None:
    schema = json.loads((HERE / f"{name}.schema.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    jsonschema.validate(data, schema, cls=jsonschema.Draft7Validator)


def test_the_geometric_means_typed_here_are_those_of_the_values() -> None:
    for name, values in VALUES.items():
        assert statistics.geometric_mean(values) == pytest.approx(GEOMETRIC[name], rel=1e-6)


def test_otava_gets_a_table_per_series_of_runs_or_of_a_history(run: Path, tmp_path: Path) -> None:
    store = tmp_path / "history" / "abc.jsonl"
    made = [year for of in cells()[:2] for year in years(of, 1, 12)]
    write_store(store, made)
    out = tmp_path / "otava"
    assert main(["export", str(run), str(store), "--format", "otava", "--out", str(out)]) == 0
    tests = yaml.safe_load((out / "otava.yaml").read_text())["tests"]
    assert len(tests) == 4
    assert (
        len({name for test in tests.values() for name in test["metrics"]}) == 4
    )  # else `otava validate` objects
    for test in tests.values():
        rows = list(csv.DictReader((out / test["file"]).read_text().splitlines()))
        [metric] = test["metrics"].values()
        assert {test["time_column"], *test["attributes"], metric["column"]} == set(rows[0])
        assert metric["direction"] == -1
        assert all(float(row[metric["column"]]) > 0 for row in rows)
    lone = csv.DictReader((out / "small-memory-thread_pool-requests_session.csv").read_text().splitlines())
    [row] = lone
    assert float(row["time_per_image_s"]) == pytest.approx(
        GEOMETRIC["thread_pool/requests_session"], rel=1e-6
    )


def test_the_default_place_is_in_the_run_and_failed_cells_are_named(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", "one", "--format", "bencher", "--results", str(tmp_path)]) == 0
    assert (run / "exports" / "bencher.json").is_file()
    assert f"left out: small-memory:{FAILED} failed: round 1: a wrong body" in capsys.readouterr().err


def test_a_script_is_told_what_was_written_and_what_was_left_out(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["export", "one", "--format", "bencher", "--results", str(tmp_path)]
    assert main([*asked, "--json", "--quiet"]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert json.loads(said.out) == {
        "version": 1,
        "format": "bencher",
        "files": [str(run / "exports" / "bencher.json")],
        "left_out": {f"small-memory:{FAILED}": "round 1: a wrong body"},
    }
    assert main([*asked, "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


def test_a_missing_package_is_one_clear_line(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "pyperf", None)
    monkeypatch.delitem(sys.modules, "harness.exports.pyperf", raising=False)
    assert main(["export", str(run), "--format", "pyperf"]) == 1
    assert (
        capsys.readouterr().err
        == "fetchbench: --format pyperf needs the package pyperf: pip install pyperf\n"
    )


def test_one_run_alone_unless_for_otava_and_nothing_of_nothing(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", str(run), str(run), "--format", "bencher"]) == 2
    empty = tmp_path / "empty"
    ledger.create(empty, make_book().run)
    assert main(["export", str(empty), "--format", "bencher"]) == 5
    assert main(["export", str(empty), "--format", "otava", "--out", str(tmp_path / "o")]) == 5
    assert "nothing was measured" in capsys.readouterr().err


def test_requests_have_a_row_per_image_and_none_of_what_failed(run: Path, tmp_path: Path) -> None:
    with export(run, "requests", tmp_path / "requests.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * 4 * 2 * 10  # variants, trials, a warm-up and a timed pass of ten images
    assert {row["variant"] for row in rows} == set(VARIANTS)
    assert {(row["variant"].count("/"), row["loop"]) for row in rows} == {(1, "none"), (2, "uvloop")}
    of_one = [
        row
        for row in rows
        if (row["client"], row["round"], row["warmup"]) == ("requests_session", "2", "False")
    ]
    assert [row["image"] for row in of_one] == [str(number) for number in range(1, 11)]
    assert [float(row["start_s"]) for row in of_one] == pytest.approx([0.011 * place for place in range(10)])
    assert {row["latency_s"] for row in of_one} == {"0.011"}


def test_requests_of_a_run_in_which_every_cell_failed_are_a_header_alone(tmp_path: Path) -> None:
    made = make_book(variants=[FAILED], rounds=3, failed={FAILED: "a wrong body"}, fails_in=1)
    writer = ledger.create(tmp_path / "runs" / "one", made.run)
    records: list[ledger.Record] = [*made.sentinels, *made.trials]
    for record in records:
        writer.append(record)
    text = export(tmp_path / "runs" / "one", "requests", tmp_path / "requests.csv").read_text()
    assert text.startswith("workload,variant,")
    assert text.count("\n") == 1


def test_a_schema_takes_no_run_and_all_else_needs_one(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(run), "--format", "schema"]) == 2
    assert "--format schema: RUN: leave it out" in capsys.readouterr().err
    assert main(["export", "--format", "requests"]) == 2
    assert "--format requests: RUN: give one" in capsys.readouterr().err
