"""``requests.csv``: one row per call of fetch, or per attempt. It is large, and so is made only when it is asked for."""

from typing import Any

import pandas as pd

from harness.exports.sample import left_out
from harness.ledger import Ledger
from harness.measured import Pass
from harness.model import NONE
from harness.report.csvs import to_csv
from harness.report.frames.cells import ID, axes_of, key_of

COLUMNS = [*ID, "round", "pass", "warmup", "image", "start_s", "latency_s", "error"]


def export(ledger: Ledger) -> dict[str, bytes]:
    """The calls of all passes in the order of their images, warm-ups marked; a cell that failed has no times.

    Where images may fail, it is the attempts, in the order in which they ended.
    """
    axes, failed = axes_of(ledger), left_out(ledger)
    frames = [
        pd.DataFrame(
            key_of(trial.cell, axes[trial.cell.variant])
            | {"round": trial.round + 1, "pass": number, "warmup": pass_.warmup}
            | _calls(pass_)
        )
        for trial in ledger.trials
        if trial.cell not in failed
        for number, pass_ in enumerate(trial.passes)
    ]
    whole = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=COLUMNS)
    return {"requests.csv": to_csv(whole[COLUMNS])}


def _calls(pass_: Pass) -> dict[str, Any]:
    if (tried := pass_.attempts) is None:
        images = range(1, len(pass_.start_s) + 1)
        return {"image": images, "start_s": pass_.start_s, "latency_s": pass_.latency_s, "error": NONE}
    return {
        "image": [place + 1 for place in tried.image],
        "start_s": tried.start_s,
        "latency_s": tried.took_s,
        "error": [error or NONE for error in tried.error],
    }
