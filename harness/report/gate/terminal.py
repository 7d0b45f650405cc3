"""A gate as a table in the terminal."""

from rich.console import Console

from harness.report.comparison import margins_text, print_comparison
from harness.report.gate.record import Gate, headline


def print_gate(console: Console, gate: Gate) -> None:
    """Print the findings, the gravest first, and the verdict last."""
    if gate.findings:
        print_comparison(console, gate.findings)
    disturbed = [f"the host was disturbed: {note}" for note in gate.host_notes]
    for line in filter(None, (*disturbed, margins_text(gate.findings), headline(gate))):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
