"""The judge: recorded trials in, findings out. Every command that says something of two cells asks it here.

One family is everything that is asked at once: all pairs of cells, by all metrics. A finding is a verdict, or why there
can be none: what failed or is invalid has no ratio, and what was not compared does not pass.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from harness.ledger import Ledger
from harness.measured import Trial
from harness.metrics import TIME_PER_IMAGE, Metric, judged_metric
from harness.model import Cell, SelfCheck
from harness.outcomes import Word
from harness.stats import kernels
from harness.stats.disturbance import Disturbance
from harness.stats.effect import Effect, Reference, against_variant, effects
from harness.stats.factors import FactorEffect, factor_effects
from harness.stats.fitness import disturbances
from harness.stats.goodput import whole
from harness.stats.notes import Note, objection
from harness.stats.ranking import RankedCell, Rivals, rank, rivals
from harness.stats.sample import Interval, Sample, Samples, log_values, ratio_interval, samples
from harness.stats.validity import cell_notes
from harness.stats.verdict import Margins, Verdict, verdicts


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One thing that is asked: a cell of the head, its reference of the base, and by which metric."""

    base: Cell
    head: Cell
    metric: Metric


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is said of one pair.

    Attributes:
        verdict: None without an effect.
        reason: why there is no verdict; None otherwise.
        blocks: True if a regression of the margin or more is not excluded, so that nothing may pass.
        is_final: whether more rounds would change nothing: it failed, or is invalid.
        stage: whose rounds say so, where there are several.
    """

    pair: Pair
    word: Word
    verdict: Verdict | None
    reason: str | None
    blocks: bool
    is_final: bool = False
    stage: str | None = None

    @property
    def is_suspected(self) -> bool:
        """Whether it looks like a regression of the asked margin or more, and nobody could decide."""
        return self.word == "inconclusive" and self.verdict is not None and self.verdict.is_beyond


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What was measured together.

    Attributes:
        disturbances: from ``fitness``.
        cell_notes: from ``validity``.
    """

    trials: Sequence[Trial]
    disturbances: Sequence[Disturbance] = ()
    cell_notes: Mapping[Cell, tuple[Note, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """All that is said of one run, by one metric.

    Attributes:
        metric: that cells are ranked by.
        samples: of every cell by this metric.
        ranking: by workload, the best first, unranked last.
        findings: of every cell against the baseline of its workload.
        to_best: ratio of each cell with values to the best row of its workload, with its 95 % interval; for the
            eye, no test is made of it.
        rivals: all pairs of ranked cells of one workload.
        factors: main effects of client, concurrency model and loop.
        host_notes: what disturbed the host; empty if nothing did.
        cell_notes: validity marks of cells.
    """

    metric: Metric
    samples: Samples
    ranking: tuple[RankedCell, ...]
    findings: tuple[Finding, ...]
    to_best: Mapping[Cell, tuple[float, Interval | None]]
    rivals: tuple[Rivals, ...]
    factors: tuple[FactorEffect, ...]
    host_notes: tuple[Note, ...]
    cell_notes: Mapping[Cell, tuple[Note, ...]]


def measured_in(ledger: Ledger) -> Measured:
    """What a ledger holds."""
    return Measured(
        trials=ledger.trials,
        disturbances=disturbances(ledger.sentinels),
        cell_notes=cell_notes(ledger.trials, ledger.run.plan.workloads, ledger.ceilings),
    )


def pairs_of(
    trials: Sequence[Trial], reference_of: Reference, metrics: Collection[Metric]
) -> tuple[Pair, ...]:
    """Every cell that is not its own reference, by every metric."""
    cells = sorted({trial.cell for trial in trials})
    return tuple(
        Pair(base=reference_of(cell), head=cell, metric=metric)
        for cell in cells
        if reference_of(cell) != cell
        for metric in metrics
    )


def judge(
    measured: Measured, pairs: Sequence[Pair], *, margins: Margins, check: SelfCheck | None = None
) -> tuple[Finding, ...]:
    """Judge pairs that were measured in the same rounds, in their order.

    Args:
        pairs: all that is asked at once: the family.
        check: of this host, which may widen a margin.
    """
    by_metric = {metric: samples(measured.trials, metric) for metric in {pair.metric for pair in pairs}}
    found = _effects(pairs, by_metric)
    judged = verdicts(
        list(found.values()),
        margins=margins,
        check=check,
        disturbances=measured.disturbances,
        cell_notes=measured.cell_notes,
    )
    by_pair = dict(zip(found, judged, strict=True))
    return tuple(
        finding_of(
            pair,
            by_pair.get(pair),
            failed(
                by_metric[pair.metric].get(pair.base),
                by_metric[pair.metric].get(pair.head),
                (pair.base.id, pair.head.id),
            )
            or _invalid(pair, measured.cell_notes),
        )
        for pair in pairs
    )


def judge_run(ledger: Ledger) -> Judgement:
    """Judge a run by the metric of its plan: rank its cells, and compare each with the baseline and the best."""
    plan = ledger.run.plan
    metric = judged_metric(plan.metric) if plan.metric else TIME_PER_IMAGE
    measured = measured_in(ledger)
    found = samples(ledger.trials, metric)
    ranking = rank(found, measured.cell_notes)
    return Judgement(
        metric=metric,
        samples=found,
        ranking=ranking,
        findings=judge(
            measured,
            pairs_of(ledger.trials, against_variant(plan.baseline), [metric]),
            margins=Margins(),
            check=ledger.run.selfcheck,
        ),
        to_best=_to_best(found, ranking, whole(ledger.trials)),
        rivals=rivals(found, ranking),
        factors=factor_effects(found, plan.variants, plan.baseline, measured.cell_notes),
        host_notes=tuple(disturbance.note for disturbance in measured.disturbances),
        cell_notes=measured.cell_notes,
    )


def _effects(pairs: Sequence[Pair], by_metric: Mapping[Metric, Samples]) -> dict[Pair, Effect]:
    """The effect of each pair whose head was measured."""
    found: dict[Pair, Effect] = {}
    for metric, of_metric in by_metric.items():
        by_head = {pair.head: pair for pair in pairs if pair.metric == metric}
        of_pairs = effects(of_metric, partial(_base_of, by_head))
        found |= {by_head[effect.cell]: effect for effect in of_pairs}
    return {pair: found[pair] for pair in pairs if pair in found}


def failed(base: Sample | None, head: Sample | None, names: tuple[str, str]) -> tuple[Word, str] | None:
    """That one side failed; what the base shares is not the failure of the head."""
    of_base, of_head = (sample.reason if sample else None for sample in (base, head))
    if of_head and not of_base:
        return "failed", f"{names[1]}: {of_head}"
    if of_base and of_head:
        return "inconclusive", f"both failed: {of_base}"
    return ("inconclusive", f"{names[0]} failed: {of_base}") if of_base else None


def _base_of(by_head: Mapping[Cell, Pair], cell: Cell) -> Cell:
    return by_head[cell].base if cell in by_head else cell


def _invalid(pair: Pair, cell_notes: Mapping[Cell, Sequence[Note]]) -> tuple[Word, str] | None:
    for cell in (pair.head, pair.base):
        if mark := objection(cell_notes.get(cell, ())):
            return "inconclusive", f"{cell.id}: {mark}"
    return None


def finding_of(pair: Pair, verdict: Verdict | None, settled: tuple[Word, str] | None) -> Finding:
    """What follows from a verdict, or from what settles the pair without one.

    Args:
        settled: a word and its reason, such as a failure; None if the numbers speak.
    """
    if settled:
        word, reason = settled
        return Finding(
            pair=pair, word=word, verdict=verdict, reason=reason, blocks=word != "failed", is_final=True
        )
    if verdict is None:
        return Finding(
            pair=pair, word="inconclusive", verdict=None, reason="it was not measured", blocks=True
        )
    blocks = verdict.call == "inconclusive" and not verdict.excludes_regression
    return Finding(pair=pair, word=verdict.call, verdict=verdict, reason=verdict.reason, blocks=blocks)


def _to_best(
    found: Samples, ranking: Sequence[RankedCell], whole: Collection[Cell]
) -> dict[Cell, tuple[float, Interval | None]]:
    """Paired by round like every ratio; a workload without a rank has none, and neither has the best row itself.

    That is the first which lost no more than others: who gave up is no measure for them.
    """
    first = {
        row.cell.workload: row.cell for row in reversed(ranking) if row.rank is not None and row.cell in whole
    }
    rounds = sorted({number for sample in found.values() for number in sample.values})
    logs = {cell: log_values(sample, rounds) for cell, sample in found.items() if sample.values}
    ratios: dict[Cell, tuple[float, Interval | None]] = {}
    for cell, values in logs.items():
        reference = first.get(cell.workload, cell)
        moments = kernels.moments(values - logs[reference])
        if cell != reference and moments.n:
            ratios[cell] = (math.exp(float(moments.mean)), ratio_interval(moments))
    return ratios
