"""The result of a run for scripts: what ``bench --json`` and ``report --json`` print."""

import json
from pathlib import Path
from typing import Any

import pandas as pd

from harness.report.frames.findings import VERSION
from harness.report.frames.tables import Tables

DIGITS = 15  # after the point, as many as pandas gives


def run_json(run_id: str, folder: Path, tables: Tables, *, unfinished: bool) -> dict[str, Any]:
    """The rows of ``summary.csv`` and ``notes.csv`` as records; what there is not is None."""
    return {
        "version": VERSION,
        "run": run_id,
        "folder": str(folder),
        "unfinished": unfinished,
        "judged_by": tables.metric.key,
        "rows": _records(tables.summary),
        "notes": _records(tables.notes),
    }


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(frame.to_json(orient="records", double_precision=DIGITS))
    return found
