"""``requests.csv``: one row per call of fetch. It is large, and so is made only when it is asked for."""

import pandas as pd

from harness.exports.sample import left_out
from harness.ledger import Ledger
from harness.report.csvs import to_csv
from harness.report.frames import ID, axes_of, key_of

COLUMNS = [*ID, "round", "pass", "warmup", "image", "start_s", "latency_s"]


def export(ledger: Ledger) -> dict[str, bytes]:
    """The calls of all passes in the order of their images, warm-ups marked; a cell that failed has no times."""
    axes, failed = axes_of(ledger), left_out(ledger)
    frames = [
        pd.DataFrame(
            key_of(trial.cell, axes[trial.cell.variant])
            | {
                "round": trial.round + 1,
                "pass": number,
                "warmup": pass_.warmup,
                "image": range(1, len(pass_.start_s) + 1),
                "start_s": pass_.start_s,
                "latency_s": pass_.latency_s,
            }
        )
        for trial in ledger.trials
        if trial.cell not in failed
        for number, pass_ in enumerate(trial.passes)
    ]
    return {"requests.csv": to_csv(pd.concat(frames, ignore_index=True)[COLUMNS])}
