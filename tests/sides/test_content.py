"""What is measured is what was asked for now: exact refs of a repository, and every file that can reach a wheel."""

import os
import subprocess
from pathlib import Path

import pytest

from harness.model import HarnessError
from harness.sides.content import content_of, exact, git_source
from harness.sides.trees import commit_of

FILES = {
    "pyproject.toml": '[project]\nname = "My.Lib"\n', "my_lib.py": "A = 1\n", "build/tool.py": "A = 1\n",
    "dist/data.txt": "1", ".hidden": "1", "ignored.bin": "1", "node_modules/a.js": "1", ".gitignore": "*.bin\n",
    "sub/.git": "gitdir: ../.git/modules/sub\n", "sub/code.py": "A = 1\n", "templates/pyvenv.cfg": "a",
    ".cache/CACHEDIR.TAG": "Signature: 8a477f597d28d172789f06886806bc55\n", ".cache/x": "1",
    "venv/pyvenv.cfg": "home = /usr\n", "venv/bin/python3": "", "venv/lib/x.py": "1", "__pycache__/a.pyc": "1",
}  # fmt: skip
OF_TOOLS = {
    ".cache/x",
    "venv/lib/x.py",
    "__pycache__/a.pyc",
    "sub/.git",
    ".cache/CACHEDIR.TAG",
    "venv/pyvenv.cfg",
}
OF_TOOLS |= {"venv/bin/python3"}


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=a", "-c", "user.email=a@b.invalid", "-c", "protocol.file.allow=always"]
    command = ["git", "-C", str(folder), *who, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def commit(folder: Path, message: str = "one") -> str:
    git(folder, "commit", "-q", "--allow-empty", "-m", message)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "package"
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.mark.parametrize("name", sorted(FILES))
def test_every_file_counts_but_those_of_version_control_caches_and_environments(
    package: Path, name: str
) -> None:
    before = content_of(str(package))
    with (package / name).open("a") as file:
        file.write("more")
    assert (content_of(str(package)) == before) == (name in OF_TOOLS)


def test_names_modes_and_links_count_too(package: Path, tmp_path: Path) -> None:
    states = [content_of(str(package))]

    def changed() -> bool:
        states.append(content_of(str(package)))
        return states[-1] not in states[:-1]

    (package / "my_lib.py").rename(package / "other.py")
    assert changed()
    (package / "other.py").chmod(0o755)
    assert changed()
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "code.py").write_text("A = 1\n")
    (package / "linked").symlink_to(outside, target_is_directory=True)
    assert changed()
    (outside / "code.py").write_text("A = 2\n")
    assert changed()
    (package / "again").symlink_to(package, target_is_directory=True)
    assert changed()
    (package / "dangling").symlink_to("nowhere")
    assert changed()
    os.mkfifo(package / "pipe")
    (package / os.fsdecode(b"not\xfftext")).write_text("")
    assert changed()
    assert not changed()


def test_a_commit_without_a_change_counts_for_many_take_their_version_from_it(package: Path) -> None:
    git(package, "init", "-q")
    commit(package)
    before = content_of(str(package))
    git(package, "tag", "v2.0")
    assert content_of(str(package)) != before


def test_the_repository_of_a_hook_that_runs_us_is_not_taken_for_the_one_that_is_meant(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    for folder in (package, other):
        folder.mkdir(exist_ok=True)
        git(folder, "init", "-q")
    mine = commit(package, "mine")
    commit(other, "of the hook")
    content = content_of(str(package))
    for name, place in (
        ("GIT_DIR", other / ".git"),
        ("GIT_WORK_TREE", other),
        ("GIT_INDEX_FILE", other / "i"),
    ):
        monkeypatch.setenv(name, str(place))
    assert commit_of("HEAD", package) == mine
    assert content_of(str(package)) == content


def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match=r"cannot read .*/gone-1.0.zip: No such file") as caught:
        content_of(str(tmp_path / "gone-1.0.zip"))
    assert caught.value.exit_code == 2


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Branches main and dev/main, and a branch and an annotated tag that share the name v1."""
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "dev/main")
    commit(folder, "of dev")
    git(folder, "tag", "-a", "v1", "-m", "annotated")
    git(folder, "checkout", "-q", "-b", "other")
    commit(folder, "of other")
    git(folder, "branch", "main")
    git(folder, "tag", "-a", "release", "-m", "annotated")
    commit(folder, "of other again")
    git(folder, "branch", "v1")
    return folder


@pytest.mark.parametrize(
    ("revision", "means"),
    [
        ("@main", "refs/heads/main"),
        ("@dev/main", "refs/heads/dev/main"),
        ("@v1", "refs/heads/v1"),
        ("@refs/tags/v1", "refs/tags/v1^{commit}"),
        ("@release", "refs/tags/release^{commit}"),
        ("", "HEAD"),
        ("@main#egg=x", "refs/heads/main"),
    ],
)
def test_a_ref_is_the_exact_one_and_becomes_a_commit(repository: Path, revision: str, means: str) -> None:
    url = f"git+{repository.as_uri()}"
    _, sign, fragment = revision.partition("#")
    wanted = f"x @ {url}@{git(repository, 'rev-parse', means)}{sign}{fragment}"
    assert exact(f"x @ {url}{revision}") == wanted
    commit(repository, "meanwhile")
    git(repository, "branch", "-f", "main")
    assert exact(wanted) == wanted


def test_a_branch_that_moved_is_another_commit(repository: Path) -> None:
    asked = f"git+{repository.as_uri()}@other"
    first = exact(asked)
    commit(repository)
    assert exact(asked) != first
    short = f"git+{repository.as_uri()}@{first[-40:-30]}"
    assert exact(short) == short


def test_a_ref_that_is_not_there_is_a_users_error(repository: Path, tmp_path: Path) -> None:
    for revision in ("ain", "heads/main", "--upload-pack=touch"):
        with pytest.raises(HarnessError, match="has no branch or tag") as caught:
            exact(f"x @ git+{repository.as_uri()}@{revision}")
        assert caught.value.exit_code == 2
    url = f"git+{(tmp_path / 'nowhere').as_uri()}"
    with pytest.raises(HarnessError, match=r"git cannot read file:///.*nowhere: fatal: .*") as caught:
        exact(f"x @ {url}@main")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("git+https://e.invalid/x.git", ("https://e.invalid/x.git", "HEAD")),
        ("x @ git+https://e.invalid/x@v1.0#egg=x", ("https://e.invalid/x", "v1.0")),
        ("git+https://me@e.invalid/x@a/b", ("https://me@e.invalid/x", "a/b")),
        ("git+ssh://git@e.invalid/x", ("ssh://git@e.invalid/x", "HEAD")),
        ("x @ https://e.invalid/x.zip", None),
        ("x==1", None),
    ],
)
def test_where_a_git_requirement_comes_from(text: str, source: tuple[str, str] | None) -> None:
    found = git_source(text)
    assert (found and (found.url, found.revision)) == source
