"""Sides made ready for real, from wheels, a source folder and a repository made here, without a network."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.model import HarnessError
from harness.sides import interpreters
from harness.sides.model import Prepared
from harness.sides.parse import parse_side
from harness.sides.prepare import cache_in, prepare
from tests.sides.tiny_wheel import BACKEND, PYPROJECT, write_wheel

PROJECT = '[dependency-groups]\nclients = ["tiny>=2"]\n'


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose contenders need tiny, pinned to 2.0; a folder of wheels is all that uv may look at."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    for version in ("1.0", "2.0"):
        write_wheel(wheels, version, f"NAME = {version!r}\n")
    settings = tmp_path / "uv.toml"
    settings.write_text(f"no-index = true\nfind-links = [{json.dumps(str(wheels))}]\n")
    monkeypatch.setenv("UV_CONFIG_FILE", str(settings))
    folder = tmp_path / "project"
    (folder / "benchmarks").mkdir(parents=True)
    (folder / "benchmarks" / "suite.toml").write_text("")
    (folder / "pyproject.toml").write_text(PROJECT)
    (folder / "constraints.txt").write_text("tiny==2.0\n")
    return folder


@pytest.fixture
def say() -> list[str]:
    return []


def ready(text: str, project: Path, said: list[str]) -> Prepared:
    side = parse_side(text, repository=project, variant_ids=())
    return prepare(side, repository=project, cache=project.parent / "cache", say=said.append)


def name_in(prepared: Prepared) -> str:
    """Import tiny with the side's interpreter."""
    command = [prepared.python, "-I", "-c", "import tiny; print(tiny.NAME)"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=a", "-c", "user.email=a@b.invalid"]
    command = ["git", "-C", str(folder), *who, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def commit(folder: Path) -> None:
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "one"]):
        git(folder, *arguments)


def test_here_is_this_interpreter_and_nothing_is_built(project: Path, say: list[str]) -> None:
    side = ready("here", project, say)
    own = interpreters.ask(sys.executable)
    assert own is not None
    assert (side.python, side.root, dict(side.facts)) == (
        sys.executable,
        project.resolve() / "benchmarks",
        {"python": own.version},
    )
    assert not (project.parent / "cache").exists()
    assert say == []


def test_a_version_other_than_the_pinned_one(project: Path, say: list[str]) -> None:
    side = ready("tiny==1.0", project, say)
    assert name_in(side) == side.facts["tiny"] == "1.0"
    assert ready("tiny==1.0", project, say).python == side.python
    assert len(say) == 1


def test_a_version_that_is_not_there(project: Path, say: list[str]) -> None:
    with pytest.raises(HarnessError, match=r"tiny==9.*\(log: .*\.log\)") as caught:
        ready("tiny==9", project, say)
    assert caught.value.exit_code == 1
    assert "\n" not in str(caught.value)


def test_what_a_condition_leaves_out_is_not_measured_as_if_it_were_there(
    project: Path, say: list[str]
) -> None:
    with pytest.raises(HarnessError, match=r"'tiny==1.0; python_version < \"3\"' asks for nothing") as caught:
        ready('tiny==1.0; python_version < "3"', project, say)
    assert caught.value.exit_code == 2


def test_an_edited_source_folder_is_built_again(project: Path, say: list[str]) -> None:
    source = project.parent / "source"
    source.mkdir()
    (source / "pyproject.toml").write_text(PYPROJECT)
    (source / "backend.py").write_text(BACKEND)
    for name in ("before", "after"):
        (source / "tiny.py").write_text(f"NAME = {name!r}\n")
        side = ready(str(source), project, say)
        assert (name_in(side), side.facts["tiny"]) == (name, "3.0")


def test_the_commit_of_a_library_is_known(project: Path, say: list[str]) -> None:
    source = project.parent / "library"
    source.mkdir()
    for name, text in {"pyproject.toml": PYPROJECT, "backend.py": BACKEND, "tiny.py": "NAME = 'x'\n"}.items():
        (source / name).write_text(text)
    assert ready(str(source), project, say).identity["commits"] == {}
    commit(source)
    head = git(source, "rev-parse", "HEAD")
    assert ready(str(source), project, say).identity["commits"] == {"tiny": head}
    assert ready(f"tiny @ git+file://{source}", project, say).identity["commits"] == {"tiny": head}
    (source / "tiny.py").write_text("NAME = 'y'\n")
    assert ready(str(source), project, say).identity["commits"] == {"tiny": f"{head}-dirty"}
    assert ready("tiny==1.0", project, say).identity["commits"] == {}


