"""Where the time of an image goes: means over the images of a pass that was watched, and belongs to no other figure."""

import math
import statistics
from dataclasses import fields

import pandas as pd

from harness.ledger import Ledger
from harness.measured import Phases
from harness.report.frames.cells import ID, axes_of, key_of

NAMES = tuple(field.name for field in fields(Phases))  # in the order in which they come
LABELS = {
    "unsent_s": "in the client, before sending",
    "opening_s": "opening of the connection",
    "connecting_s": "TCP handshake",
    "tls_s": "TLS handshake",
    "waiting_s": "wait for the first byte",
    "receiving_s": "receiving",
    "saving_s": "saving",
}


def phases(ledger: Ledger) -> pd.DataFrame:
    """One row per cell that was watched: the mean of each phase over the images of the pass, and of the latency.

    NaN where a phase was not told apart.
    """
    axes = axes_of(ledger)
    rows = [
        key_of(trial.cell, axes[trial.cell.variant]) | {name: _mean(trial.watched, name) for name in NAMES}
        for trial in sorted(ledger.trials, key=lambda trial: trial.cell)
        if trial.watched is not None and trial.reason is None
    ]
    frame = pd.DataFrame(rows, columns=[*ID, *NAMES])
    return frame.assign(latency_s=frame[list(NAMES)].sum(axis=1))


def _mean(watched: Phases, name: str) -> float:
    seconds = getattr(watched, name)
    return math.nan if seconds is None else statistics.fmean(seconds)
