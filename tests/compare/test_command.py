"""The command as a user runs it, on runs written by the ledger."""

import csv
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness import ledger
from harness.cli import main
from harness.ledger import Ledger
from harness.measure.processes.launch import ROOT
from harness.measured import Trial
from tests.report.ledgers import make_book, workload

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a run; ``factor`` makes each trial slower, ``facts`` change the fingerprint."""

    def make(
        name: str, factor: float = 1.0, facts: Mapping[str, Any] | None = None, recorded: Ledger | None = None
    ) -> Path:
        made = recorded or make_book(rounds=8)
        run = replace(made.run, id=name, fingerprint={**made.run.fingerprint, **(facts or {})})
        folder = tmp_path / "runs" / name
        writer = ledger.create(folder, run)
        records: list[ledger.Record] = [*made.ceilings, *made.sentinels]
        records += [slowed(trial, factor) for trial in made.trials]
        for record in records:
            writer.append(record)
        return folder

    return make


def slowed(trial: Trial, factor: float) -> Trial:
    jitter = 1 + (trial.round * 7 % 5 - 2) / 200
    passes = tuple(replace(pass_, wall_s=pass_.wall_s * factor * jitter) for pass_ in trial.passes)
    return replace(trial, passes=passes)


def rows(folder: Path) -> list[dict[str, str]]:
    return list(csv.DictReader((folder / "compare.csv").read_text().splitlines()))


def compare(tmp_path: Path, *arguments: str | Path) -> int:
    return main(["compare", *map(str, arguments), "--results", str(tmp_path)])


@pytest.mark.parametrize(
    ("factor", "code", "verdict"), [(1.3, 3, "regressed"), (1.0, 0, "equivalent"), (0.7, 0, "improved")]
)
def test_exit_codes(write: Write, tmp_path: Path, factor: float, code: int, verdict: str) -> None:
    write("base")
    head = write("head", factor)
    assert compare(tmp_path, "base", "head") == code
    assert {row["verdict"] for row in rows(head)} == {verdict}
    assert {row["base_trials"] for row in rows(head)} == {"8"}
    assert f"{verdict}" in (head / "compare.md").read_text()
    assert "share no rounds" in (head / "compare.md").read_text()


def test_unlike_machines_are_refused_with_the_keys(
    write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = write("base")
    head = write("head", 2.0, {"cpu": "Other CPU", "packages": {"requests": "2.33.0"}})
    assert compare(tmp_path, base, head) == 4
    told = capsys.readouterr().err
    assert "cpu: Test CPU against Other CPU" in told
    assert "packages.requests: 2.32.0 against 2.33.0" in told
    assert not (head / "compare.csv").exists()


def test_sides_with_other_packages_are_unlike_too(
    write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two gates on one machine, whose heads had another version of a package."""

    def gate(version: str) -> Ledger:
        recorded = make_book(rounds=8, sides=["base", "head"])
        own = {"base": {}, "head": {"packages": {"requests": version}}}
        sides = {side: {"fingerprint": facts} for side, facts in own.items()}
        return replace(
            recorded, run=replace(recorded.run, environment={**recorded.run.environment, "sides": sides})
        )

    old, new = write("old", recorded=gate("2.25.1")), write("new", recorded=gate("2.26.0"))
    assert compare(tmp_path, old, new) == 4
    told = capsys.readouterr().err
    assert "packages.requests: 2.25.1 against 2.26.0" in told
    assert compare(tmp_path, write("clean"), write("set", facts={"variables": {"A": "1"}})) == 4
    assert "variables.A: absent against 1" in capsys.readouterr().err
    assert compare(tmp_path, old, write("same", recorded=gate("2.25.1"))) == 0


def test_force_marks_every_row_and_gives_no_verdict(write: Write, tmp_path: Path) -> None:
    base, head = write("base"), write("head", 2.0, {"cpus": 4})
    out = tmp_path / "out"
    assert compare(tmp_path, base, head, "--force", "--out", out) == 4
    assert {row["verdict"] for row in rows(out)} == {"not comparable"}
    assert {row["p_regressed"] for row in rows(out)} == {""}
    assert float(rows(out)[0]["ratio"]) == pytest.approx(2)