def test_a_build_that_fails_tells_its_last_cause(project: Path, say: list[str]) -> None:
    source = project.parent / "broken"
    source.mkdir()
    (source / "pyproject.toml").write_text(PYPROJECT)
    (source / "backend.py").write_text("import nowhere\n")
    with pytest.raises(
        HarnessError, match=r": ModuleNotFoundError: No module named 'nowhere' \(log: .*\.log\)"
    ):
        ready(str(source), project, say)


def test_a_commit_is_taken_out_beside_the_checkout(project: Path, say: list[str]) -> None:
    commit(project)
    (project / "benchmarks" / "suite.toml").write_text("changed")
    side = ready("HEAD", project, say)
    assert side.root != project / "benchmarks"
    assert (side.root / "suite.toml").read_text() == ""
    assert side.python == sys.executable
    assert side.facts["fetchbench"] == str(side.side.ref)[:7]
    assert (project / "benchmarks" / "suite.toml").read_text() == "changed"


def test_a_commit_with_other_pins_has_its_own_packages(project: Path, say: list[str]) -> None:
    commit(project)
    (project / "pyproject.toml").write_text(PROJECT.replace("2", "1"))
    (project / "constraints.txt").write_text("tiny==1.0\n")
    assert name_in(ready("HEAD", project, say)) == "2.0"


def test_an_empty_commit_is_a_users_error(project: Path, say: list[str]) -> None:
    commit(project)
    empty = ["hash-object", "-w", "-t", "tree", "/dev/null"]
    base = git(project, "commit-tree", git(project, *empty), "-m", "nothing")
    with pytest.raises(HarnessError, match=r"commit [0-9a-f]{7} has no benchmarks/ folder") as caught:
        ready(base, project, say)
    assert caught.value.exit_code == 2


def test_a_link_out_of_a_commit_is_left_out_and_told(project: Path, say: list[str]) -> None:
    (project / "benchmarks" / "out.py").symlink_to("/etc/hostname")
    (project / "benchmarks" / "up").symlink_to("../../..")
    (project / "benchmarks" / "within.toml").symlink_to("suite.toml")
    commit(project)
    for _ in range(2):  # the second time from the cache
        side = ready("HEAD", project, say)
        assert sorted(path.name for path in side.root.iterdir()) == ["suite.toml", "within.toml"]
        told = "leads out of the commit and is left out"
        assert {line.partition(": ")[2] for line in say} == {
            f"benchmarks/{name} {told}" for name in ("out.py", "up")
        }
        say.clear()


def test_a_branch_is_measured_at_the_commit_that_it_had_and_that_is_shown(
    project: Path, say: list[str]
) -> None:
    source = project.parent / "source"
    source.mkdir()
    (source / "pyproject.toml").write_text(PYPROJECT)
    (source / "backend.py").write_text(BACKEND)
    git(source, "init", "-q", "-b", "dev/main")
    for branch in ("dev/main", "main"):
        (source / "tiny.py").write_text(f"NAME = {branch!r}\n")
        git(source, "checkout", "-q", "-B", branch)
        commit(source)
    side = ready(f"tiny @ git+{source.as_uri()}@main", project, say)
    head = git(source, "rev-parse", "main")
    assert (name_in(side), side.facts["tiny"]) == ("main", f"3.0 ({head[:12]})")
    assert head in say[0]


def test_a_commit_without_contenders_is_a_users_error(project: Path, say: list[str]) -> None:
    shutil.rmtree(project / "benchmarks")
    commit(project)
    with pytest.raises(HarnessError, match=r"commit [0-9a-f]{7} has no benchmarks/ folder") as caught:
        ready("HEAD", project, say)
    assert caught.value.exit_code == 2


def test_the_cache_is_the_users_and_not_among_the_results() -> None:
    assert cache_in(None).name == "fetchbench"
    assert "results" not in cache_in(None).parts


def test_who_has_no_home_names_a_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME", "PYENV_ROOT", "UV_PYTHON_INSTALL_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # as it is for a user without an entry
    with pytest.raises(HarnessError, match="no home to keep environments in: name a folder with --cache"):
        cache_in(None)
    assert cache_in(tmp_path / "mine") == tmp_path / "mine"
    assert all(Path(place).name.startswith("python") for place in interpreters.candidates("3.99"))
