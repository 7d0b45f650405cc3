"""The tidy frames that every table, chart and CSV is made from. Column names are the keys of ``harness.metrics``."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from harness.ledger import Ledger
from harness.metrics import METRICS, RATE, TIME_PER_IMAGE
from harness.model import Cell, Trial, Variant
from harness.report.judgement import Judgement
from harness.stats.ranking import RankedCell
from harness.stats.sample import samples

CURVE_POINTS = 101  # of a completion curve: the start, and each hundredth of the images
TAIL = 10  # a percentile is shown only where at least this many values lie beyond it
PERCENTILES = (0.5, 0.9, 0.99, 0.999)


def passes(book: Ledger) -> pd.DataFrame:
    """One row per pass, warm-ups marked; and one for a failed trial, with its reason and no figures."""
    axes = _axes(book)
    rows = [row for trial in book.trials for row in _pass_rows(trial, axes[trial.cell.variant])]
    columns = [metric.key for metric in METRICS if metric.of_pass]
    return pd.DataFrame(
        rows,
        columns=[
            *_ID,
            "round",
            "position",
            "pass",
            "warmup",
            "reason",
            *columns,
            "executor_size",
            "sink_filesystem",
        ],
    )


def summary(book: Ledger, judgement: Judgement) -> pd.DataFrame:
    """One row per cell, and per variant that cannot run here: rank, state, and the trials' values in the middle.

    Throughput and time per image are geometric means with 95 % intervals; every other metric is a median over trials.
    """
    axes = _axes(book)
    medians = _medians(book.trials)
    rows = [
        _key(row.cell, axes[row.cell.variant])
        | _state(row, judgement)
        | medians.get(row.cell, {})
        | _estimates(row)
        | {"failed_trials": sum(1 for one in book.trials if one.cell == row.cell and one.reason)}
        for row in judgement.ranking
    ]
    rows += [
        _key(Cell(workload=workload.name, variant=variant.id, side=""), variant)
        | {"state": "unavailable", "reason": variant.unavailable}
        for workload in book.run.plan.workloads
        for variant in book.run.plan.variants
        if variant.unavailable
    ]
    bounds = [f"{metric.key}_{end}" for metric in (RATE, TIME_PER_IMAGE) for end in ("low", "high")]
    columns = [*_ID, "state", "reason", "rank", "tied", "trials", "failed_trials", "notes"]
    frame = pd.DataFrame(rows, columns=[*columns, *(metric.key for metric in METRICS), *bounds])
    return frame.astype({"rank": "Int64", "trials": "Int64", "failed_trials": "Int64"})


def effects(judgement: Judgement) -> pd.DataFrame:
    """One row per effect: the time of a cell over the time of its reference, and what follows from it."""
    rows = [
        {
            "workload": one.effect.cell.workload,
            "variant": one.effect.cell.variant,
            "side": one.effect.cell.side,
            "reference_variant": one.effect.reference.variant,
            "reference_side": one.effect.reference.side,
            "time_ratio": one.effect.time_ratio,
            "time_ratio_low": one.effect.interval.low if one.effect.interval else None,
            "time_ratio_high": one.effect.interval.high if one.effect.interval else None,
            "pairs": one.effect.pairs,
            "dropped_pairs": one.effect.dropped_pairs,
            "log_ratio_sd": one.effect.spread,
            "sign_flip_p": one.effect.sign_flip_p,
            "verdict": one.call,
            "reason": one.reason,
            "margin": one.margin,
            "p_regressed": one.p_regressed,
            "p_improved": one.p_improved,
            "p_equivalent": one.p_equivalent,
            "detectable": one.detectable,
            "more_rounds": one.more_rounds,
        }
        for one in judgement.verdicts
    ]
    return pd.DataFrame(rows, columns=list(rows[0]) if rows else ["workload", "variant"])


def latency(book: Ledger) -> pd.DataFrame:
    """Latency per image over all timed passes of a cell, seconds; a percentile is NaN if too few values lie beyond it."""
    axes = _axes(book)
    pooled: dict[Cell, list[Sequence[float]]] = defaultdict(list)
    for trial in book.trials:
        pooled[trial.cell] += [one.latency_s for one in trial.timed]
    rows = []
    for cell, parts in sorted(pooled.items()):
        values = np.concatenate([np.asarray(part) for part in parts]) if parts else np.array([])
        shown = [share for share in PERCENTILES if len(values) * (1 - share) >= TAIL]
        found = dict(zip(shown, np.quantile(values, shown) if shown else (), strict=True))
        rows.append(
            _key(cell, axes[cell.variant])
            | {"images": len(values)}
            | {percentile_column(share): found.get(share, np.nan) for share in PERCENTILES}
        )
    return pd.DataFrame(rows, columns=[*_ID, "images", *map(percentile_column, PERCENTILES)])


def percentile_column(share: float) -> str:
    """0.99 -> "p99_s"."""
    return f"p{format(100 * share, 'g').replace('.', '_')}_s"


def completion(book: Ledger) -> pd.DataFrame:
    """Seconds until a share of the images was done: the median over a cell's timed passes, per hundredth."""
    axes = _axes(book)
    curves: dict[Cell, list[np.ndarray[tuple[int], np.dtype[np.float64]]]] = defaultdict(list)
    shares = np.linspace(0, 1, CURVE_POINTS)
    for trial in book.trials:
        for one in trial.timed:
            ends = np.sort(np.asarray(one.start_s) + np.asarray(one.latency_s))
            done = np.ceil(shares[1:] * len(ends)).astype(int) - 1
            curves[trial.cell].append(np.concatenate([[min(one.start_s)], ends[done]]))
    frames = [
        pd.DataFrame(
            _key(cell, axes[cell.variant]) | {"share": shares, "time_s": np.median(np.stack(found), axis=0)}
        )
        for cell, found in sorted(curves.items())
    ]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=[*_ID, "share", "time_s"])


