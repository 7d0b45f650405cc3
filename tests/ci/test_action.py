"""``action.yml`` in a repository of somebody else, and the recipes for other CIs: their steps run as they stand.

Python, pip and the command are stand-ins that note what they were asked; git is the real one.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from harness import cli
from tests.ci.composite import Ran, run_action
from tests.ci.sessions import ROOT

STAND_IN = f"""#!{sys.executable}
import json, os, shutil, sys
from pathlib import Path
name = Path(sys.argv[0]).name
with open(os.environ["CALLS"], "a") as calls:
    calls.write(json.dumps([name, *sys.argv[1:]]) + "\\n")
if sys.argv[1:3] == ["-m", "venv"]:
    programs = Path(sys.argv[3], "bin")
    programs.mkdir(parents=True)
    for program in ("python", "pip", "fetchbench"):
        shutil.copy(sys.argv[0], programs / program)
if name == "fetchbench":
    sys.exit(int(os.environ["GATE_CODE"]))
"""
CI = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))


def blocks(language: str) -> list[str]:
    """The code of docs/ci.md in a language."""
    return re.findall(rf"```{language}\n(.*?)```", CI, re.DOTALL)


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=a", "-c", "user.email=a@b.invalid"]
    command = ["git", "-C", str(folder), *who, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A library's repository, a commit after the tip of main."""
    folder = tmp_path / "lib rary"  # a space in a path breaks what is not quoted
    git(tmp_path, "init", "-q", "-b", "main", str(folder))
    (folder / "pyproject.toml").write_text('[project]\nname = "mylib"\nversion = "1.0"\n')
    (folder / "my_client.py").write_text('"""Mine."""\n')
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "one")
    git(folder, "update-ref", "refs/remotes/origin/main", "HEAD")
    git(folder, "commit", "-q", "--allow-empty", "-m", "two")
    return folder


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("python", "python3", "pip", "fetchbench"):
        (programs / name).write_text(STAND_IN)
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    monkeypatch.setenv("GATE_CODE", "0")
    return tmp_path / "calls"


def gates(calls: Path) -> list[list[str]]:
    """What the command was asked."""
    noted = [json.loads(line) for line in calls.read_text().splitlines()]
    return [arguments for name, *arguments in noted if name == "fetchbench"]


def act(library: Path, given: dict[str, str], event: dict[str, str] | None = None) -> Ran:
    temp = library.parent / "temp"
    temp.mkdir(exist_ok=True)
    facts = {"pull_request.base.sha": git(library, "rev-parse", "origin/main")} if event is None else event
    told = {f"github.event.{name}": value for name, value in facts.items()}
    return run_action(ROOT, given, folder=library, temp=temp, facts=told, path=os.environ["PATH"])


def test_the_lines_of_the_documents_are_all_that_a_repository_needs(library: Path, calls: Path) -> None:
    [text] = [block for block in blocks("yaml") if "OWNER/fetchbench@" in block]
    *_, used = yaml.safe_load(text)["jobs"]["gate"]["steps"]
    ran = act(library, used["with"])
    assert ran.code == 0
    [asked] = gates(calls)
    options = cli.parse(asked)
    assert options.client == [Path("my_client.py")]
    assert options.base == f"git+file://{library}@{git(library, 'rev-parse', 'origin/main')}"
    assert (options.head, options.variants) == (".", ["thread_pool/my_client"])
    assert ran.outputs == {"exit-code": "0", "folder": str(options.results)}
    kept = dict(ran.used)["actions/upload-artifact@b7c566a772e6b6bfb58ed0dc250532a479d7789f"]
    assert kept["path"] == f"{options.results}/gates/"


