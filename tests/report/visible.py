"""What a reader sees of a page, and which of its numbers stand in no CSV file."""

import ast
import csv
import io
import re
from collections.abc import Mapping
from functools import cache
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

from harness.report.page import build as page

EDGES = "().,;:"


@cache
def prose() -> str:
    """What the project itself says on a page, one text a line: literals of the sources and of the template."""
    folder = Path(page.__file__).parents[1]
    texts = []
    for path in folder.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        lone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in lone:
                texts += re.split(r"\{[^}]*\}", node.value)
    for path in folder.rglob("*.j2"):
        texts += re.split(
            r"(?s)\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}|<[^>]*>", unescape(path.read_text(encoding="utf-8"))
        )
    return "\n".join(" ".join(text.split()) for text in texts)


NUMBER = re.compile(r"[\d.,]*\d[×%]?")  # as a whole; 3.11.7 is a name
MOST_WORDS = 12  # of a sentence around a number


def unexplained(shown: "Visible", words: str) -> list[str]:
    """Numbers outside of ``<data>`` that are neither a text of a CSV nor part of a sentence of the project's own.

    A name with a digit (a variant, a version) is explained by a CSV that has it. A bare number is explained by its
    neighbours alone: together they must stand so in a literal or in a cell.
    """
    known = {token.strip(EDGES) for token in f"{words} {prose()}".split()}
    corpus = " " + f"{words}\n{prose()}".replace("\n", " \n ") + " "
    found = []
    for text in shown.outside:
        tokens = text.split()
        for at, token in enumerate(tokens):
            bare = token.strip(EDGES)
            if not re.search(r"\d", bare):
                continue
            is_number = NUMBER.fullmatch(bare) and bare.count(".") < 2
            explained = any(
                " " + " ".join(tokens[start:end]).strip(EDGES) + " " in corpus
                or f" {' '.join(tokens[start:end])} " in corpus
                for start in range(max(0, at - MOST_WORDS), at + 1)
                for end in range(at + 1, min(len(tokens), at + MOST_WORDS) + 1)
                if end - start > 1
            )
            if not explained and (is_number or bare not in known):
                found.append(" ".join(tokens[max(0, at - 3) : at + 4]))
    return found


class Visible(HTMLParser):
    """What a reader sees of a page: figures with their values, and all other text but code.

    Attributes:
        values: of ``<data value>``.
        figures: their texts.
        outside: texts that stand in no ``<data>``.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.values: list[str] = []
        self.figures: list[str] = []
        self.outside: list[str] = []
        self._open: list[str] = []
        self.feed(html)

    @property
    def text(self) -> str:
        return " ".join(self.outside)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"meta", "link", "img", "input"}:
            self._open.append(tag)
        if tag == "data":
            self.values.append(dict(attrs)["value"] or "")
            self.figures.append("")

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if {"style", "script", "pre", "title"} & set(self._open):
            return
        if "data" in self._open:
            self.figures[-1] += data
        else:
            self.outside.append(data)


def csv_cells(files: Mapping[str, bytes]) -> tuple[set[str], str]:
    """All cells of all CSV files: as they are, and as one text."""
    cells = [
        cell
        for name, data in files.items()
        if name.endswith(".csv")
        for row in csv.reader(io.StringIO(data.decode()))
        for cell in row
    ]
    numbers = {cell for cell in cells if cell}
    whole = {f"{float(cell):.7g}" for cell in numbers if re.fullmatch(r"-?\d+\.0", cell)}
    return numbers | whole, "\n".join(" ".join(cell.split()) for cell in cells)
