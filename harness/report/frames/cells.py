"""The tidy frames of trials and cells, from which tables, charts and CSVs are made. Column names are keys of metrics.

Nothing here draws, and nothing judges: what a cell is called comes from the judgement. Curves over single images are
in ``curves``, what speaks for and against the run is in ``audit``.
"""

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from harness.ledger import Ledger
from harness.measured import Trial, good_by_cell
from harness.metrics import METRICS, PEAK_RSS, RATE, THREADS, TIME_PER_IMAGE, Metric
from harness.model import HERE, NONE, Cell, Plan, Variant
from harness.outcomes import State
from harness.report.frames.limits import ideal_s
from harness.report.frames.sources import source_lines
from harness.stats.judge import Judgement
from harness.stats.ranking import RankedCell
from harness.stats.sample import Summary, samples, summarise
from harness.stats.validity import server_limits, server_share
from harness.workload import SPECS

ID = ["workload", "variant", "concurrency", "client", "loop", "side"]
OF_PASS = [metric for metric in METRICS if metric.of_pass]
OF_TRIAL = [PEAK_RSS, THREADS]
PERCENTILES = {
    "latency_p50_s": "p50_s",
    "latency_p99_s": "p99_s",
}  # of the summary, and their names in the latencies


def workloads(ledger: Ledger) -> pd.DataFrame:
    """One row per workload, those with a network first: what was asked, what the server can give, and the ideal."""
    limits = server_limits(ledger.trials, ledger.run.plan.workloads, ledger.ceilings)
    rows = [
        {
            "workload": workload.name,
            **{
                SPECS[name].column or name: value
                for name, value in workload.flat.items()
                if SPECS[name].is_shown
            },
            "ceiling_requests_per_s": limits.get(workload.name),
            "ideal_s": ideal_s(workload, limits.get(workload.name)),
        }
        for workload in sorted(ledger.run.plan.workloads, key=lambda workload: not workload.has_network)
    ]
    return pd.DataFrame(rows)


def passes(ledger: Ledger) -> pd.DataFrame:
    """One row per pass, warm-ups marked; and one for a failed trial, with its reason and no figures."""
    axes = axes_of(ledger)
    rows = [row for trial in ledger.trials for row in _pass_rows(trial, axes[trial.cell.variant])]
    place = ["round", "position", "pass", "warmup", "reason"]
    figures = [metric.key for metric in (*OF_PASS, *OF_TRIAL)]
    return pd.DataFrame(rows, columns=[*ID, *place, *figures, "executor_size", "sink_filesystem"])


def trials(ledger: Ledger, judgement: Judgement) -> pd.DataFrame:
    """One row per trial that has a value of the metric that is judged by; a failed cell has none."""
    axes = axes_of(ledger)
    rows = [
        key_of(cell, axes[cell.variant])
        | {"round": number + 1, "metric": judgement.metric.key, "value": value}
        for cell, sample in judgement.samples.items()
        for number, value in sample.values.items()
    ]
    return pd.DataFrame(rows, columns=[*ID, "round", "metric", "value"]).astype({"value": "float64"})


def summary(
    ledger: Ledger, judgement: Judgement, of_passes: pd.DataFrame, latency: pd.DataFrame
) -> pd.DataFrame:
    """One row per cell, also for one that was not to be measured: rank, state, and the trials' values in the middle.

    Throughput, time per image and the metric that is judged by are geometric means with 95 % intervals; every other
    metric is a median over trials.
    Percentiles are those of ``latency``, over all timed passes: the mean of the passes' own would be another number.
    """
    axes = axes_of(ledger)
    medians = _medians(of_passes)
    percentiles = {
        (row["workload"], row["variant"], row["side"]): {name: row[key] for name, key in PERCENTILES.items()}
        for row in latency.to_dict("records")
    }
    failures = Counter(trial.cell for trial in ledger.trials if trial.reason is not None)
    shares = _server_shares(ledger.trials)
    limits = server_limits(ledger.trials, ledger.run.plan.workloads, ledger.ceilings)
    lines = source_lines(ledger)
    is_time = judgement.metric == TIME_PER_IMAGE
    of_times = judgement.samples if is_time else samples(ledger.trials, TIME_PER_IMAGE)
    times = {cell: summarise(sample) for cell, sample in of_times.items()}
    rows: list[dict[str, object]] = []
    for row in judgement.ranking:
        found = key_of(row.cell, axes[row.cell.variant]) | _state(row, judgement)
        found |= {"failed_trials": failures[row.cell], "source_lines": lines[row.cell.variant]}
        if row.summary.n:
            found |= medians.get(_key(row.cell), {}) | percentiles.get(_key(row.cell), {})
            found |= _estimates(row, times[row.cell], judgement.metric) | _to_best(row, judgement)
            found |= {
                "server_core_share": shares.get(row.cell),
                "ceiling_share": _share(times[row.cell], limits.get(row.cell.workload)),
            }
        rows.append(found)
    rows += _absent(ledger.run.plan, lines)
    estimated = dict.fromkeys([RATE, TIME_PER_IMAGE, judgement.metric])
    bounds = [f"{metric.key}_{end}" for metric in estimated for end in ("low", "high")]
    frame = pd.DataFrame(
        rows, columns=[*ID, *_STATE, *(metric.key for metric in METRICS), *PERCENTILES, *bounds, *_MORE]
    )
    whole = ["rank", "band", "trials", "failed_trials", "source_lines"]
    return frame.astype(dict.fromkeys(whole, "Int64"))


