"""``docs/nightly.yml`` in somebody else's repository: its steps as they stand; pip, gh and the command are stand-ins."""

import os
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness import cli
from tests.ci.composite import Ran, run_job
from tests.ci.sessions import ROOT

NIGHTLY: dict[str, Any] = yaml.safe_load((ROOT / "docs" / "nightly.yml").read_text(encoding="utf-8"))
OURS: dict[str, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / "schedule.yml").read_text("utf-8"))
NEW = "fetchbench: new: small-memory: thread_pool/my_client: +12.0 %: 1.00 ms → 1.12 ms"
STAND_IN = f"""#!/bin/sh
echo "$(basename "$0") $*" >> "$CALLS"
case "$(basename "$0") $1 $2" in
  "fetchbench gate "*) exit "$GATED" ;;
  "fetchbench bench "*) exit "$MEASURED" ;;
  "fetchbench history show") if [ "$SHOWN" != 0 ]; then echo '{NEW}' >&2; fi; exit "$SHOWN" ;;
esac
"""


def run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **variables: str) -> Ran:
    """Run a job in a new workspace."""
    programs, temp = tmp_path / "bin", tmp_path / "temp"
    (tmp_path / "library").mkdir()
    for folder in (programs, temp):
        folder.mkdir()
    for program in ("python", "gh", "fetchbench"):
        (programs / program).write_text(STAND_IN)
        (programs / program).chmod(0o755)
    known = {"CALLS": str(tmp_path / "calls"), "GITHUB_REPOSITORY": "us/mylib", "GITHUB_RUN_ID": "7"}
    for variable, value in {**known, "GITHUB_SERVER_URL": "https://github.com", **variables}.items():
        monkeypatch.setenv(variable, value)
    facts = {"needs.measure.outputs.slower": NEW, "github.token": "none"}
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    return run_job(NIGHTLY, name, folder=tmp_path, temp=temp, facts=facts, path=path)


def calls(tmp_path: Path) -> list[list[str]]:
    return [shlex.split(line) for line in (tmp_path / "calls").read_text().splitlines()]


@pytest.mark.parametrize(
    ("gated", "measured", "shown", "code", "slower"),
    [
        ("0", "0", "0", 0, ""),
        ("4", "0", "0", 0, ""),
        ("3", "0", "0", 3, ""),
        ("0", "1", "0", 1, ""),
        ("0", "0", "3", 3, NEW),
        ("2", "1", "3", 2, NEW),
        ("0", "0", "1", 1, ""),
    ],
)
def test_a_night_is_measured_kept_and_judged_at_the_end(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    gated: str,
    measured: str,
    shown: str,
    code: int,
    slower: str,
) -> None:
    ran = run("measure", tmp_path, monkeypatch, GATED=gated, MEASURED=measured, SHOWN=shown)
    assert (ran.code, ran.outputs) == (code, {"added": "success", "slower": slower})
    assert [use.partition("@")[0] for use, _ in ran.used[-2:]] == ["actions/upload-artifact"] * 2
    [install, *asked] = calls(tmp_path)
    assert install == [
        "python",
        *["-m", "pip", "install", "--quiet", "git+https://github.com/OWNER/fetchbench@COMMIT"],
    ]
    gate, bench, add, show = (cli.parse(arguments) for _, *arguments in asked)
    assert (gate.base, gate.head, gate.client) == ("mylib>0", ".", [Path("my_client.py")])
    assert (bench.side, bench.variants) == (".", ["thread_pool/my_client"])
    assert (add.runs, show.fail_on_change) == (["latest"], True)


def test_what_is_new_becomes_an_issue_in_which_it_calls_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("tell", tmp_path, monkeypatch).code == 0
    [[program, *_, option, body]] = calls(tmp_path)
    assert (program, option) == ("gh", "--body-file")
    first, empty, last = Path(body).read_text().splitlines()
    assert (first, empty) == (f"    {NEW}", "")
    assert last.endswith("of https://github.com/us/mylib/actions/runs/7")


def test_the_night_is_kept_as_our_own_is_and_no_code_that_is_measured_may_write() -> None:
    jobs = NIGHTLY["jobs"]
    assert jobs["keep"] == OURS["jobs"]["keep"]
    assert {name: job["permissions"] for name, job in jobs.items()} == {
        "measure": {"contents": "read"},
        "tell": {"issues": "write"},
        "keep": {"contents": "write"},
    }
    for name in ("tell", "keep"):
        assert not any(word in str(jobs[name]["steps"]) for word in ("python", "fetchbench ", "pip"))
    ours = {step["uses"] for job in OURS["jobs"].values() for step in job["steps"] if "uses" in step}
    theirs = {step["uses"] for job in jobs.values() for step in job["steps"] if "uses" in step}
    assert theirs <= ours  # pinned, and by the commits that ours have