@pytest.mark.parametrize(
    ("code", "noise", "expected"),
    [
        (0, "pass", 0),
        (3, "pass", 3),
        (4, "pass", 0),
        (4, "fail", 4),
        (1, "pass", 1),
        (2, "pass", 2),
        (5, "pass", 5),
    ],
)
def test_its_exit_code_is_the_gates(
    library: Path, calls: Path, monkeypatch: pytest.MonkeyPatch, code: int, noise: str, expected: int
) -> None:
    monkeypatch.setenv("GATE_CODE", str(code))
    ran = act(library, {"client": "my_client.py", "noise": noise})
    assert (ran.code, ran.outputs["exit-code"]) == (expected, str(code))
    assert "actions/upload-artifact" in ran.used[-1][0]  # kept whatever was found
    assert len(gates(calls)) == 1


def test_what_is_given_is_handed_on_as_it_is(library: Path, calls: Path) -> None:
    nasty = '$(touch hit) `touch hit` "; touch hit; "'
    given = {"client": nasty, "base": nasty, "head": nasty, "variants": "*/my_client gather/x/*"}
    given |= {"workloads": "a\n  b\n", "margin": "7%", "expected": "some where.toml"}
    assert act(library, given, {}).code == 0
    options = cli.parse(gates(calls)[0])
    assert (options.client, options.base, options.head) == ([Path(nasty)], nasty, nasty)
    assert (options.variants, options.workloads) == (["*/my_client", "gather/x/*"], ["a", "b"])
    assert (options.margin, options.expected) == (0.07, Path("some where.toml"))
    assert not (library / "hit").exists()


@pytest.mark.parametrize("event", [{}, {"before": "0" * 40}])  # a schedule; a new branch
def test_an_event_that_is_based_on_nothing_needs_a_base(
    library: Path, calls: Path, capfd: pytest.CaptureFixture[str], event: dict[str, str]
) -> None:
    ran = act(library, {"client": "my_client.py"}, event)
    assert (ran.code, ran.outputs["exit-code"]) == (2, "2")
    assert "this event is based on no commit; give the input base" in capfd.readouterr().out
    assert gates(calls) == []


def test_what_it_uses_is_pinned_and_every_input_is_used() -> None:
    steps = ACTION["runs"]["steps"]
    used = [step["uses"] for step in steps if "uses" in step]
    assert used
    assert [name for name in used if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", name)] == []
    assert [name for name in ACTION["inputs"] if f"inputs.{name} " not in str(steps)] == []


def shell(command: str, folder: Path, **variables: str) -> int:
    return subprocess.run(
        ["/bin/bash", "-e", "-c", command], cwd=folder, env={**os.environ, **variables}, check=False
    ).returncode


def test_the_recipe_for_gitlab_runs(library: Path, calls: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [text] = [block for block in blocks("yaml") if "CI_PROJECT_DIR" in block]
    job = yaml.safe_load(text)["gate"]
    base = git(library, "rev-parse", "origin/main")
    known = {"CI_PROJECT_DIR": str(library), "CI_MERGE_REQUEST_DIFF_BASE_SHA": base}
    monkeypatch.setenv("GATE_CODE", "3")
    assert shell("\n".join(job["script"]), library, **known) == 3
    options = cli.parse(gates(calls)[0])
    assert (options.base, options.head) == (f"git+file://{library}@{base}", ".")
    assert job["allow_failure"]["exit_codes"] == 4
    assert job["artifacts"]["reports"]["junit"] == f"{options.results}/gates/*/junit.xml"


def test_the_recipe_for_jenkins_runs(library: Path, calls: Path) -> None:
    [text] = blocks("groovy")
    install, gate = re.findall(r"'''(.*?)'''", text, re.DOTALL)
    assert shell(install, library) == 0
    assert shell(gate, library, WORKSPACE=str(library), CHANGE_TARGET="main") == 0
    options = cli.parse(gates(calls)[0])
    base = git(library, "rev-parse", "origin/main")
    assert (options.base, options.head) == (f"git+file://{library}@{base}", ".")
    assert f"junit '{options.results}/gates/*/junit.xml'" in text
