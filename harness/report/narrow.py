"""Tables for terminals of any width: names break at their slashes, and what has no room is told line by line."""

import re
from collections.abc import Iterable, Sequence

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text


def broken(text: str, room: int) -> str:
    """The text in lines of at most so many letters, broken after a space or a slash; after an underscore if it must be."""
    lines = [""]
    for piece in _pieces(text):
        for part in [piece] if cell_len(piece.rstrip()) <= room else re.split(r"(?<=_)", piece):
            if lines[-1] and cell_len(lines[-1] + part.rstrip()) > room:
                lines.append("")
            lines[-1] += part
    return "\n".join(line.rstrip() for line in lines)


def say(console: Console, line: str) -> None:
    """Print text as it is, however long."""
    console.print(line, markup=False, highlight=False, soft_wrap=True)


class Name:
    """A cell with a name such as ``concurrency/client/loop``: never broken within a part that has room."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Break it to the width of its column."""
        yield Text(broken(self.text, options.max_width))

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """At least its longest part, at most the whole."""
        return Measurement(max(map(cell_len, _pieces(self.text))), cell_len(self.text))


class Figure:
    """A cell that is never broken."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Show it."""
        yield Text(self.text, justify=options.justify, no_wrap=True)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """As wide as it is."""
        return Measurement(cell_len(self.text), cell_len(self.text))


def has_room(console: Console, tables: Sequence[Table], *, unbroken: bool = False) -> bool:
    """Whether all of these tables fit, with their names in one line each if ``unbroken``."""
    options = console.options.update(max_width=10_000)
    found = [Measurement.get(console, options, table) for table in tables]
    return all((width.maximum if unbroken else width.minimum) <= console.width for width in found)


def print_rows(console: Console, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows of plain text as a table."""
    table = Table(*heads, box=None, header_style="bold")
    for row in rows:
        table.add_row(*map(Text, row))
    print_table(console, table)


def print_table(console: Console, table: Table) -> None:
    """Print a table, or where its columns have no room, each row as lines of head and cell."""
    if has_room(console, [table]):
        console.print(table)
        return
    if table.title:
        _print_line(console, str(table.title), str(table.title_style))
    for row in zip(*(column.cells for column in table.columns), strict=True):
        for column, cell in zip(table.columns, row, strict=True):
            _print_line(console, f"{column.header}: {getattr(cell, 'plain', getattr(cell, 'text', cell))}")
        console.print()


def _print_line(console: Console, text: str, style: str = "") -> None:
    console.print(Text(broken(text, console.width), style=style))


def _pieces(text: str) -> list[str]:
    return re.split(r"(?<= )(?=.)|(?<=/)(?=\w\w)", text)  # images/s is one word
