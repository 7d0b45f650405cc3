"""A local runner of a composite action: its shell steps as they stand, in their order; what it ``uses`` is noted."""

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml


@dataclass(slots=True, kw_only=True)
class Ran:
    """What became of an action.

    Attributes:
        code: of the first step that failed; 0 if none did.
        outputs: of the action.
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
    known |= {"github.action_path": str(action), "runner.temp": str(temp), **facts}
    ran = Ran()
    for step in text["runs"]["steps"]:
        if ran.code and "!cancelled()" not in step.get("if", ""):
            continue
        if "uses" in step:
            ran.used.append((step["uses"], _filled(step.get("with", {}), known)))
            continue
        code = _shell(step, known, folder, temp, path, action)
        ran.code = ran.code or code
    ran.outputs = _filled({name: of["value"] for name, of in text["outputs"].items()}, known)
    return ran


def _shell(
    step: Mapping[str, Any], known: dict[str, str], folder: Path, temp: Path, path: str, action: Path
) -> int:
    assert step["shell"] == "bash"
    assert "${{" not in step["run"]  # no text of others is part of a command
    outputs = temp / "outputs"
    outputs.write_text("")
    variables = {
        "PATH": path, "HOME": str(temp), "RUNNER_TEMP": str(temp), "GITHUB_WORKSPACE": str(folder),
        "GITHUB_OUTPUT": str(outputs), "GITHUB_ACTION_PATH": str(action),
    }  # fmt: skip
    command = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]]
    variables |= _filled(step.get("env", {}), known)
    done = subprocess.run(command, cwd=folder, env={**os.environ, **variables}, check=False)
    for line in outputs.read_text().splitlines():
        name, _, value = line.partition("=")
        known[f"steps.{step['id']}.outputs.{name}"] = value
    return done.returncode


def _filled(texts: Mapping[str, Any], known: Mapping[str, str]) -> dict[str, str]:
    """Put values in the place of expressions; of several with ``||`` between them the first that is not empty."""

    def value(found: re.Match[str]) -> str:
        return next((known[name] for name in found[1].split(" || ") if known.get(name)), "")

    return {name: re.sub(r"\$\{\{ (.+?) \}\}", value, str(text)) for name, text in texts.items()}
