"""A page of instructions, read as the steps of somebody who follows it.

A block ``sh`` is a command, and the block ``text`` after it what it prints; the words between them may say its exit code.
Any other block is a file, or as ``diff`` the change of one, of the name that the words before it give last.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from harness.model import HarnessError

BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
TITLE = re.compile(r"^#+ (.+)$", re.MULTILINE)
NAME = re.compile(r"`([\w.-]+\.\w+)`")
CODES = re.compile(r"exit code is (\d)(?:, or (\d))?")
FIGURE = re.compile(r"\d[\d,.]*")
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")  # colours and the moves of a cursor
ANYTHING = "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """What a file becomes.

    Attributes:
        name: of the file.
        text: all of it, or a change: lines that begin with a space, with - or with +.
    """

    name: str
    text: str
    is_change: bool

    def write(self, folder: Path) -> None:
        """Do to the file in this folder what the page says.

        Raises:
            HarnessError: it has not once the lines that are to be changed.
        """
        path = folder / self.name
        if not self.is_change:
            path.write_text(self.text, encoding="utf-8")
            return
        lines = self.text.splitlines(keepends=True)
        old, new = ("".join(line[1:] for line in lines if line[0] in signs) for signs in (" -", " +"))
        whole = path.read_text(encoding="utf-8")
        if whole.count(old) != 1:
            raise HarnessError(f"{self.name} has not once what is to be changed: {old.strip()}")
        path.write_text(whole.replace(old, new), encoding="utf-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One command, with what is done before it and said of it.

    Attributes:
        title: of its section.
        files: to write before.
        command: as it stands.
        codes: exit codes, as the page says; 0 where it says nothing.
        prints: lines; ``…`` in them is anything, and a figure any figure.
    """

    title: str
    files: tuple[Block, ...]
    command: str
    codes: frozenset[int] = frozenset({0})
    prints: tuple[str, ...] = ()

    def missing(self, output: str) -> list[str]:
        """The lines that are not in an output, as a terminal was sent it."""
        printed = {_plain(line) for line in re.split(r"[\r\n]+", ESCAPE.sub("", output))}
        return [line for line in self.prints if not any(map(_pattern(line).fullmatch, printed))]


def steps(page: str) -> list[Step]:
    """Read a page in Markdown."""
    found: list[Step] = []
    files: list[Block] = []
    title = ""
    for words, language, text in _blocks(page):
        title = (TITLE.findall(words) or [title])[-1]
        if language == "sh":
            found.append(Step(title=title, files=tuple(files), command=text))
            files.clear()
        elif language == "text":
            said = {int(code) for codes in CODES.findall(words) for code in codes if code}
            found[-1] = replace(
                found[-1], prints=tuple(text.splitlines()), codes=frozenset(said) or found[-1].codes
            )
        else:
            files.append(Block(name=NAME.findall(words)[-1], text=text, is_change=language == "diff"))
    return found


def _blocks(page: str) -> Iterator[tuple[str, str, str]]:
    """The words before each block, its language and its text."""
    end = 0
    for block in BLOCK.finditer(page):
        yield page[end : block.start()], block[1], block[2]
        end = block.end()


def _plain(line: str) -> str:
    """A line without its figures, which differ from machine to machine, and in one space where there are several."""
    return " ".join(FIGURE.sub("#", line).split())


def _pattern(line: str) -> re.Pattern[str]:
    return re.compile(r"\s*.*\s*".join(re.escape(part.strip()) for part in _plain(line).split(ANYTHING)))
