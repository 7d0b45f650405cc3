"""A gate as data: ``verdict.json`` for programs and ``effects.csv`` for a spreadsheet."""

import json
import math
from typing import Any

from harness.report.gate.record import Gate, rounds
from harness.stats.gate import Finding
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
        "sides": gate.sides,
        "packages": gate.packages,
        "same": gate.is_same,
        "host_notes": list(gate.host_notes),
        "cells": [_cell(one) for one in gate.findings],
        "runs": list(gate.runs),
    }
    return json.dumps(printable_values(data), indent=1, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def effects_csv(gate: Gate) -> bytes:
    """``effects.csv``: columns as those of a run, and ``stage``."""
    # pandas takes a second to load: after the measuring.
    import pandas as pd  # noqa: PLC0415

    from harness.report.csvs import to_csv  # noqa: PLC0415

    rows = [_row(one) for one in gate.findings]
    return to_csv(pd.DataFrame(rows, columns=COLUMNS))


def _cell(finding: Finding) -> dict[str, Any]:
    row = _row(finding)
    keys = ("workload", "variant", "reference_variant", "time_ratio", "time_ratio_low", "time_ratio_high")
    tests = ("p_regressed", "p_improved", "p_equivalent")
    told = ("verdict", "stage", "reason", "margin", "detectable")
    return {key: _finite(row[key]) for key in (*keys, *tests, *told)} | {
        "rounds": rounds(finding),
        "blocks": finding.blocks,
        "suspected": finding.is_suspected,
    }


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


COLUMNS = [
    *("workload", "variant", "side", "reference_variant", "reference_side", "stage", "verdict", "reason"),
    *("time_ratio", "time_ratio_low", "time_ratio_high", "pairs", "dropped_pairs", "log_ratio_sd"),
    *("sign_flip_p", "margin", "p_regressed", "p_improved", "p_equivalent", "detectable", "more_rounds"),
]


def _row(finding: Finding) -> dict[str, Any]:
    pair, verdict = finding.pair, finding.verdict
    row: dict[str, Any] = dict.fromkeys(COLUMNS)
    row |= {
        "workload": pair.head.workload,
        "variant": pair.head.variant,
        "side": pair.head.side,
        "reference_variant": pair.base.variant,
        "reference_side": pair.base.side,
        "stage": finding.stage,
        "verdict": finding.call,
        "reason": finding.reason,
    }
    if verdict is None:
        return row
    effect = verdict.effect
    low, high = (effect.interval.low, effect.interval.high) if effect.interval else (None, None)
    tested = ("margin", "p_regressed", "p_improved", "p_equivalent", "detectable", "more_rounds")
    return (
        row
        | {name: getattr(verdict, name) for name in tested}
        | {
            "time_ratio": effect.time_ratio,
            "time_ratio_low": low,
            "time_ratio_high": high,
            "pairs": effect.pairs,
            "dropped_pairs": effect.dropped_pairs,
            "log_ratio_sd": effect.spread,
            "sign_flip_p": effect.sign_flip_p,
        }
    )
