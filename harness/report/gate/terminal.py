"""A gate as a table in the terminal, and what differs between its sides."""

from rich.console import Console

from harness.report.comparison import margins_text, print_comparison, short
from harness.report.gate.record import Gate, changes, headline
from harness.report.narrow import say

PACKAGES = 400  # characters; all of them are in verdict.json


def print_gate(console: Console, gate: Gate) -> None:
    """Print the findings, the gravest first, and the verdict last."""
    if gate.findings:
        print_comparison(console, gate.findings)
    packages = f"packages that differ: {short(changes(gate.packages), PACKAGES)}" if gate.packages else ""
    disturbed = [f"the host was disturbed: {note}" for note in gate.host_notes]
    for line in filter(None, (packages, *disturbed, margins_text(gate.findings), headline(gate))):
        say(console, line)
