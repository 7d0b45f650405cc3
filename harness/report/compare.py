"""A comparison of two recorded runs as CSV, Markdown and terminal table. It judges nothing and opens no file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from harness.outcomes import OUTCOMES, Word
from harness.report.comparison import (
    LEGEND,
    comparison_html,
    comparison_md,
    counts,
    margins_text,
    print_comparison,
)
from harness.report.csvs import to_csv
from harness.report.frames.findings import (
    CELL,
    RATIO,
    TESTS,
    UNPAIRED,
    VALUES,
    VERSION,
    cell_record,
    comparison_frame,
)
from harness.report.narrow import say
from harness.report.words.formats import markdown
from harness.stats.judge import Finding

CAUTION = (
    "Two runs share no rounds: this is Welch's t on their trial values, its intervals are wider than those of rounds "
    "measured together, and what the machine did to one whole run is in the ratio. To decide, use `gate`."
)
COLUMNS = [*CELL[:3], CELL[-1], "verdict", "reason", *RATIO, *VALUES, *UNPAIRED, *TESTS]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """All that a comparison tells.

    Attributes:
        base: id of the run; ``head`` likewise.
        notes: what else the reader should know, a line each.
        findings: one per cell and metric.
    """

    base: str
    head: str
    notes: Sequence[str]
    findings: Sequence[Finding]


def headline(compared: Compared) -> str:
    """How many cells of which outcome."""
    return f"{compared.head} against {compared.base}: {counts(compared.findings) or 'no cell'}"


def compare_csv(compared: Compared) -> bytes:
    """``compare.csv``: one row per cell of either run and metric."""
    return to_csv(comparison_frame(compared.findings, COLUMNS))


def compare_md(compared: Compared) -> bytes:
    """``compare.md``: the headline, what to keep in mind, and the table."""
    return ("\n".join(_lines(compared)) + "\n").encode()


def compare_html(compared: Compared) -> bytes:
    """``compare.html``: the same as a page."""
    notes = [CAUTION, *compared.notes]
    return comparison_html("fetchbench compare", headline(compared), notes, compared.findings, "compare.csv")


def compare_json(compared: Compared, word: Word) -> dict[str, Any]:
    """The result for scripts.

    Args:
        word: on all.
    """
    return {
        "version": VERSION,
        "base": compared.base,
        "head": compared.head,
        "exit_code": OUTCOMES[word].exit_code,
        "verdict": word,
        "notes": list(compared.notes),
        "cells": [cell_record(finding) for finding in compared.findings],
    }


def _lines(compared: Compared) -> Iterator[str]:
    yield f"## fetchbench compare\n\n{markdown(headline(compared))}\n"
    yield f"{CAUTION}\n"
    yield from (f"* {markdown(note)}" for note in compared.notes)
    yield from comparison_md(compared.findings, len(compared.findings), "compare.csv")
    if margins := margins_text(compared.findings):
        yield f"\n{LEGEND} Holm over the family; {margins}."


def print_compare(console: Console, compared: Compared) -> None:
    """Print the table, the gravest first, then what to keep in mind, and the headline last."""
    print_comparison(console, compared.findings)
    for line in (*compared.notes, CAUTION, headline(compared)):
        say(console, line)
