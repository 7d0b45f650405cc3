"""Where the time of an image goes: means over the images of a pass that was watched, and belongs to no other figure."""

import statistics
from dataclasses import fields

import pandas as pd

from harness.ledger import Ledger
from harness.measured import Phases
from harness.report.frames.cells import ID, axes_of, key_of

NAMES = tuple(field.name for field in fields(Phases))
LABELS = {
    "connecting_s": "until its connection is open",
    "reaching_s": "until the request is there",
    "thinking_s": "the server thinks",
    "receiving_s": "until the body is here",
}


def phases(ledger: Ledger) -> pd.DataFrame:
    """One row per cell that was watched: the mean of each phase over the images of the pass, and of the latency."""
    axes = axes_of(ledger)
    rows = [
        key_of(trial.cell, axes[trial.cell.variant])
        | {name: statistics.fmean(getattr(trial.phases, name)) for name in NAMES}
        for trial in sorted(ledger.trials, key=lambda trial: trial.cell)
        if trial.phases is not None and trial.reason is None
    ]
    frame = pd.DataFrame(rows, columns=[*ID, *NAMES])
    return frame.assign(latency_s=frame[list(NAMES)].sum(axis=1))
