"""What a side's text means, part by part, in the documented order."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model import HarnessError
from harness.sides import interpreters
from harness.sides.model import Side
from harness.sides.parse import parse_side, split_parts
from harness.sides.requirements import local_path, project_name

OWN = f"{sys.version_info.major}.{sys.version_info.minor}"
NOTHING = ("python", "requirements", "ref", "variant", "client", "variables")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with one commit, tagged v1.0, on branch aiohttp."""
    folder = tmp_path_factory.mktemp("project")
    who = ["-c", "user.name=a", "-c", "user.email=a@b.invalid"]
    for arguments in (
        ["init", "-q", "-b", "aiohttp"],
        [*who, "commit", "-q", "--allow-empty", "-m", "one"],
        ["tag", "v1.0"],
    ):
        subprocess.run(["git", "-C", str(folder), *arguments], check=True)  # noqa: S607
    (folder / "pyproject.toml").write_text('[dependency-groups]\nclients = ["requests>=2", "trio"]\n')
    (folder / "constraints.txt").write_text("h11==0.16.0\n")
    return folder


def read(text: str, project: Path) -> Side:
    return parse_side(text, repository=project, variant_ids={"gather/mine/asyncio"})


def facts(text: str, project: Path) -> dict[str, object]:
    side = read(text, project)
    return {name: getattr(side, name) for name in NOTHING if getattr(side, name)}


@pytest.mark.parametrize("text", ["here", " here ", "here,"])
def test_here_changes_nothing(text: str, project: Path) -> None:
    assert facts(text, project) == {}


@pytest.mark.parametrize(
    ("text", "requirements"),
    [
        ("aiohttp==3.9.5", ("aiohttp==3.9.5",)),
        ("aiohttp>=3.9,<3.10", ("aiohttp<3.10,>=3.9",)),
        ("aiohttp >= 3.9 , != 3.9.1, <3.10", ("aiohttp!=3.9.1,<3.10,>=3.9",)),
        ("httpx[http2,brotli]==0.28.1,trio", ("httpx[brotli,http2]==0.28.1", "trio")),
        ("requests", ("requests",)),
        ("h11", ("h11",)),
        ("nope>0", ("nope>0",)),
        ("git+https://example.invalid/x.git@main", ("git+https://example.invalid/x.git@main",)),
        ("git+file:///my jobs/d'é@main", ("git+file:///my%20jobs/d'%C3%A9@main",)),
        ("git+file:///my%20job@2@main", ("git+file:///my%20job%402@main",)),
        ("x @ git+file:///my job ; python_version>'3'", ('x@ git+file:///my%20job ; python_version > "3"',)),
        ("x @ https://example.invalid/x-1.0.zip", ("x@ https://example.invalid/x-1.0.zip",)),
    ],
)
def test_requirements(text: str, requirements: tuple[str, ...], project: Path) -> None:
    found = facts(text, project)
    assert found.keys() == {"requirements"}
    assert {requirement.replace(" @ ", "@ ") for requirement in found["requirements"]} == set(requirements)  # type: ignore[attr-defined]


def test_what_git_knows_comes_before_a_bare_name_but_not_before_an_operator(project: Path) -> None:
    commit = subprocess.run(
        ["git", "-C", str(project), "rev-parse", "HEAD"],  # noqa: S607
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    assert facts("aiohttp", project) == {"ref": commit}
    assert facts("v1.0", project) == facts("HEAD", project) == facts(commit[:8], project) == {"ref": commit}
    assert facts("aiohttp==3.9.5", project) == {"requirements": ("aiohttp==3.9.5",)}


def test_a_folder_without_git_has_no_refs(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[dependency-groups]\nclients = ["aiohttp"]\n')
    assert facts("aiohttp", tmp_path) == {"requirements": ("aiohttp",)}


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("env:HTTP_PROXY=http://proxy:1", {"HTTP_PROXY": "http://proxy:1"}),
        (r"env:NO_PROXY=a\,b,env:B=", {"NO_PROXY": "a,b", "B": ""}),
        (" env:A=[(==1 , env:B=x=y", {"A": "[(==1", "B": "x=y"}),
    ],
)
def test_variables(text: str, variables: dict[str, str], project: Path) -> None:
    assert facts(text, project) == {"variables": variables}
    assert facts(f"httpx==1,{text}", project) == {"requirements": ("httpx==1",), "variables": variables}


def test_the_text_that_is_kept_has_no_secrets(project: Path) -> None:
    side = read("env:MY_TOKEN=a b,x @ git+https://me:word@e.invalid/x@main", project)
    assert side.text == "env:MY_TOKEN=***,x @ git+https://***@e.invalid/x@main"
    assert side.variables == {"MY_TOKEN": "a b"}
    assert "git+https://me:word@e.invalid/x@main" in side.requirements[0]


