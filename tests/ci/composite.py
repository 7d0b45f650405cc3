"""A local runner of Actions: shell steps of an action or a job as they stand, in their order; what they use is noted."""

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml


@dataclass(slots=True, kw_only=True)
class Ran:
    """What became of an action or a job.

    Attributes:
        code: of the first step that failed and was not let to; 0 if none did.
        outputs: of the whole.
        used: other actions, with what they were given.
    """

    code: int = 0
    outputs: dict[str, str] = field(default_factory=dict)
    used: list[tuple[str, dict[str, str]]] = field(default_factory=list)


def run_action(
    action: Path, given: Mapping[str, str], *, folder: Path, temp: Path, facts: Mapping[str, str], path: str
) -> Ran:
    """Run an action in a folder.

    Args:
        given: inputs.
        facts: what expressions such as ``github.event.before`` stand for.
        path: PATH of the steps.
    """
    text = yaml.safe_load((action / "action.yml").read_text(encoding="utf-8"))
    known = {f"inputs.{name}": str(of.get("default", "")) for name, of in text["inputs"].items()}
    known |= {f"inputs.{name}": value for name, value in given.items()}
    known |= {"github.action_path": str(action), **facts}
    steps, outputs = text["runs"]["steps"], {name: of["value"] for name, of in text["outputs"].items()}
    assert all(step["shell"] == "bash" for step in steps if "run" in step)
    variables = {"PATH": path, "GITHUB_ACTION_PATH": str(action)}
    return _run(steps, outputs, known, variables, folder=folder, temp=temp)


def run_job(
    workflow: Mapping[str, Any], name: str, *, folder: Path, temp: Path, facts: Mapping[str, str], path: str
) -> Ran:
    """Run a job of a workflow in a workspace; the arguments are as for ``run_action``."""
    job = workflow["jobs"][name]
    place = folder / job.get("defaults", {}).get("run", {}).get("working-directory", ".")
    known = {"github.workspace": str(folder), **facts}
    variables = {"PATH": path, "GITHUB_WORKSPACE": str(folder)}
    variables |= _filled(workflow.get("env", {}) | job.get("env", {}), known)
    return _run(job["steps"], job.get("outputs", {}), known, variables, folder=place, temp=temp)


def _run(
    steps: Sequence[Mapping[str, Any]],
    outputs: Mapping[str, str],
    known: dict[str, str],
    variables: Mapping[str, str],
    *,
    folder: Path,
    temp: Path,
) -> Ran:
    known["runner.temp"] = str(temp)
    variables = {
        "HOME": str(temp), "RUNNER_TEMP": str(temp), "GITHUB_WORKSPACE": str(folder),
        "GITHUB_OUTPUT": str(temp / "outputs"), **variables,
    }  # fmt: skip
    ran = Ran()
    for step in steps:
        if ran.code and "!cancelled()" not in step.get("if", ""):
            continue
        if "uses" in step:
            ran.used.append((step["uses"], _filled(step.get("with", {}), known)))
            continue
        code = _shell(step, known, folder, variables)
        if not step.get("continue-on-error"):
            ran.code = ran.code or code
    ran.outputs = _filled(outputs, known)
    return ran


def _shell(step: Mapping[str, Any], known: dict[str, str], folder: Path, variables: Mapping[str, str]) -> int:
    assert "${{" not in step["run"]  # no text of others is part of a command
    outputs = Path(variables["GITHUB_OUTPUT"])
    outputs.write_text("")
    command = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]]
    own = _filled(step.get("env", {}), known)
    done = subprocess.run(command, cwd=folder, env={**os.environ, **variables, **own}, check=False)
    place = f"steps.{step.get('id', '')}"
    for name, long, text in re.findall(
        r"^(\w[\w-]*)(?:<<END\n(.*?)\nEND|=([^\n]*))$", outputs.read_text(), re.MULTILINE | re.DOTALL
    ):
        known[f"{place}.outputs.{name}"] = long or text
    known[f"{place}.outcome"] = "failure" if done.returncode else "success"
    return done.returncode


def _filled(texts: Mapping[str, Any], known: Mapping[str, str]) -> dict[str, str]:
    """Put values in the place of expressions; of several with ``||`` between them the first that is not empty."""

    def value(found: re.Match[str]) -> str:
        return next((known[name] for name in found[1].split(" || ") if known.get(name)), "")

    return {name: re.sub(r"\$\{\{ (.+?) \}\}", value, str(text)) for name, text in texts.items()}
