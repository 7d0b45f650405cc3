"""Each shell step of each workflow, run as it stands; nox, pip and GitHub's gh are stand-ins that note what they were asked.

Git is the real one, with a repository of this test as its remote.
"""

import shutil
from pathlib import Path

import pytest
import yaml

from harness import cli
from tests.ci.sessions import ROOT, sessions
from tests.ci.workflows import WORKFLOWS, Shell, Step, git, jobs, steps


@pytest.mark.parametrize("step", steps(), ids=str)
def test_each_step_runs_as_it_stands_and_asks_only_for_what_exists(step: Step, shell: Shell) -> None:
    if " jq " in step.run and not shutil.which("jq"):
        pytest.skip("needs jq, which GitHub's runners have")
    code, calls = shell(step)
    assert code == 0
    for program, *arguments in calls:
        if program != "nox":
            continue
        assert arguments[0] == "-s"
        names, _, options = " ".join(arguments[1:]).partition(" -- ")
        assert set(names.split()) <= sessions().keys()
        if options and names in cli.COMMANDS:  # those of other sessions are those of their programs
            cli.parse([names, *options.split()])


def test_all_that_is_tested_is_tested_in_ci_and_what_takes_long_too() -> None:
    ours = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    theirs = [step.run.strip() for step in steps() if step.workflow == "tests"]
    for commands in (ours, theirs):
        asked = [
            command[command.index("nox -s tests") :] for command in commands if "nox -s tests" in command
        ]
        assert asked == ["nox -s tests", "nox -s tests -- -m long"]


@pytest.mark.parametrize(
    ("path", "touched"),
    [("benchmarks/clients/x.py", True), ("noxfile.py", True), ("docs/x.md", False), ("results/x", False)],
)
def test_a_pull_request_is_gated_if_it_touches_what_is_measured(
    path: str, *, touched: bool, checkout: Path, tmp_path: Path, shell: Shell
) -> None:
    (checkout / path).parent.mkdir(parents=True, exist_ok=True)
    (checkout / path).write_text("new")
    git(checkout, "add", "--force", path)
    git(checkout, "commit", "-qm", "new")
    [step] = (step for step in steps() if "touched" in step.run)
    assert shell(step)[0] == 0
    assert (tmp_path / "output").read_text() == f"touched={str(touched).lower()}\n"


def test_a_check_that_may_be_required_always_ends() -> None:
    for name in ("tests", "pull-request"):
        text = WORKFLOWS[name].read_text(encoding="utf-8")
        events = yaml.load(text, yaml.BaseLoader)["on"]  # noqa: S506 - texts alone; else "on" is a truth
        assert (
            events["pull_request"] == ""
        )  # no filter of paths: a workflow that never begins leaves its checks pending
        assert "merge_group" in events
    gate = jobs("pull-request")["gate"]
    assert gate["needs"] == "changes"
    assert gate["if"] == "${{ !cancelled() && needs.changes.outputs.touched != 'false' }}"


def test_the_gate_measures_against_the_merge_base_and_not_against_the_tip_of_main(
    checkout: Path, shell: Shell
) -> None:
    (step,) = (step for step in steps() if "nox -s gate" in step.run)
    _, ((*_, dashes, base, commit, head, ref, _, _),) = shell(step)
    assert (dashes, base, head, ref) == ("--", "--base", "--head", "HEAD")
    assert commit == git(checkout, "rev-parse", "HEAD~1")
    assert commit != git(checkout, "rev-parse", "origin/main")


@pytest.mark.skipif(not shutil.which("jq"), reason="needs jq, which GitHub's runners have")
@pytest.mark.parametrize(
    ("verdicts", "passes"),
    [
        (['{"exit_code": 0}'], True),
        (['{"exit_code": 4}', '{"exit_code": 0}'], True),
        (['{"exit_code": 3}'], False),
        (['{"exit_code": 3}', '{"exit_code": 0}'], False),
        (['{"exit_code": 0}', '{"exit_code": 1}', '{"exit_code": 0}'], False),
        (['{"exit_code": 5}'], False),
        (["{}"], False),
        (["[]"], False),
        ([""], False),
        (['{"exit_code": 0}', None], False),
        ([], False),
    ],
)
def test_a_pull_request_fails_on_a_regression_or_a_failure_of_any_gate_and_not_on_noise(
    verdicts: list[str | None], *, passes: bool, checkout: Path, shell: Shell
) -> None:
    (step,) = (step for step in steps() if " jq " in step.run)
    gates = checkout / "results" / "gates"
    shutil.rmtree(gates)
    for number, verdict in enumerate(verdicts):
        (gates / str(number)).mkdir(parents=True)
        if verdict is not None:
            (gates / str(number) / "verdict.json").write_text(verdict)
    assert (shell(step)[0] == 0) is passes


def test_the_documents_judge_as_the_workflow_does() -> None:
    (step,) = (step for step in steps() if " jq " in step.run)
    assert f"`{step.run}`" in (ROOT / "docs" / "ci.md").read_text()