def test_paths_are_absolute_so_that_they_mean_the_same_everywhere(
    tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("my client.py").write_text("")
    Path("lib").mkdir()
    Path("lib/pyproject.toml").write_text("")
    Path("lib-1.0-py3-none-any.whl").write_text("")
    assert facts("./my client.py,./lib", project) == {
        "client": tmp_path.resolve() / "my client.py",
        "requirements": (str(tmp_path.resolve() / "lib"),),
    }
    wheel = (tmp_path.resolve() / "lib-1.0-py3-none-any.whl").as_uri()
    assert facts("lib @ ./lib-1.0-py3-none-any.whl", project) == {"requirements": (f"lib @ {wheel}",)}


@pytest.mark.parametrize("text", [f"python{OWN}", OWN, sys.executable])
def test_a_python_by_name_or_path(text: str, project: Path) -> None:
    found = interpreters.ask(str(facts(text, project)["python"]))
    assert found is not None
    assert found.series == OWN + ("t" if "free-threading" in sys.version else "")


def test_several_kinds_combine_in_any_order(project: Path) -> None:
    found = facts(f"gather/mine/asyncio,aiohttp==3.14.*,python{OWN}", project)
    assert found == facts(f"python{OWN} , gather/mine/asyncio, aiohttp==3.14.*", project)
    assert found.keys() == {"python", "requirements", "variant"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "a side is empty; write here"),
        (" , ", "a side is empty; write here"),
        ("HEAD,v1.0", "'v1.0' is a second ref"),
        (f"{OWN},python{OWN}", "is a second python"),
        ("httpx==1,HTTPX==2", "'HTTPX==2' is a second httpx"),
        ("python3.99", "no Python 3.99 on this machine; found: "),
        ("./gone.py", "cannot be './gone.py' (no such file); its parts are a Python"),
        ("gone.py", "(no such file)"),
        ("nope", "'nope' is no git ref of fetchbench (in /"),
        ("nope", "of yours write 'NAME @ git+file:///ITS/FOLDER@nope', for any other package nope>0"),
        ("no such thing", "a side cannot be 'no such thing'; its parts are a Python"),
        ("~nobody-at-all/x.py", "a side cannot be '~nobody-at-all/x.py'"),
        ("a @ ~nobody-at-all/x", "is no package"),
        ("lib @ ./gone", "./gone is no package"),
        ("gather/other/asyncio", "a side cannot be 'gather/other/asyncio'"),
        ("==1.0", "a side cannot be '==1.0'"),
        (
            "--find-links=https://e.invalid",
            "a side cannot be '--find-links=https://e.invalid', an option; its parts are a Python",
        ),
        ("httpx==1,-rsecrets.txt", "a side cannot be '-rsecrets.txt', an option"),
        ("env:NAME", "'NAME' is no environment variable; write NAME=VALUE"),
        ("env:A-B=1", "'A-B=1' is no environment variable"),
        ("env:A=1,env:A=2", "'env:A=2' is a second A"),
        ("env:MY_TOKEN=abc,env:MY_TOKEN=def", "'env:MY_TOKEN=***' is a second MY_TOKEN"),
        ("git+--upload-pack=touch x://y", "a git repository is one of git+file://, git+git://"),
        ("git+ext::sh -c touch% x ://y", "a git repository is one of"),
        ("x @ git+ext://y", "a git repository is one of"),
        ("https://[bad/x.zip", "'https://[bad/x.zip': Invalid IPv6 URL"),
        ("x @ https://[bad/x.zip", "Invalid IPv6 URL"),
        ("git+https://me:word@[bad/x", "'git+https://***@[bad/x': Invalid IPv6 URL"),
    ],
)
def test_errors_are_one_line_and_usage(text: str, words: str, project: Path) -> None:
    with pytest.raises(HarnessError) as caught:
        read(text, project)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_python_too_old_for_the_worker_is_refused() -> None:
    old = interpreters.Interpreter(path="/opt/python3.9", version="3.9.18", build="", platform="")
    with pytest.raises(HarnessError, match=r"/opt/python3.9 is Python 3.9.18; measuring needs 3.11"):
        interpreters.checked(old)


def test_a_program_that_is_no_python_is_none() -> None:
    assert interpreters.ask("/bin/false") is None
    assert interpreters.ask("/nowhere/python") is None


NAMES = st.from_regex(r"[a-z][a-z0-9]{0,6}", fullmatch=True)
CLAUSES = st.lists(
    st.tuples(st.sampled_from(["<", ">=", "!=", "~=", "=="]), st.from_regex(r"[1-9]\.[0-9]", fullmatch=True)),
    max_size=3,
)
EXTRAS = st.lists(NAMES, max_size=2, unique=True)


@given(st.lists(st.tuples(NAMES, EXTRAS, CLAUSES), max_size=4))
def test_splitting_undoes_joining(asked: list[tuple[str, list[str], list[tuple[str, str]]]]) -> None:
    parts = [
        name
        + (f"[{','.join(extras)}]" if extras else "")
        + ",".join(operator + version for operator, version in clauses)
        for name, extras, clauses in asked
    ]
    assert split_parts(",".join(parts)) == parts
    assert split_parts(" , ".join(parts)) == parts


def test_why_a_repository_lacks_a_commit_is_said(project: Path, tmp_path: Path) -> None:
    shallow, none = tmp_path / "shallow", tmp_path / "none"
    shutil.copytree(project, shallow)
    head = (shallow / ".git" / "refs" / "heads" / "aiohttp").read_text()
    (shallow / ".git" / "shallow").write_text(head)
    none.mkdir()
    shutil.copy(project / "pyproject.toml", none)
    for text in ("HEAD~3", "origin/main", "nope"):
        with pytest.raises(HarnessError, match=r"in /.*/shallow, a shallow clone: git fetch --unshallow\)"):
            read(text, shallow)
        with pytest.raises(
            HarnessError, match=r"in /.*/none, git cannot read it: fatal: not a git repository"
        ):
            read(text, none)


@pytest.mark.parametrize("name", ["a#b", "a[b]", "a\nb", "a b@2"])
def test_a_folder_is_found_again_whatever_it_is_called(name: str, project: Path, tmp_path: Path) -> None:
    folder = tmp_path / name
    folder.mkdir()
    (folder / "pyproject.toml").write_text('[project]\nname = "My.Lib"\n')
    [requirement] = read(str(folder), project).requirements
    assert requirement == folder.as_uri()
    assert (local_path(requirement), project_name(requirement)) == (folder, "my-lib")
