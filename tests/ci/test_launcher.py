"""The command ``fetchbench``: which checkout it finds, and that it becomes the harness in the folder where the user is."""

import importlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

import fetchbench
from tests.ci.sessions import ROOT


def checkout(folder: Path) -> Path:
    """The least that is taken for one."""
    for name in ("harness/__main__.py", "benchmarks/suite.toml", "pyproject.toml", "constraints.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")
    (folder / "pyproject.toml").write_text("[dependency-groups]\nmeasure = []\n")
    return folder


class Installed:
    """Stands for the installed distribution, which says where it came from."""

    def __init__(self, told: dict[str, Any] | None) -> None:
        self._told = told

    def read_text(self, name: str) -> str | None:
        assert name == "direct_url.json"
        return None if self._told is None else json.dumps(self._told)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is installed in a folder that is no checkout, and has a cache of its own."""
    monkeypatch.setattr(fetchbench, "__file__", str(tmp_path / "site-packages" / "fetchbench.py"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(fetchbench.NAMED, raising=False)


def test_it_is_found_from_any_folder_below_it_unless_one_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, other = checkout(tmp_path / "root"), checkout(tmp_path / "other")
    assert fetchbench.find_checkout(root / "benchmarks") == root
    monkeypatch.setenv(fetchbench.NAMED, str(other))
    assert fetchbench.find_checkout(root / "benchmarks") == other
    monkeypatch.setenv(fetchbench.NAMED, str(tmp_path))
    with pytest.raises(fetchbench.StartError, match="is no checkout of fetchbench"):
        fetchbench.find_checkout(root)


def test_it_is_where_it_was_installed_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = checkout(tmp_path / "o ne")
    monkeypatch.setattr(
        fetchbench, "distribution", lambda _: Installed({"url": root.as_uri(), "dir_info": {}})
    )
    assert fetchbench.find_checkout(tmp_path) == root
    monkeypatch.setattr(fetchbench, "distribution", lambda _: Installed(None))
    with pytest.raises(
        fetchbench.StartError, match="no checkout of fetchbench here; go to one, or name it in"
    ):
        fetchbench.find_checkout(tmp_path)


def test_a_repository_is_cloned_once_at_the_commit_that_was_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = checkout(tmp_path / "root")
    git = ["git", "-C", str(root), "-c", "user.name=a", "-c", "user.email=a@b.invalid"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*git, *command], check=True)
    commit = subprocess.check_output([*git, "rev-parse", "HEAD"], text=True).strip()
    told = {"url": root.as_uri(), "vcs_info": {"vcs": "git", "commit_id": commit}}
    monkeypatch.setattr(fetchbench, "distribution", lambda _: Installed(told))
    found = fetchbench.find_checkout(tmp_path)
    assert found == tmp_path / "cache" / "fetchbench" / "checkouts" / commit[:16]
    (found / "whole").unlink()  # as of one that was killed on its way
    (found / "harness" / "__main__.py").unlink()
    assert fetchbench.find_checkout(tmp_path) == found
    assert fetchbench.is_checkout(found)
    shutil.rmtree(root)
    assert fetchbench.find_checkout(tmp_path) == found


def test_what_is_installed_is_this_file_alone() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["tool"]["setuptools"] == {"py-modules": ["fetchbench"]}
    module, _, function = project["project"]["scripts"]["fetchbench"].partition(":")
    assert getattr(importlib.import_module(module), function) is fetchbench.main


def test_its_environment_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr(fetchbench, "_run", commands.append)
    root = checkout(tmp_path / "root")
    python = fetchbench.environment(root)
    assert fetchbench.environment(root) == python
    [venv, install] = [command[1:] for command in commands]
    assert (venv[0], install[:2]) == ("venv", ["pip", "install"])
    assert f"--group={root / 'pyproject.toml'}:measure" in install
    (root / "constraints.txt").write_text("requests==2.0\n")
    assert fetchbench.environment(root) != python


def homeless() -> Path:
    raise RuntimeError("Could not determine home directory.")


def interrupted(_checkout: Path) -> str:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("broken", "code", "said"),
    [
        (
            ("Path.home", homeless),
            1,
            "this user has no home to keep an environment in: set HOME or XDG_CACHE_HOME",
        ),
        (("environment", interrupted), 130, "interrupted"),
    ],
)
def test_what_keeps_it_from_starting_is_one_line(
    broken: tuple[str, object],
    code: int,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv(fetchbench.NAMED, str(checkout(tmp_path / "one")))
    name, instead = broken
    monkeypatch.setattr(f"fetchbench.{name}", instead)
    with pytest.raises(SystemExit) as ended:
        fetchbench.main()
    told = ended.value.code if isinstance(ended.value.code, str) else capsys.readouterr().err.strip()
    assert told == f"fetchbench: {said}"
    assert (1 if isinstance(ended.value.code, str) else ended.value.code) == code


STARTS = "import fetchbench, sys; fetchbench.environment = lambda _: sys.executable; fetchbench.main()"


def start(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command with an environment that is there already, in a folder that holds what would shadow a module."""
    (folder / "harness").mkdir(exist_ok=True)
    (folder / "harness" / "__init__.py").write_text("1 / 0\n")
    variables = os.environ | {"PYTHONPATH": str(ROOT), "FETCHBENCH_CHECKOUT": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-P", "-c", STARTS, *arguments],
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_becomes_the_harness_where_the_user_is_and_its_exit_code_is_the_commands(tmp_path: Path) -> None:
    text = (
        '[workloads.mine]\nimages = 0\nimage_bytes = 2_048\nlatency_s = 0\nconcurrency = 2\nsink = "memory"\n'
    )
    (tmp_path / "mine.toml").write_text(text)
    done = start(tmp_path, "bench", "--suite-file", "mine.toml")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("fetchbench: mine.toml: line 2: workloads.mine.images: ")


def test_what_it_says_is_to_be_typed_is_its_own_name(tmp_path: Path) -> None:
    assert start(tmp_path, "nothing").stderr.endswith("; fetchbench --help shows all options\n")