_STATE = ["state", "reason", "rank", "band", "tied", "trials", "failed_trials", "notes"]
_MORE = [
    "ratio_to_best",
    "ratio_to_best_low",
    "ratio_to_best_high",
    "source_lines",
    "server_core_share",
    "ceiling_share",
]


def key_of(cell: Cell, variant: Variant) -> dict[str, object]:
    """The columns that say which cell a row is of."""
    values = (
        cell.workload,
        cell.variant,
        variant.concurrency,
        variant.client,
        variant.loop or NONE,
        cell.side,
    )
    return dict(zip(ID, values, strict=True))


def axes_of(ledger: Ledger) -> dict[str, Variant]:
    """Variant id -> its record."""
    return {variant.id: variant for variant in ledger.run.plan.variants}


def _pass_rows(trial: Trial, variant: Variant) -> Iterable[dict[str, object]]:
    place = key_of(trial.cell, variant) | {"round": trial.round + 1, "position": trial.position + 1}
    place |= {"executor_size": trial.executor_size, "sink_filesystem": trial.sink_filesystem or NONE}
    whole = {metric.key: metric.of_trial(trial) for metric in OF_TRIAL}
    for number, pass_ in enumerate(trial.passes):
        figures = {metric.key: metric.of_pass(pass_) for metric in OF_PASS if metric.of_pass}
        yield {**place, "pass": number, "warmup": pass_.warmup, **figures, **whole}
    if trial.reason is not None:
        yield place | {"pass": len(trial.passes), "reason": trial.reason}


def _medians(of_passes: pd.DataFrame) -> Mapping[tuple[str, str, str], dict[str, float]]:
    """(workload, variant, side) -> metric -> median over trials of the trial's value.

    That is the mean, or the geometric mean, over its timed passes (``harness.metrics``), taken here for all metrics at once.
    """
    cell, figures = ["workload", "variant", "side"], [metric.key for metric in METRICS]
    geometric = [metric.key for metric in METRICS if metric.is_geometric]
    timed = of_passes[of_passes["warmup"].eq(False) & of_passes["reason"].isna()]  # noqa: FBT003 - the value, not a flag
    if timed.empty:
        return {}
    timed = timed.assign(**{key: np.log(timed[key]) for key in geometric})
    of_trials = timed.groupby([*cell, "round"], sort=False, observed=True)[figures].mean()
    of_trials[geometric] = np.exp(of_trials[geometric])
    middle = of_trials.groupby(level=[0, 1, 2], sort=False).median()
    return dict(zip(middle.index, middle.to_dict("records"), strict=True))


def _server_shares(trials: Sequence[Trial]) -> dict[Cell, float]:
    shares = {cell: list(map(server_share, of_cell)) for cell, of_cell in good_by_cell(trials).items()}
    known = {cell: [share for share in found if share is not None] for cell, found in shares.items()}
    return {cell: statistics.median(found) for cell, found in known.items() if found}


def _key(cell: Cell) -> tuple[str, str, str]:
    return cell.workload, cell.variant, cell.side


def _share(times: Summary, ceiling: float | None) -> float | None:
    mean = times.geometric_mean
    return 1 / mean / ceiling if mean and ceiling else None


def _state(row: RankedCell, judgement: Judgement) -> dict[str, object]:
    notes = judgement.cell_notes.get(row.cell, ())
    return {
        "state": row.state,
        "reason": row.reason,
        "rank": row.rank,
        "band": row.band,
        "tied": row.tied,
        "trials": row.summary.n,
        "notes": "; ".join(note.text for note in notes) or None,
    }


def _estimates(row: RankedCell, times: Summary, metric: Metric) -> dict[str, float | None]:
    found = _with_interval(metric, row.summary) | _with_interval(TIME_PER_IMAGE, times)
    mean, interval = times.geometric_mean, times.interval
    if mean is not None:
        found[RATE.key] = 1 / mean
    if interval is not None:
        found |= {f"{RATE.key}_low": 1 / interval.high, f"{RATE.key}_high": 1 / interval.low}
    return found


def _with_interval(metric: Metric, summary: Summary) -> dict[str, float | None]:
    if summary.geometric_mean is None:
        return {}
    found: dict[str, float | None] = {metric.key: summary.geometric_mean}
    if summary.interval is not None:
        found |= {f"{metric.key}_low": summary.interval.low, f"{metric.key}_high": summary.interval.high}
    return found


def _to_best(row: RankedCell, judgement: Judgement) -> dict[str, float | None]:
    if row.cell not in judgement.to_best:  # the best itself
        return {} if row.rank is None else {"ratio_to_best": 1.0}
    ratio, interval = judgement.to_best[row.cell]
    return {
        "ratio_to_best": ratio,
        "ratio_to_best_low": interval.low if interval else None,
        "ratio_to_best_high": interval.high if interval else None,
    }


def _absent(plan: Plan, lines: Mapping[str, int]) -> list[dict[str, object]]:
    """Rows of what was not to be measured: cells that are skipped, and variants that cannot run here."""
    variants = {variant.id: variant for variant in plan.variants}
    sides = sorted({cell.side for cell in plan.cells} or {HERE})
    absent: list[tuple[Cell, State, str]] = [(skip.cell, "skipped", skip.reason) for skip in plan.skipped]
    absent += [
        (Cell(workload=workload.name, variant=variant.id, side=side), "unavailable", variant.unavailable)
        for workload in plan.workloads
        for variant in plan.variants
        if variant.unavailable
        for side in sides
    ]
    return [
        key_of(cell, variants[cell.variant])
        | {"state": state, "reason": reason, "source_lines": lines[cell.variant]}
        for cell, state, reason in absent
    ]
