"""The ranked tables at the end of a run, with as many columns as there is room for."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.model import ALL
from harness.outcomes import MEASURED, STATES
from harness.report import ranked, sentences
from harness.report.absences import absences
from harness.report.charts import row_name
from harness.report.formats import PLAIN, Column
from harness.report.narrow import Figure, Name, has_room, print_table
from harness.report.tables import Tables

USUAL = 5  # columns that are worth more than a variant in one line
LEAST = 3  # columns of a table; where even they have no room, the rows are told line by line

Rows = Sequence[Mapping[Any, Any]]


def print_report(console: Console, tables: Tables, *, unfinished: bool) -> None:
    """Print a table per workload, then what is not in it and what speaks against it, and at last the answer."""
    rows = tables.ranked.to_dict("records")
    titles = {
        str(name): f"{name}: {sentences.scope(tables, name, PLAIN)}" for name in tables.workloads["workload"]
    }
    for drawn in _drawn(console, titles, rows, ranked.columns(tables.metric)):
        print_table(console, drawn)
        console.print()
    told = [*_absences(rows), *_notes(tables), *sentences.cautions(tables, PLAIN, unfinished=unfinished)]
    for line in dict.fromkeys([*told, "", sentences.answer(tables, PLAIN)]):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _drawn(console: Console, titles: Mapping[str, str], rows: Rows, columns: Sequence[Column]) -> list[Table]:
    """All tables, with the most columns for which there is room in each of them."""
    present = [row for row in rows if row["state"] != "unavailable"]
    measured = {name: [row for row in present if row["workload"] == name] for name in titles}
    for count in range(len(columns), LEAST - 1, -1):
        found = [_table(titles[name], of, columns[:count]) for name, of in measured.items() if of]
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
    of_cells = tables.notes[tables.notes["workload"] != ALL].to_dict("records")
    return absences(
        ("note", f"{note['workload']}:{row_name(note)}", f"{note['text']}; {note['advice']}")
        for note in of_cells
    )
