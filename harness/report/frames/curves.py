"""Frames over single images: latency percentiles, the latency curve, and how a download progresses.

A cell at a time is reduced to its few points, so that the images of a long run are never held twice.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from harness.ledger import Ledger
from harness.measured import Pass
from harness.model import Cell, Variant
from harness.report.frames.cells import ID, axes_of, key_of

Floats = npt.NDArray[np.float64]

TAIL = 10  # a percentile is shown only where at least this many values lie beyond it
PERCENTILES = (0.5, 0.9, 0.99, 0.999)
# Even steps for the ECDF, then even steps on the axis 1/(1-p), up to four nines.
CURVE = np.unique(np.round(np.concatenate([np.arange(1, 20) / 20, 1 - 10 ** -np.arange(1, 4.01, 0.125)]), 6))
STEPS = 100  # of a completion curve: each hundredth of the images, and the start


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """Frames with one row per cell, and per cell and point."""

    latency: pd.DataFrame
    latency_curve: pd.DataFrame
    completion: pd.DataFrame


def curves(ledger: Ledger) -> Curves:
    """Reduce the images of all timed passes of every cell; one that failed has no speed, so no times either."""
    axes = axes_of(ledger)
    failed = {trial.cell for trial in ledger.trials if trial.reason is not None}
    timed: dict[Cell, list[Pass]] = defaultdict(list)
    for trial in ledger.trials:
        if trial.cell not in failed:
            timed[trial.cell] += [pass_ for pass_ in trial.timed if pass_.latency_s]
    latency, points, progress = [], [], []
    for cell, found in sorted(timed.items()):
        latencies, steps = _reduce(found)
        latency.append(_percentiles(cell, axes[cell.variant], latencies))
        points.append(_curve(cell, axes[cell.variant], latencies))
        progress.append(pd.DataFrame(key_of(cell, axes[cell.variant]) | steps))
    columns = [percentile_column(share) for share in PERCENTILES]
    return Curves(
        latency=pd.DataFrame(latency, columns=[*ID, "images", *columns]).astype(
            dict.fromkeys(columns, "float64")
        ),
        latency_curve=_joined(points, [*ID, "images", "share", "latency_s"]),
        completion=_joined(progress, [*ID, "share", "time_s"]),
    )


def percentile_column(share: float) -> str:
    """0.99 -> "p99_s"."""
    return f"p{format(100 * share, 'g').replace('.', '_')}_s"


def tellable(share: float, images: int) -> bool:
    """Whether enough values lie beyond this percentile on both of its sides."""
    return images * min(share, 1 - share) >= TAIL - 1e-6  # 0.9 of 100 leaves 9.999...


def _reduce(found: Sequence[Pass]) -> tuple[Floats, dict[str, Floats]]:
    """All latencies, sorted; and the median over passes of the time until each share of the images was done."""
    if not found:
        return np.array([]), {"share": np.array([]), "time_s": np.array([])}
    latencies, rows = [], []
    shares = np.linspace(0, 1, STEPS + 1)
    for pass_ in found:
        latency, start = np.asarray(pass_.latency_s), np.asarray(pass_.start_s)
        ends = np.sort(start + latency)
        done = np.ceil(shares[1:] * len(ends) - 1e-9).astype(int) - 1
        rows.append(np.concatenate([[start.min()], ends[done]]))
        latencies.append(latency)
    middle = np.median(np.stack(rows), axis=0)
    return np.sort(np.concatenate(latencies)), {"share": shares, "time_s": middle}


def _percentiles(cell: Cell, variant: Variant, values: Floats) -> dict[str, object]:
    shown = {
        percentile_column(share): float(np.quantile(values, share)) if tellable(share, len(values)) else None
        for share in PERCENTILES
    }
    return key_of(cell, variant) | {"images": len(values)} | shown


def _curve(cell: Cell, variant: Variant, values: Floats) -> pd.DataFrame:
    shares = np.array([share for share in CURVE if tellable(share, len(values))])
    found = {"share": shares, "latency_s": np.quantile(values, shares) if len(shares) else shares}
    return pd.DataFrame(key_of(cell, variant) | {"images": len(values)} | found)


def _joined(frames: Sequence[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    whole = [frame for frame in frames if not frame.empty]
    return (
        pd.concat(whole, ignore_index=True)[list(columns)] if whole else pd.DataFrame(columns=list(columns))
    )
