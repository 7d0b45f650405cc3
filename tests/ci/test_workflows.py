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
STAND_IN = f"""#!{sys.executable}
import json, os, sys
with open(os.environ["CALLS"], "a") as calls:
    calls.write(json.dumps([os.path.basename(sys.argv[0]), *sys.argv[1:]]) + "\\n")
print("[]")
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One shell step, and where it stands."""

    workflow: str
    run: str
    folder: str
    env: dict[str, str]

    def __str__(self) -> str:
        return f"{self.workflow}: {self.run.splitlines()[0][:60]}"


def jobs(workflow: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(WORKFLOWS[workflow].read_text(encoding="utf-8"))["jobs"]
    return found


def steps() -> list[Step]:
    return [
        Step(
            workflow=workflow,
            run=step["run"],
            folder=step.get("working-directory", "."),
            env=step.get("env", {}),
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
    git(parent, "clone", "-q", "-b", "history", "origin.git", "checkout/results/history")
    shutil.copytree(ROOT / ".github", folder / ".github", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "results" / "history" / "history.jsonl").write_text("{}\n")
    (folder / "results" / "gates" / "1").mkdir(parents=True)
    (folder / "results" / "gates" / "1" / "verdict.json").write_text('{"exit_code": 0}')
    return parent


@pytest.fixture
def checkout(template: Path, tmp_path: Path) -> Path:
    """A clone of this test's own."""
    shutil.copytree(template, tmp_path / "own")
    folder = tmp_path / "own" / "checkout"
    for clone in (folder, folder / "results" / "history"):
        git(clone, "remote", "set-url", "origin", str(tmp_path / "own" / "origin.git"))
    return folder


@pytest.fixture
def shell(checkout: Path, tmp_path: Path) -> Callable[[Step], tuple[int, list[list[str]]]]:
    """Run a step as Actions does (bash -e); return its exit code and what the stand-ins were asked."""
    calls, programs = tmp_path / "calls", tmp_path / "bin"
    programs.mkdir()
    for name in ("nox", "python", "gh"):
        (programs / name).write_text(STAND_IN)
        (programs / name).chmod(0o755)
    environment = {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "CALLS": str(calls),
        "GITHUB_ACTIONS": "true",
        "GITHUB_BASE_REF": "main",
        "GITHUB_REPOSITORY": "us/project",
        "GITHUB_RUN_ID": "1",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "RUNNER_TEMP": str(tmp_path),
    }

    def run(step: Step) -> tuple[int, list[list[str]]]:
        command = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step.run]
        done = subprocess.run(
            command, cwd=checkout / step.folder, env=environment | step.env, capture_output=True, check=False
        )
        lines = calls.read_text().splitlines() if calls.exists() else []
        return done.returncode, [json.loads(line) for line in lines]

    return run


@pytest.mark.parametrize("step", steps(), ids=str)
def test_each_step_runs_as_it_stands_and_asks_only_for_what_exists(
    step: Step, shell: Callable[[Step], tuple[int, list[list[str]]]]
) -> None:
    if step.run.startswith("jq ") and not shutil.which("jq"):
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
            cli._parser().parse_args([names, *options.split()])


def test_the_gate_measures_against_the_merge_base_and_not_against_the_tip_of_main(
    checkout: Path, shell: Callable[[Step], tuple[int, list[list[str]]]]
) -> None:
    (step,) = (one for one in steps() if "merge-base" in one.run)
    _, ((*_, dashes, base, commit, head, ref),) = shell(step)
    assert (dashes, base, head, ref) == ("--", "--base", "--head", "HEAD")
    assert commit == git(checkout, "rev-parse", "HEAD~1")
    assert commit != git(checkout, "rev-parse", "origin/main")


@pytest.mark.skipif(not shutil.which("jq"), reason="needs jq, which GitHub's runners have")
@pytest.mark.parametrize(
    ("verdict", "passes"),
    [
        ('{"exit_code": 0}', True),
        ('{"exit_code": 4}', True),
        ('{"exit_code": 3}', False),
        ('{"exit_code": 1}', False),
        ('{"exit_code": 5}', False),
        ("{}", False),
        (None, False),
    ],
)
def test_a_pull_request_fails_on_a_regression_or_a_failure_and_not_on_noise(
    verdict: str | None,
    *,
    passes: bool,
    checkout: Path,
    shell: Callable[[Step], tuple[int, list[list[str]]]],
) -> None:
    (step,) = (one for one in steps() if one.run.startswith("jq "))
    file = checkout / "results" / "gates" / "1" / "verdict.json"
    file.unlink() if verdict is None else file.write_text(verdict)
    assert (shell(step)[0] == 0) is passes


def test_the_history_is_pushed_to_its_branch(
    checkout: Path, shell: Callable[[Step], tuple[int, list[list[str]]]]
) -> None:
    (step,) = (one for one in steps() if "push" in one.run)
    assert shell(step)[0] == 0
    git(checkout, "fetch", "-q", "origin")
    assert git(checkout, "show", "origin/history:history.jsonl") == "{}"


def test_no_text_of_a_pull_request_is_ever_part_of_a_shell_command() -> None:
    assert [one for one in steps() if "${{" in one.run] == []


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
            checkouts = [one for one in job["steps"] if "actions/checkout" in one.get("uses", "")]
            assert {one["with"].get("ref") for one in checkouts} <= {None, "history"}
