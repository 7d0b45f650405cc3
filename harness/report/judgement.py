"""Everything that the statistics say of a run, made once, so that table, chart, page and CSV cannot disagree."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.ledger import Ledger
from harness.model import Cell, Note
from harness.stats.effect import Effect, against_variant, effects
from harness.stats.factors import FactorEffect, factor_effects
from harness.stats.fitness import host_notes
from harness.stats.ranking import RankedCell, rank
from harness.stats.validity import cell_notes
from harness.stats.verdict import Verdict, judge


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Of one run.

    Attributes:
        ranking: by workload, fastest first, unranked last.
        verdicts: of every cell against the baseline of its workload.
        to_fastest: of every cell against the first row of its workload; for the eye, no test is made of them.
        factors: main effects of client, concurrency model and loop.
        host_notes: what made the host unfit; empty if it was fit.
        cell_notes: validity marks of cells.
    """

    ranking: tuple[RankedCell, ...]
    verdicts: tuple[Verdict, ...]
    to_fastest: tuple[Effect, ...]
    factors: tuple[FactorEffect, ...]
    host_notes: tuple[Note, ...]
    cell_notes: Mapping[Cell, tuple[Note, ...]]


def judge_run(book: Ledger) -> Judgement:
    """Judge what the ledger holds."""
    plan = book.run.plan
    marks = cell_notes(book.trials, plan.workloads, book.ceilings)
    unfit = host_notes(book.sentinels)
    ranking = rank(book.trials, marks)
    return Judgement(
        ranking=ranking,
        verdicts=judge(
            effects(book.trials, against_variant(plan.baseline)),
            host_notes=unfit,
            cell_notes=marks,
            aa_half_width=book.run.selfcheck.aa_half_width if book.run.selfcheck else None,
        ),
        to_fastest=_to_fastest(book, ranking),
        factors=factor_effects(book.trials, plan.variants, plan.baseline, marks),
        host_notes=unfit,
        cell_notes=marks,
    )


def _to_fastest(book: Ledger, ranking: Sequence[RankedCell]) -> tuple[Effect, ...]:
    """Effects against the fastest ranked cell, of any side; a workload without a rank has none."""
    first: dict[str, Cell] = {}
    for row in ranking:
        if row.rank == 1:
            first.setdefault(row.cell.workload, row.cell)
    ranked = [one for one in book.trials if one.cell.workload in first]
    return effects(ranked, lambda cell: first[cell.workload])