def test_a_cell_that_fails_now_is_no_slow_number(write: Write, tmp_path: Path) -> None:
    write("base")
    variant = "gather/aiohttp_session/uvloop"
    head = write("head", recorded=make_book(rounds=8, failed={variant: "a wrong body"}))
    assert compare(tmp_path, "base", "head") == 1
    [row] = [row for row in rows(head) if row["variant"] == variant]
    assert (row["verdict"], row["ratio"], row["reason"]) == ("failed", "", "head: round 1: a wrong body")


def test_a_cell_that_failed_in_the_base_excludes_no_regression(write: Write, tmp_path: Path) -> None:
    variants = {variant.id for variant in make_book().run.plan.variants}
    write("base", recorded=make_book(rounds=8, failed=dict.fromkeys(variants, "a wrong body")))
    head = write("head")
    assert compare(tmp_path, "base", "head") == 5  # of none is anything known
    assert {row["verdict"] for row in rows(head)} == {"inconclusive"}
    assert rows(head)[0]["reason"] == "base failed: round 1: a wrong body"
    write("other", recorded=make_book(rounds=8, failed={min(variants): "a wrong body"}))
    assert compare(tmp_path, "other", "head") == 4


def test_cells_of_one_run_only_are_listed_and_other_workloads_not_compared(
    write: Write, tmp_path: Path
) -> None:
    write("base", recorded=make_book(rounds=8, workloads=[workload("a"), workload("b")]))
    changed = workload("a", concurrency=50)
    head = write("head", recorded=make_book(rounds=8, workloads=[changed, workload("c")]))
    assert compare(tmp_path, "base", "head") == 4
    verdicts = {row["workload"]: row["verdict"] for row in rows(head)}
    assert verdicts == {"a": "not comparable", "b": "only in base", "c": "only in head"}


def test_a_variant_that_one_run_lacks_was_not_compared_and_does_not_pass(
    write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = make_book(rounds=8)
    lost = made.run.plan.baseline
    fewer = replace(made, trials=tuple(trial for trial in made.trials if trial.cell.variant != lost))
    write("base")
    head = write("head", recorded=fewer)
    assert compare(tmp_path, "base", "head") == 4
    [row] = [row for row in rows(head) if row["variant"] == lost]
    assert row["verdict"] == "only in base"
    assert "1 only in base" in capsys.readouterr().out
    assert compare(tmp_path, "head", "base", "--out", tmp_path / "out") == 4
    assert [row["variant"] for row in rows(tmp_path / "out") if row["verdict"] == "only in head"] == [lost]


def test_two_runs_without_a_common_cell_have_nothing_compared(write: Write, tmp_path: Path) -> None:
    write("base", recorded=make_book(rounds=8, workloads=[workload("a")]))
    write("head", recorded=make_book(rounds=8, workloads=[workload("b")]))
    assert compare(tmp_path, "base", "head") == 5


def test_a_run_is_not_compared_with_itself(
    write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write("base")
    assert compare(tmp_path, "base", folder) == 2
    assert "base is compared with itself: give two runs" in capsys.readouterr().err
    assert not (folder / "compare.csv").exists()


def test_a_host_that_changed_between_the_runs_is_no_regression(write: Write, tmp_path: Path) -> None:
    made = make_book(rounds=8)
    jitter = [replace(sentinel, cpu_s=(0.02 * (1 + sentinel.round / 500),)) for sentinel in made.sentinels]
    slow = [replace(sentinel, cpu_s=(sentinel.cpu_s[0] * 1.3,)) for sentinel in jitter]
    write("base", recorded=replace(made, sentinels=tuple(jitter)))
    head = write("head", 1.3, recorded=replace(made, sentinels=tuple(slow)))
    assert compare(tmp_path, "base", "head") == 4
    assert {row["verdict"] for row in rows(head)} == {"inconclusive"}
    assert rows(head)[0]["reason"].startswith("the host changed: its fixed CPU loop took 1.29 to 1.31")


def test_no_run_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare(tmp_path, "nowhere", "latest") == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_every_column_is_explained(write: Write, tmp_path: Path) -> None:
    head = write("head")
    compare(tmp_path, write("base"), head)
    explained = (ROOT / "results" / "README.md").read_text()
    header = (head / "compare.csv").read_text().partition("\n")[0]
    assert [name for name in header.split(",") if f"`{name}`" not in explained] == []
