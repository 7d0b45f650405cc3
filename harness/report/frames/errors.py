"""Why images were lost: errors by their class, of workloads in which images may fail."""

from collections import Counter

import pandas as pd

from harness.ledger import Ledger
from harness.measured import Attempts, good_by_cell
from harness.report.frames.cells import ID, axes_of, key_of

WRONG, NEVER = "(wrong body)", "(never asked for)"  # no class of error, and images that are lost all the same
COLUMNS = [*ID, "error", "attempts", "images", "passes"]


def errors(ledger: Ledger) -> pd.DataFrame:
    """One row per cell and error, the most frequent first: attempts that ended so, and images whose last one did.

    Both are sums over all timed passes of trials that did not fail; ``passes`` is their number.
    """
    axes = axes_of(ledger)
    timed = {
        cell: [pass_.attempts for trial in trials for pass_ in trial.timed if pass_.attempts]
        for cell, trials in good_by_cell(ledger.trials).items()
    }
    rows = [
        key_of(cell, axes[cell.variant])
        | {"error": error, "attempts": tried, "images": lost, "passes": len(passes)}
        for cell, passes in sorted(timed.items())
        for error, tried, lost in _counted(passes)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _counted(passes: list[Attempts]) -> list[tuple[str, int, int]]:
    tried = Counter(error for attempts in passes for error in attempts.error if error)
    lost: Counter[str] = Counter()
    for attempts in passes:
        lost.update(attempts.failed)
        lost.update({WRONG: attempts.wrong, NEVER: attempts.never})
    found = [(error, tried[error], lost[error]) for error in {*tried, *lost} if tried[error] or lost[error]]
    return sorted(found, key=lambda row: (-row[2], -row[1], row[0]))
