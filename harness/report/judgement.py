"""Everything that the statistics say of a run, made once, so that table, chart, page and CSV cannot disagree."""

from collections.abc import Mapping
from dataclasses import dataclass

from harness.ledger import Ledger
from harness.model import Cell, Note
from harness.stats.effect import against_variant, effects
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
        host_notes: what made the host unfit; empty if it was fit.
        cell_notes: validity marks of cells.
    """

    ranking: tuple[RankedCell, ...]
    verdicts: tuple[Verdict, ...]
    host_notes: tuple[Note, ...]
    cell_notes: Mapping[Cell, tuple[Note, ...]]


def judge_run(book: Ledger) -> Judgement:
    """Judge what the ledger holds."""
    marks = cell_notes(book.trials, book.run.plan.workloads, book.ceilings)
    unfit = host_notes(book.sentinels)
    return Judgement(
        ranking=rank(book.trials, marks),
        verdicts=judge(
            effects(book.trials, against_variant(book.run.plan.baseline)),
            host_notes=unfit,
            cell_notes=marks,
            aa_half_width=book.run.selfcheck.aa_half_width if book.run.selfcheck else None,
        ),
        host_notes=unfit,
        cell_notes=marks,
    )
