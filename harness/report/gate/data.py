"""A gate as data: ``verdict.json`` for programs and ``effects.csv`` for a spreadsheet."""

import json
import math
from typing import Any

from harness.report.comparison import CELL, EFFECT, RATIO, TESTS, comparison_frame, record
from harness.report.csvs import to_csv
from harness.report.gate.record import Gate
from harness.stats.judge import Finding
from harness.text import printable_values

VERSION = 1


def verdict_json(gate: Gate) -> bytes:
    """``verdict.json``: what nox, which folds exit codes to 1, cannot say. NaN and infinity become null."""
    data = {
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
        "cells": [_cell(finding) for finding in gate.findings],
        "runs": list(gate.runs),
    }
    return json.dumps(printable_values(data), indent=1, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def effects_csv(gate: Gate) -> bytes:
    """``effects.csv``: columns as those of a run, and ``stage``."""
    return to_csv(comparison_frame(gate.findings, [*CELL, "stage", *EFFECT[len(CELL) :]]))


def _cell(finding: Finding) -> dict[str, Any]:
    found = record(finding)
    keys = ("workload", "variant", "reference_variant", "metric", *RATIO)
    told = ("verdict", "stage", "reason", *TESTS, "detectable")
    return {key: _finite(found[key]) for key in (*keys, *told)} | {
        "rounds": found["pairs"] or 0,
        "blocks": finding.blocks,
        "suspected": finding.is_suspected,
    }


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
