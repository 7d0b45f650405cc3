"""A gate as data: ``verdict.json`` for programs and ``effects.csv`` for a spreadsheet."""

from typing import Any

from harness.report.csvs import to_csv, to_json
from harness.report.frames.findings import CELL, EFFECT, VERSION, cell_record, comparison_frame
from harness.report.gate.record import Gate
from harness.text import printable_values


def verdict_json(gate: Gate) -> bytes:
    """``verdict.json``: what nox, which folds exit codes to 1, cannot say."""
    return to_json(printable_values(verdict(gate)))


def verdict(gate: Gate) -> dict[str, Any]:
    """The same as a record for scripts."""
    return {
        "version": VERSION,
        "id": gate.id,
        "created_at": gate.created_at,
        "command": gate.command,
        "exit_code": gate.exit_code,
        "verdict": gate.word,
        "reason": gate.reason,
        "margin": gate.margin,
        "margins": gate.margins,
        "sides": gate.sides,
        "packages": gate.packages,
        "same": gate.is_same,
        "host_notes": list(gate.host_notes),
        "cells": [cell_record(finding) for finding in gate.findings],
        "runs": list(gate.runs),
    }


def effects_csv(gate: Gate) -> bytes:
    """``effects.csv``: columns as those of a run, and ``stage``."""
    return to_csv(comparison_frame(gate.findings, [*CELL, "stage", *EFFECT[len(CELL) :]]))
