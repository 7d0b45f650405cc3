"""Every command in the documents exists and takes its options; what it does is the business of other tests."""

import importlib.util
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import cli
from tests.ci.sessions import ROOT, sessions

PAGES = ("architecture", "ci", "conformance", "first-hour", "method")
DOCUMENTS = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").glob("*.md"),
        ROOT / "results" / "README.md",
        *ROOT.glob(".github/*.md"),
    ]
)


def commands(text: str) -> Iterator[list[str]]:
    """The words of each shell command that stands in code."""
    joined = re.sub(r"\\\n\s*", " ", text)
    for block, inline in re.findall(r"```\w*\n(.*?)```|`([^`\n]+)`", joined, re.DOTALL):
        for line in (block or inline).splitlines():
            for part in line.split("&&"):
                try:
                    yield shlex.split(part, comments=True)
                except ValueError:  # a line of Python with an apostrophe
                    continue


def asked() -> list[tuple[str, list[str]]]:
    return [
        (path.name, words)
        for path in DOCUMENTS
        for words in commands(path.read_text(encoding="utf-8"))
        if len(words) > 1 and words[0].endswith(("python", "nox", "fetchbench"))
    ]


@pytest.mark.parametrize(
    ("document", "words"), asked(), ids=lambda part: part if isinstance(part, str) else " ".join(part)[:60]
)
def test_a_command_of_the_documents_exists(document: str, words: list[str]) -> None:
    del document
    match words:
        case ["python", "-m", "harness", *rest]:
            if rest[0] != "COMMAND":
                cli.parse(rest)
        case ["python", "-m", module, *_]:
            assert importlib.util.find_spec(module)
        case ["python", file, *_]:
            assert (ROOT / file).is_file()
        case [program, *rest] if program.endswith("fetchbench"):
            cli.parse(rest)
        case [_, *options] if "-s" in options:
            session, *rest = options[options.index("-s") + 1 :]
            assert session in sessions().keys() | {"COMMAND"}
            if session in cli.COMMANDS and rest[:1] == ["--"]:
                cli.parse([session, *rest[1:]])
        case _:
            assert words in (["nox", "-l"], [".venv/bin/nox"], ["nox"])


@pytest.mark.parametrize(
    "path",
    [*(ROOT / "docs" / f"{name}.md" for name in PAGES), ROOT / "results" / "README.md"],
    ids=lambda path: path.name,
)
def test_a_page_begins_with_five_lines_in_short(path: Path) -> None:
    title, empty, short, gap, *lines = path.read_text(encoding="utf-8").splitlines()
    assert title.startswith("# ")
    assert (empty, short, gap) == ("", "In short:", "")
    assert [line.startswith("* ") for line in lines[:6]] == [True] * 5 + [False]


def test_the_documents_do_name_commands() -> None:
    found = {" ".join(words) for _, words in asked()}
    assert {"nox -s bench", "nox -s gate -- --base HEAD~1 --head HEAD", "python -m harness lessons"} <= found
    assert len(found) > 20
