"""``gate`` as a whole command, against the live server."""

import csv
import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from harness import ledger
from harness.cli import main
from harness.measure.processes.launch import ROOT
from harness.measure.server import Server
from tests.gate.conftest import client
from tests.shared_server import shared


def verdict(results: Path) -> dict[str, Any]:
    [path] = results.glob("gates/*/verdict.json")
    found: dict[str, Any] = json.loads(path.read_text())
    return found


@pytest.mark.long
@pytest.mark.usefixtures("probed_once")
def test_a_client_that_burns_the_cpu_fails_the_gate(
    suite_file: Path,
    server: Server,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    base, head = client(tmp_path, "quick", 0), client(tmp_path, "slow", 60_000)
    step = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(step))
    with shared(server):
        code = main([
            "gate", "--base", f"{base},env:WHO=base,env:MY_TOKEN=abc", "--head", f"{head},env:WHO=head", "--env", "ALL=1",
            "--suite-file", str(suite_file), "--results", str(tmp_path),
        ])  # fmt: skip
    said = capsys.readouterr()
    found = verdict(tmp_path)
    # Where others use the machine so much that they could explain it the gate must say so, and never pass.
    assert code == found["exit_code"], said.err
    assert found["exit_code"] in ({3, 4} if found["host_notes"] else {3})
    [cell] = found["cells"]
    assert cell["ratio"] > 1.3
    assert cell["stage"] == "decide"
    assert cell["rounds"] == 6
    assert found["runs"] == ["screen", "decide"]
    assert "::error " in said.out or found["exit_code"] == 4
    folder = tmp_path / "gates" / found["id"]
    assert step.read_bytes() == (folder / "gate.md").read_bytes()
    suite = ET.fromstring((folder / "junit.xml").read_text()).find("testsuite")  # noqa: S314 - our own file
    assert suite is not None
    assert (suite.get("tests"), suite.get("errors")) == ("1", "0")
    kept = [path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file()]
    assert not any("MY_TOKEN=abc" in text for text in [*kept, said.out, said.err])
    assert found["sides"]["base"] | {"env MY_TOKEN": "***"} == found["sides"]["base"]
    screen = ledger.read_run(folder / "screen")
    asked = {"base": {"ALL": "1", "MY_TOKEN": "***", "WHO": "base"}, "head": {"ALL": "1", "WHO": "head"}}
    assert {side: screen.on(side)["variables"] for side in asked} == asked
    header = (folder / "effects.csv").read_text().partition("\n")[0]
    explained = (ROOT / "results" / "README.md").read_text()
    assert [name for name in header.split(",") if f"`{name}`" not in explained] == []
    [row] = csv.DictReader((folder / "effects.csv").read_text().splitlines())
    assert row["stage"] == "decide"


@pytest.mark.usefixtures("probed_once")
@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--head", "here", "--workloads", "none"], 2, "no workload 'none'"),
        (["--head", "mylib @ git+file:///nowhere@main"], 1, "head: git cannot read file:///nowhere: "),
        (["--head", "nope"], 2, "head: 'nope' is no git ref of fetchbench (in /"),
        (["--head", "CLIENT", "--variants", "gather/aiohttp_session/asyncio"], 5, "nothing to measure"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_in_the_verdict(
    suite_file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    message: str,
) -> None:
    path = str(client(tmp_path, "mine", 0))
    given = [path if argument == "CLIENT" else argument for argument in arguments]
    where = ["--suite-file", str(suite_file), "--results", str(tmp_path)]
    assert main(["gate", "--base", "here", *given, *where]) == code
    assert message in capsys.readouterr().err.splitlines()[-1]
    found = verdict(tmp_path)
    assert found["exit_code"] == code
    assert message in found["reason"]
