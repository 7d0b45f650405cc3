"""A gate as a table in the terminal."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.report.gate.record import Gate, headline, margin_text, name, ratio_text, rounds, why
from harness.report.narrow import Name, print_table

STYLES = {"regressed": "bold red", "failed": "bold red", "inconclusive": "yellow", "improved": "green"}


def print_gate(console: Console, gate: Gate) -> None:
    """Print the findings, the gravest first, and the verdict last."""
    if gate.findings:
        table = Table(
            "verdict", "cell", "time ratio", "rounds", "why", box=None, header_style="bold", pad_edge=False
        )
        for one in gate.gravest_first:
            table.add_row(
                Text(one.call, style=STYLES.get(one.call, "")),
                Name(name(one)),
                Text(ratio_text(one)),
                Text(str(rounds(one))),
                Text(why(one)),
            )
        print_table(console, table)
    for note in gate.host_notes:
        console.print(f"the host was disturbed: {note}", markup=False, highlight=False, soft_wrap=True)
    if gate.margin is not None:
        console.print(margin_text(gate), markup=False, highlight=False, soft_wrap=True)
    console.print(headline(gate), markup=False, highlight=False, soft_wrap=True)
