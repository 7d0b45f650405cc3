"""The download itself: of the fastest variant of each concurrency model one whole pass, image by image."""

import statistics
from collections.abc import Iterator

import numpy as np
import pandas as pd

from harness.ledger import Ledger
from harness.measured import Pass, good_by_cell
from harness.model import Cell
from harness.outcomes import MEASURED
from harness.report.frames.cells import ID, axes_of, key_of

BARS = 400  # images of a pass that are shown at most; of more, every second, third ... in the order of their start
COLUMNS = ["round", "pass", "image", "start_s", "latency_s", "end_s"]

_Numbered = tuple[int, int, Pass]  # round and number of a pass as in passes.csv


def race(ledger: Ledger, summary: pd.DataFrame) -> pd.DataFrame:
    """One row per image, by workload and model; the pass is the one whose time is nearest to the median of its cell.

    Args:
        summary: of the run, the best of each workload first.
    """
    axes = axes_of(ledger)
    timed: dict[Cell, list[_Numbered]] = {
        cell: [
            (trial.round + 1, number, pass_)
            for trial in trials
            for number, pass_ in enumerate(trial.passes)
            if not pass_.warmup and pass_.latency_s
        ]
        for cell, trials in good_by_cell(ledger.trials).items()
    }
    frames = [
        pd.DataFrame(key_of(cell, axes[cell.variant]) | _images(_middle(timed[cell])))
        for cell in _firsts(summary)
        if timed.get(cell)
    ]
    columns = [*ID, *COLUMNS]
    return pd.concat(frames, ignore_index=True)[columns] if frames else pd.DataFrame(columns=columns)


def _firsts(summary: pd.DataFrame) -> Iterator[Cell]:
    """The best cell of each model in each workload."""
    measured = summary[summary["state"].isin(MEASURED)]
    for row in measured.drop_duplicates(["workload", "concurrency"]).to_dict("records"):
        yield Cell(workload=row["workload"], variant=row["variant"], side=row["side"])


def _middle(passes: list[_Numbered]) -> _Numbered:
    median = statistics.median(pass_.wall_s for _, _, pass_ in passes)
    return min(passes, key=lambda found: abs(found[2].wall_s - median))


def _images(found: _Numbered) -> dict[str, object]:
    """The images in the order in which they began."""
    round_, number, pass_ = found
    start, latency = np.asarray(pass_.start_s), np.asarray(pass_.latency_s)
    order = np.argsort(start, kind="stable")[:: -(-len(start) // BARS)]
    return {
        "round": round_,
        "pass": number,
        "image": np.arange(1, len(start) + 1)[:: -(-len(start) // BARS)],
        "start_s": start[order],
        "latency_s": latency[order],
        "end_s": (start + latency)[order],
    }
