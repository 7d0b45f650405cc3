"""Everything that the statistics say of a run, made once, so that table, chart, page and CSV cannot disagree."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.ledger import Ledger
from harness.model import Cell, Note
from harness.stats import kernels
from harness.stats.effect import against_variant, effects
from harness.stats.factors import FactorEffect, factor_effects
from harness.stats.fitness import disturbances
from harness.stats.ranking import RankedCell, rank
from harness.stats.sample import Interval, log_values, ratio_interval, timings
from harness.stats.validity import cell_notes
from harness.stats.verdict import Verdict, judge


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Of one run.

    Attributes:
        ranking: by workload, fastest first, unranked last.
        verdicts: of every cell against the baseline of its workload.
        to_fastest: time ratio of each cell with values to the first row of its workload, with its 95 % interval; for the
            eye, no test is made of it.
        factors: main effects of client, concurrency model and loop.
        host_notes: what disturbed the host; empty if nothing did.
        cell_notes: validity marks of cells.
    """

    ranking: tuple[RankedCell, ...]
    verdicts: tuple[Verdict, ...]
    to_fastest: Mapping[Cell, tuple[float, Interval | None]]
    factors: tuple[FactorEffect, ...]
    host_notes: tuple[Note, ...]
    cell_notes: Mapping[Cell, tuple[Note, ...]]


def judge_run(book: Ledger) -> Judgement:
    """Judge what the ledger holds."""
    plan = book.run.plan
    marks = cell_notes(book.trials, plan.workloads, book.ceilings)
    disturbed = disturbances(book.sentinels)
    ranking = rank(book.trials, marks)
    return Judgement(
        ranking=ranking,
        verdicts=judge(
            effects(book.trials, against_variant(plan.baseline)),
            disturbances=disturbed,
            cell_notes=marks,
            check=book.run.selfcheck,
        ),
        to_fastest=_to_fastest(book, ranking),
        factors=factor_effects(book.trials, plan.variants, plan.baseline, marks),
        host_notes=tuple(one.note for one in disturbed),
        cell_notes=marks,
    )


def _to_fastest(book: Ledger, ranking: Sequence[RankedCell]) -> dict[Cell, tuple[float, Interval | None]]:
    """Paired by round like every ratio; a workload without a rank has none, and neither has the first row itself."""
    samples = timings(book.trials)
    first = {row.cell.workload: row.cell for row in reversed(ranking) if row.rank == 1}
    rounds = sorted({one for sample in samples.values() for one in sample.values})
    logs = {cell: log_values(sample, rounds) for cell, sample in samples.items() if sample.values}
    found: dict[Cell, tuple[float, Interval | None]] = {}
    for cell, values in logs.items():
        reference = first.get(cell.workload, cell)
        of = kernels.moments(values - logs[reference])
        if cell != reference and of.n:
            found[cell] = (math.exp(float(of.mean)), ratio_interval(of))
    return found
