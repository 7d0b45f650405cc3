"""Ranking with ties: rows of a workload that cannot be told apart in a metric share a band and a rank.

Told apart: the two-sided paired t-test of two cells over their common rounds, Holm-adjusted over all pairs of
cells of the workload, at 5 %.

"Cannot be told apart" is not transitive: A = B and B = C can hold beside A < C. Chaining such ties would put
the best and the worst on one rank; comparing with the best row alone would hang everything on one
perhaps noisy row. So the rows are walked from the best to the worst geometric mean, and a row that is
told apart from *any* row of the current band opens the next one. It follows that

* two rows that are told apart never share a band (up to 5 % chance of any false split in the workload);
* bands follow the sorted order, and there are as few as these two rules allow;
* two rows in different bands need not be told apart: the row above them was. Only sharing a band is a
  statement.

A failed or invalid cell has no rank, and neither has one with fewer trials than a test needs: untested is not
tied. This module chooses no baseline and knows no margin.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from harness.model import Cell
from harness.outcomes import State
from harness.stats import kernels
from harness.stats.notes import Note, objection
from harness.stats.sample import CONFIDENCE, Interval, Sample, Samples, Summary, log_values, summarise

ALPHA = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedCell:
    """A row of the ranking of one workload.

    Attributes:
        summary: of the metric; without values if the cell failed.
        state: of those of what was measured, see ``harness.outcomes``.
        band: 1 for the best band, then 2 ...; None if unranked.
        rank: 1 + number of rows in better bands, so a shared rank leaves a gap after it; None if unranked.
        tied: whether another row has the same rank.
        reason: why it is unranked; None if it is ranked.
    """

    cell: Cell
    summary: Summary
    state: State
    band: int | None
    rank: int | None
    tied: bool
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rivals:
    """Two ranked cells of one workload.

    Attributes:
        first: the one that stands above the other.
        ratio: value of the second over that of the first, paired by round.
        interval: its 95 % interval; None under three common rounds or without spread.
        told_apart: as the ranking does it, Holm-adjusted over all pairs of the workload.
    """

    first: Cell
    second: Cell
    ratio: float
    interval: Interval | None
    told_apart: bool


def rivals(found: Samples, ranking: Sequence[RankedCell]) -> tuple[Rivals, ...]:
    """All pairs of ranked cells of each workload that share a round, in the order of the ranking."""
    pairs: list[Rivals] = []
    ranked = [row.cell for row in ranking if row.state == "ranked"]
    for _, group in groupby(ranked, key=lambda cell: cell.workload):
        cells = list(group)
        rounds = sorted({number for cell in cells for number in found[cell].values})
        logs = np.array([log_values(found[cell], rounds) for cell in cells]).reshape(len(cells), len(rounds))
        apart = told_apart(logs)
        first, second = np.triu_indices(len(cells), k=1)
        moments = kernels.moments(logs[second] - logs[first])
        low, high = kernels.interval(moments, CONFIDENCE)
        pairs += [
            Rivals(
                first=cells[above],
                second=cells[below],
                ratio=math.exp(mean),
                interval=Interval(low=math.exp(bottom), high=math.exp(top))
                if math.isfinite(bottom)
                else None,
                told_apart=bool(apart[above, below]),
            )
            for above, below, mean, bottom, top in zip(
                first.tolist(),
                second.tolist(),
                moments.mean.tolist(),
                low.tolist(),
                high.tolist(),
                strict=True,
            )
            if math.isfinite(mean)
        ]
    return tuple(pairs)


def rank(found: Samples, cell_notes: Mapping[Cell, Sequence[Note]] | None = None) -> tuple[RankedCell, ...]:
    """Rank the cells of each workload by a metric.

    Args:
        found: the samples of one run, by the metric that ranks.
        cell_notes: validity marks; one that invalidates leaves its cell unranked, with its text as the
            reason.

    Returns:
        By workload, then from the best to the worst; unranked cells last, by name.
    """
    rows: list[RankedCell] = []
    for _, group in groupby(found.values(), key=lambda sample: sample.cell.workload):
        states = [(sample, *_state(sample, cell_notes or {})) for sample in group]
        rows += _ranked([sample for sample, state, _ in states if state == "ranked"])
        rows += [_row(sample, state, reason=why) for sample, state, why in states if state != "ranked"]
    return tuple(rows)


def told_apart(logs: kernels.Floats, alpha: float = ALPHA, *, is_exact: bool = False) -> kernels.Flags:
    """Which rows differ: logs (cells, rounds), NaN for a lost trial, to flags (cells, cells).

    Args:
        is_exact: whether rows that differ by the same in all rounds differ.
    """
    first, second = np.triu_indices(len(logs), k=1)
    between = kernels.moments(logs[first] - logs[second])
    p = kernels.holm(kernels.p_differs(kernels.exact(between) if is_exact else between))
    apart = np.zeros((len(logs), len(logs)), dtype=np.bool_)
    apart[first, second] = apart[second, first] = p <= alpha
    return apart


def bands(apart: kernels.Flags) -> list[int]:
    """Band of each row, given which rows are told apart, both in the order from best to worst."""
    found: list[int] = []
    start = 0
    for row in range(len(apart)):
        if apart[row, start:row].any():
            start = row
        found.append(found[-1] + (start == row) if found else 1)
    return found


def _ranked(group: Sequence[Sample]) -> list[RankedCell]:
    rounds = sorted({number for sample in group for number in sample.values})
    logs = np.array([log_values(sample, rounds) for sample in group]).reshape(len(group), len(rounds))
    sign = group[0].metric.sign if group else 1
    order = np.argsort(sign * kernels.moments(logs).mean, kind="stable")
    is_exact = bool(group) and group[0].metric.quantity == "outcome"
    found = bands(told_apart(logs[order], is_exact=is_exact))
    return [
        _row(group[place], "ranked", band=band, above=found.index(band), sharing=found.count(band))
        for place, band in zip(order, found, strict=True)
    ]


def _row(
    sample: Sample,
    state: State,
    *,
    band: int | None = None,
    above: int = 0,
    sharing: int = 1,
    reason: str | None = None,
) -> RankedCell:
    return RankedCell(
        cell=sample.cell,
        summary=summarise(sample),
        state=state,
        band=band,
        rank=None if band is None else 1 + above,
        tied=sharing > 1,
        reason=reason,
    )


def _state(sample: Sample, cell_notes: Mapping[Cell, Sequence[Note]]) -> tuple[State, str | None]:
    """What a row is, and why if it is not ranked."""
    if sample.reason is not None:
        return "failed", sample.reason
    if (mark := objection(cell_notes.get(sample.cell, ()))) is not None:
        return "invalid", mark
    n = len(sample.values)
    if n < kernels.MIN_PAIRS:
        rounds = f"{n} round" + "s" * (n != 1)
        return "untested", f"{rounds} measured; a rank needs {kernels.MIN_PAIRS}"
    return "ranked", None
