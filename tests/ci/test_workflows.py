"""Each shell step of each workflow, run as it stands; nox, pip and GitHub's gh are stand-ins that note what they were asked.

Git is the real one, with a repository of this test as its remote.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness import cli
from tests.ci.sessions import ROOT, sessions

WORKFLOWS = {path.stem: path for path in sorted((ROOT / ".github" / "workflows").glob("*.yml"))}
EXPRESSIONS = {
    "${{ github.event.pull_request.base.sha || github.event.merge_group.base_sha }}": "origin/main",
    "${{ steps.bench.outcome }}": "success",
}
"""What Actions puts in place of these in a step's environment."""
STAND_IN = f"""#!{sys.executable}
import json, os, sys
with open(os.environ["CALLS"], "a") as calls:
    calls.write(json.dumps([os.path.basename(sys.argv[0]), *sys.argv[1:]]) + "\\n")
print("[]")
"""


Shell = Callable[..., tuple[int, list[list[str]]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One shell step, and where it stands."""

    workflow: str
    run: str
    folder: str
    env: dict[str, str]

    def __str__(self) -> str:
        return f"{self.workflow}: {self.run.splitlines()[0][:60]}"


def read(workflow: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(WORKFLOWS[workflow].read_text(encoding="utf-8"))
    return found


def jobs(workflow: str) -> dict[str, Any]:
    found: dict[str, Any] = read(workflow)["jobs"]
    return found


def steps() -> list[Step]:
    return [
        Step(
            workflow=workflow,
            run=step["run"],
            folder=step.get("working-directory", "."),
            env={
                name: EXPRESSIONS.get(value, value)
                for name, value in (read(workflow).get("env", {}) | step.get("env", {})).items()
            },
        )
        for workflow in WORKFLOWS
        for job in jobs(workflow).values()
        for step in job["steps"]
        if "run" in step
    ]


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=a", "-c", "user.email=a@b.invalid"]
    command = ["git", "-C", str(folder), *who, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone as the runner has it: main and HEAD each one commit after their merge base; and the history's branch."""
    parent = tmp_path_factory.mktemp("template")
    git(parent, "init", "-q", "--bare", "-b", "main", "origin.git")
    git(parent, "clone", "-q", "origin.git", "checkout")
    folder = parent / "checkout"
    for branch, start in (("main", None), ("history", None), ("main", "main"), ("head", "main~1")):
        git(folder, "checkout", "-q", *(["-B", branch, start] if start else ["--orphan", branch]))
        git(folder, "commit", "-q", "--allow-empty", "-m", branch)
        git(folder, "push", "-q", "origin", f"HEAD:{branch}")
    for place in ("checkout/results/history", "checkout/history", "other"):
        git(parent, "clone", "-q", "-b", "history", "origin.git", place)
    shutil.copytree(ROOT / ".github", folder / ".github", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "results" / "gates" / "1").mkdir(parents=True)
    (folder / "results" / "gates" / "1" / "verdict.json").write_text('{"exit_code": 0}')
    return parent


@pytest.fixture
def checkout(template: Path, tmp_path: Path) -> Path:
    """A clone of this test's own."""
    shutil.copytree(template, tmp_path / "own")
    folder = tmp_path / "own" / "checkout"
    for clone in (folder, folder / "results" / "history", folder / "history", tmp_path / "own" / "other"):
        git(clone, "remote", "set-url", "origin", str(tmp_path / "own" / "origin.git"))
    (tmp_path / "night").mkdir()
    (tmp_path / "night" / "0a.jsonl").write_text("machine\nours\n")
    return folder


@pytest.fixture
def shell(checkout: Path, tmp_path: Path) -> Shell:
    """Run a step as Actions does (bash -e); return its exit code and what the stand-ins were asked."""
    calls, programs = tmp_path / "calls", tmp_path / "bin"
    programs.mkdir()
    for name in ("nox", "python", "gh", "sleep"):
        (programs / name).write_text(STAND_IN)
        (programs / name).chmod(0o755)
    environment = {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "CALLS": str(calls),
        "GITHUB_ACTIONS": "true",
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "GITHUB_REPOSITORY": "us/project",
        "GITHUB_RUN_ID": "1",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "RUNNER_TEMP": str(tmp_path),
    }

    def run(step: Step, **more: str) -> tuple[int, list[list[str]]]:
        command = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step.run]
        done = subprocess.run(
            command,
            cwd=checkout / step.folder,
            env=environment | step.env | more,
            capture_output=True,
            check=False,
        )
        lines = calls.read_text().splitlines() if calls.exists() else []
        return done.returncode, [json.loads(line) for line in lines]

    return run


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
        if options:
            cli.parse([names, *options.split()])


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


def test_a_night_with_a_failed_cell_is_kept_and_the_failure_told_at_the_end(shell: Shell) -> None:
    *before, last = jobs("schedule")["measure"]["steps"]
    [bench] = (step for step in before if step.get("id") == "bench")
    assert bench["continue-on-error"] is True
    assert [
        step for step in before if "steps.bench" in str(step)
    ] == []  # what follows does not ask how it ended
    assert last["env"] == {"BENCH": "${{ steps.bench.outcome }}"}
    (step,) = (step for step in steps() if step.run == last["run"])
    assert shell(step, BENCH="success")[0] == 0
    assert shell(step, BENCH="failure")[0] == 1
    keep = jobs("schedule")["keep"]
    assert keep["if"] == "${{ !cancelled() && needs.measure.outputs.added == 'success' }}"
    assert jobs("schedule")["measure"]["outputs"] == {"added": "${{ steps.add.outcome }}"}


def keep_step() -> Step:
    (step,) = (step for step in steps() if "git push" in step.run)
    return step


def kept(checkout: Path, name: str = "0a.jsonl") -> list[str]:
    git(checkout, "fetch", "-q", "origin")
    return git(checkout, "show", f"origin/history:{name}").splitlines()


def another_night(checkout: Path, text: str) -> None:
    other = checkout.parent / "other"
    git(other, "pull", "-q", "origin", "history")
    (other / "0a.jsonl").write_text(text)
    git(other, "add", "--all")
    git(other, "commit", "-qm", "another night")
    git(other, "push", "-q", "origin", "HEAD:history")


def test_a_night_is_added_to_the_branch_once(checkout: Path, shell: Shell) -> None:
    for _ in range(2):
        assert shell(keep_step())[0] == 0
        assert kept(checkout) == ["machine", "ours"]
    assert git(checkout, "rev-list", "--count", "origin/history") == "2"


def test_another_night_that_was_quicker_loses_nothing_and_is_not_lost(checkout: Path, shell: Shell) -> None:
    another_night(checkout, "machine\ntheirs\n")
    assert shell(keep_step())[0] == 0
    assert kept(checkout) == ["machine", "theirs", "ours"]


def test_a_push_that_is_rejected_is_merged_and_tried_again(checkout: Path, shell: Shell) -> None:
    other = checkout.parent / "other"
    (other / "0a.jsonl").write_text("machine\ntheirs\n")
    git(other, "add", "--all")
    git(other, "commit", "-qm", "another night")
    hook = checkout / "history" / ".git" / "hooks" / "pre-push"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\nunset GIT_DIR; git -C '{other}' push --quiet origin HEAD:history || true\n")
    hook.chmod(0o755)
    code, calls = shell(keep_step())
    assert code == 0
    assert [program for program, *_ in calls] == ["sleep"]
    assert kept(checkout) == ["machine", "theirs", "ours"]


def test_a_branch_that_cannot_be_pushed_is_a_failure_that_says_where_the_night_is(
    checkout: Path, shell: Shell
) -> None:
    hook = checkout.parent / "origin.git" / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    code, calls = shell(keep_step())
    assert code == 1
    assert len(calls) == 5


def test_no_text_of_a_pull_request_is_ever_part_of_a_shell_command() -> None:
    assert [step for step in steps() if "${{" in step.run] == []


def test_every_action_is_pinned_to_a_commit() -> None:
    for path in WORKFLOWS.values():
        for action in re.findall(r"uses: (\S+)", path.read_text()):
            assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action)


def test_only_the_comment_and_the_night_may_write_and_neither_runs_a_pull_requests_code() -> None:
    writing = {
        name for name in WORKFLOWS for job in jobs(name).values() if "write" in str(job.get("permissions"))
    }
    assert writing == {"pull-request-comment", "schedule"}
    for name in writing:
        text = WORKFLOWS[name].read_text()
        assert "pull_request:" not in text
        assert "pull_request_target" not in text
        for job in jobs(name).values():
            checkouts = [step for step in job["steps"] if "actions/checkout" in step.get("uses", "")]
            assert {step["with"].get("ref") for step in checkouts} <= {None, "history"}


def test_no_credential_that_writes_stands_beside_code_that_is_measured() -> None:
    for name in WORKFLOWS:
        assert "write" not in str(read(name)["permissions"])
        for job in jobs(name).values():
            keeps = any(step.get("with", {}).get("persist-credentials") for step in job["steps"])
            runs = " ".join(step.get("run", "") for step in job["steps"])
            if "write" in str(job.get("permissions")) or keeps:
                assert not re.search(r"\b(nox|pip|uv|pytest|python -m)\b", runs)
