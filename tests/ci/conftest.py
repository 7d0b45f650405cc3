"""A clone as a runner has it, and a shell in it where nox, pip and GitHub's gh note what they were asked and do nothing."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ci.sessions import ROOT
from tests.ci.workflows import Shell, Step, git

STAND_IN = f"""#!{sys.executable}
import json, os, sys
with open(os.environ["CALLS"], "a") as calls:
    calls.write(json.dumps([os.path.basename(sys.argv[0]), *sys.argv[1:]]) + "\\n")
print("[]")
"""


@pytest.fixture(scope="session")
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
