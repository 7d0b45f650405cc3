"""What a run ends with: the answer in a dozen lines, the ranked tables in the room that there is, and what is noted."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.model import ALL
from harness.outcomes import MEASURED, STATES
from harness.report.frames.tables import Tables
from harness.report.narrow import Figure, Name, broken, has_room, print_table, say
from harness.report.words import ranked, sentences, situations
from harness.report.words.absences import absences, in_one, without_figures
from harness.report.words.formats import PLAIN, Column, row_name

USUAL = 6  # columns that are worth more than a variant in one line
SUMMARY = 12  # lines of the answer
HANGING, HANGS = (
    "  ",
    40,
)  # what stands before the further lines of a sentence, and the width from which on it does
LEAST = 3  # columns of a table; where even they have no room, the rows are told line by line

Rows = Sequence[Mapping[Any, Any]]


def print_report(console: Console, tables: Tables, *, unfinished: bool) -> None:
    """Print the answer, what speaks against it, a table per workload, and at last what is not in them."""
    for line in (
        *_summary(tables, console.width),
        *sentences.cautions(tables, PLAIN, unfinished=unfinished),
        "",
    ):
        _print(console, line)
    rows = tables.ranked.to_dict("records")
    titles = {
        str(name): f"{name}: {sentences.scope(tables, name, PLAIN)}" for name in tables.workloads["workload"]
    }
    for drawn in _drawn(console, titles, rows, ranked.columns(tables.metric)):
        print_table(console, drawn)
        console.print()
    for line in dict.fromkeys([*_absences(rows), *_notes(tables)]):
        _print(console, line)


def _print(console: Console, line: str) -> None:
    """In a terminal words stay whole; a log or a pipe gets lines as they are."""
    say(console, _wrapped(line, console.width) if console.is_terminal else line)


def _summary(tables: Tables, width: int) -> list[str]:
    """The answer, in at most ``SUMMARY`` lines of this width: of all workloads the fastest, and what more has room."""
    found = situations.situations(tables, PLAIN, brief=True)
    if not found:
        return [situations.nothing(tables, PLAIN)]
    labels = dict.fromkeys(label for situation in found for label, _ in situation.lines)
    asked = [
        (situation.workload, line)
        for label in labels
        for situation in found
        for line in situation.lines
        if line[0] == label
    ]
    chosen = asked[: len(found)]
    for statement in asked[len(found) :]:
        if _height(_told(tables, found, [*chosen, statement]), width) <= SUMMARY:
            chosen.append(statement)
    return _told(tables, found, chosen)


def _told(
    tables: Tables, found: Sequence[situations.Situation], chosen: Collection[tuple[str, tuple[str, str]]]
) -> list[str]:
    lines = [f"On this machine ({sentences.machine(tables, PLAIN)}):"]
    for situation in found:
        told = [f"{line[0]}: {line[1]}" for line in situation.lines if (situation.workload, line) in chosen]
        lines += [f"{situation.workload}: {told[0]}", *(f"  {line}" for line in told[1:])]
    return lines


def _height(lines: Sequence[str], width: int) -> int:
    return sum(len(_wrapped(line, width).splitlines()) for line in lines)


def _wrapped(line: str, width: int) -> str:
    """Lines of at most this width, all but the first further in."""
    bare = line.lstrip(" ")
    before, hanging = (line[: len(line) - len(bare)], HANGING) if width >= HANGS else ("", "")
    first, *more = broken(bare, width - len(before) - len(hanging)).splitlines() or [""]
    return "\n".join([before + first, *(before + hanging + part for part in more)])


def _drawn(console: Console, titles: Mapping[str, str], rows: Rows, columns: Sequence[Column]) -> list[Table]:
    """All tables, with the most columns for which there is room in each of them."""
    present = [row for row in rows if row["state"] != "unavailable"]
    measured = {name: [row for row in present if row["workload"] == name] for name in titles}
    for count in range(len(columns), LEAST - 1, -1):
        found = [
            _table(titles[name], own, ranked.told(columns[:count], own))
            for name, own in measured.items()
            if own
        ]
        if has_room(console, found, unbroken=count > USUAL):
            break
    return found


def _table(title: str, rows: Rows, columns: Sequence[Column]) -> Table:
    table = Table(title=Text(title), title_justify="left", title_style="bold", box=None, pad_edge=False)
    for column in columns:
        is_name = column.key == "name"
        table.add_column(column.head, justify="left" if column.unit is None else "right", no_wrap=not is_name)
    for row in rows:
        said = [ranked.text(PLAIN, row, column) for column in columns]
        if row["state"] not in MEASURED:
            said[2] = row["state"]  # in the place of its speed
        rank, name, *figures = said
        table.add_row(Figure(rank), Name(name), *map(Figure, figures), style=STATES[row["state"]].style)
    return table


def _absences(rows: Rows) -> list[str]:
    """Why rows have no speed; what cannot run here is told once, not for each workload."""
    return absences(
        (
            row["state"],
            row["variant"] if row["state"] == "unavailable" else f"{row['workload']}:{row_name(row)}",
            str(row["reason"]),
        )
        for row in rows
        if row["state"] not in MEASURED
    )


def _notes(tables: Tables) -> list[str]:
    """One line for all notes that differ in their figures alone."""
    of_cells = tables.notes[tables.notes["workload"] != ALL].to_dict("records")
    alike: dict[tuple[str, str], list[str]] = defaultdict(list)
    for note in of_cells:
        alike[without_figures(note["text"]), note["advice"]].append(note["text"])
    return absences(
        (
            "note",
            f"{note['workload']}:{row_name(note)}",
            f"{in_one(alike[without_figures(note['text']), note['advice']])}; {note['advice']}",
        )
        for note in of_cells
    )
