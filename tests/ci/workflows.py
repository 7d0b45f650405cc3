"""The workflows as they stand: their jobs, and each shell step with where it runs."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.ci.sessions import ROOT

WORKFLOWS = {path.stem: path for path in sorted((ROOT / ".github" / "workflows").glob("*.yml"))}
EXPRESSIONS = {  # what Actions puts in place of these in a step's environment
    "${{ github.event.pull_request.base.sha || github.event.merge_group.base_sha }}": "origin/main",
    "${{ steps.bench.outcome }}": "success",
}


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
