"""A gate in Markdown: ``gate.md``, short enough for a comment on a pull request and for a step summary."""

from collections.abc import Iterator

from harness.report.comparison import LEGEND, comparison_html, comparison_md, margins_text, short, side_lines
from harness.report.gate.record import Gate, changes, headline
from harness.report.words.formats import markdown

LIMIT = 60_000  # characters; a comment may have 65,536, and the one who posts it adds a line
PACKAGES = 2_000  # characters; all of them are in verdict.json


def gate_md(gate: Gate) -> bytes:
    """``gate.md``; rows are left out, and counted, where it would grow beyond ``LIMIT``."""
    most = len(gate.findings)
    while True:
        text = "\n".join(_lines(gate, most)) + "\n"
        if len(text) <= LIMIT or most == 0:
            return text.encode()
        most //= 2


def gate_html(gate: Gate) -> bytes:
    """``gate.html``: the headline and the table."""
    notes = [f"The host was disturbed: {note}" for note in gate.host_notes]
    return comparison_html("fetchbench gate", headline(gate), notes, gate.findings, "effects.csv")


def _lines(gate: Gate, most: int) -> Iterator[str]:
    yield f"## fetchbench gate: {markdown(short(headline(gate)))}"
    yield ""
    yield from side_lines(gate.sides)
    if gate.packages:
        yield f"* Packages that differ: {markdown(short(changes(gate.packages), PACKAGES))}"
    if gate.is_same:
        yield "* Nothing differs between the two sides: this measures the noise alone."
    for note in gate.host_notes:
        yield f"* **Caution.** The host was disturbed: {markdown(short(note))}"
    yield from comparison_md(gate.findings, most, "effects.csv")
    if margins := margins_text(gate.findings):
        yield f"\n{LEGEND} Paired by round; {margins}."