def to_csv(frame: pd.DataFrame) -> bytes:
    """CSV with seven significant digits; text that a spreadsheet would run as a formula is quoted with an apostrophe."""
    safe = frame.copy()
    for column in safe.columns[[not pd.api.types.is_numeric_dtype(kind) for kind in safe.dtypes]]:
        safe[column] = safe[column].map(_disarm)
    return safe.to_csv(
        index=False, float_format="%.7g", quoting=csv.QUOTE_MINIMAL, lineterminator="\n"
    ).encode()


def _disarm(value: object) -> object:
    return (
        f"'{value}"
        if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r"))
        else value
    )


_ID = ["workload", "variant", "concurrency", "client", "loop", "side"]


def _key(cell: Cell, variant: Variant) -> dict[str, object]:
    values = (cell.workload, cell.variant, variant.concurrency, variant.client, variant.loop or "", cell.side)
    return dict(zip(_ID, values, strict=True))


def _axes(book: Ledger) -> dict[str, Variant]:
    return {one.id: one for one in book.run.plan.variants}


def _pass_rows(trial: Trial, variant: Variant) -> Iterable[dict[str, object]]:
    place = _key(trial.cell, variant) | {"round": trial.round, "position": trial.position}
    place |= {"executor_size": trial.executor_size, "sink_filesystem": trial.sink_filesystem}
    for number, one in enumerate(trial.passes):
        figures = {metric.key: metric.of_pass(one) for metric in METRICS if metric.of_pass}
        yield place | {"pass": number, "warmup": one.warmup} | figures
    if trial.reason is not None:
        yield place | {"pass": len(trial.passes), "reason": trial.reason}


def _medians(trials: Sequence[Trial]) -> dict[Cell, dict[str, float]]:
    found: dict[Cell, dict[str, float]] = defaultdict(dict)
    for metric in METRICS:
        for cell, sample in samples(trials, metric).items():
            if sample.values:
                found[cell][metric.key] = float(np.median(list(sample.values.values())))
    return found


def _state(row: RankedCell, judgement: Judgement) -> dict[str, object]:
    notes = judgement.cell_notes.get(row.cell, ())
    state = "ranked" if row.rank else "invalid" if row.summary.n else "failed"
    return {
        "state": state,
        "reason": row.reason,
        "rank": row.rank,
        "tied": row.tied,
        "trials": row.summary.n,
        "notes": "; ".join(note.text for note in notes) or None,
    }


def _estimates(row: RankedCell) -> dict[str, float]:
    mean, interval = row.summary.geometric_mean, row.summary.interval
    if mean is None:
        return {}
    found = {TIME_PER_IMAGE.key: mean, RATE.key: 1 / mean}
    if interval is not None:
        found |= {f"{TIME_PER_IMAGE.key}_low": interval.low, f"{TIME_PER_IMAGE.key}_high": interval.high}
        found |= {f"{RATE.key}_low": 1 / interval.high, f"{RATE.key}_high": 1 / interval.low}
    return found
