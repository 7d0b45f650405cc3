"""The judge: recorded trials in, findings out. Every command that says something of two cells asks it here.

One family is everything that is asked at once: all pairs of cells, by all metrics. A finding is a verdict, or why there
can be none: what failed or is invalid has no ratio, and what was not compared does not pass.
"""

import math
import statistics
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from harness.ledger import Ledger
from harness.metrics import TIME_PER_IMAGE, Metric, judged_metric
from harness.model import Cell, Note, SelfCheck, Trial
from harness.outcomes import Word
from harness.stats import kernels
from harness.stats.disturbance import Disturbance
from harness.stats.effect import Effect, Reference, against_variant, difference, effects, unpaired_effect
from harness.stats.factors import FactorEffect, factor_effects
from harness.stats.fitness import disturbances, host_notes
from harness.stats.ranking import RankedCell, rank
from harness.stats.sample import (
    Interval,
    Sample,
    Samples,
    log_values,
    objection,
    ratio_interval,
    samples,
)
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
        ranking: by workload, the best first, unranked last.
        findings: of every cell against the baseline of its workload.
        to_best: ratio of each cell with values to the first row of its workload, with its 95 % interval; for the
            eye, no test is made of it.
        factors: main effects of client, concurrency model and loop.
        host_notes: what disturbed the host; empty if nothing did.
        cell_notes: validity marks of cells.
    """

    metric: Metric
    ranking: tuple[RankedCell, ...]
    findings: tuple[Finding, ...]
    to_best: Mapping[Cell, tuple[float, Interval | None]]
    factors: tuple[FactorEffect, ...]
    host_notes: tuple[Note, ...]
    cell_notes: Mapping[Cell, tuple[Note, ...]]


def measured_in(book: Ledger) -> Measured:
    """What a ledger holds."""
    return Measured(
        trials=book.trials,
        disturbances=disturbances(book.sentinels),
        cell_notes=cell_notes(book.trials, book.run.plan.workloads, book.ceilings),
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
        _finding(
            pair,
            by_pair.get(pair),
            _failed(
                by_metric[pair.metric].get(pair.base),
                by_metric[pair.metric].get(pair.head),
                (pair.base.id, pair.head.id),
            )
            or _invalid(pair, measured.cell_notes),
        )
        for pair in pairs
    )


def judge_runs(
    base: Ledger, head: Ledger, *, metrics: Collection[Metric], margins: Margins, unlike: str | None = None
) -> tuple[Finding, ...]:
    """Judge every cell of either of two runs, which share no rounds, by every metric.

    Args:
        base: the run that is referred to; ``head`` the one that is judged.
        unlike: in what the machines differ, so that nothing is comparable; None if in nothing.
    """
    checks = [book.run.selfcheck for book in (base, head) if book.run.selfcheck]
    by_metric = {metric: tuple(samples(book.trials, metric) for book in (base, head)) for metric in metrics}
    cells = sorted({trial.cell for book in (base, head) for trial in book.trials})
    pairs = [Pair(base=cell, head=cell, metric=metric) for cell in cells for metric in metrics]
    differing, invalid = _unlike_workloads(base, head), _invalid_cells(base, head)
    disturbed = _disturbed_host(base, head, margins.of(TIME_PER_IMAGE))
    settled: dict[Pair, tuple[Word, str] | None] = {}
    found: dict[Pair, Effect] = {}
    for pair in pairs:
        there, here = (of_run.get(pair.head) for of_run in by_metric[pair.metric])
        text = unlike or differing.get(pair.head.workload)
        settled[pair] = ("not comparable", text) if text else _alone(there, here)
        if there and here:
            objections = (
                (settled[pair] or ("", None))[1],
                invalid.get(pair.head),
                None if pair.metric.quantity == "memory" else disturbed,
            )
            effect = unpaired_effect(there, here)
            # With an objection it is shown, and no member of the family.
            found[pair] = replace(effect, reason=next(filter(None, objections), effect.reason))
    check = max(checks, key=lambda check: check.aa_half_width, default=None)
    judged = dict(zip(found, verdicts(list(found.values()), margins=margins, check=check), strict=True))
    return tuple(_finding(pair, judged.get(pair), settled[pair]) for pair in pairs)


def judge_run(book: Ledger) -> Judgement:
    """Judge a run by the metric of its plan: rank its cells, and compare each with the baseline and the best."""
    plan = book.run.plan
    metric = judged_metric(plan.metric) if plan.metric else TIME_PER_IMAGE
    measured = measured_in(book)
    found = samples(book.trials, metric)
    ranking = rank(found, measured.cell_notes)
    return Judgement(
        metric=metric,
        ranking=ranking,
        findings=judge(
            measured,
            pairs_of(book.trials, against_variant(plan.baseline), [metric]),
            margins=Margins(),
            check=book.run.selfcheck,
        ),
        to_best=_to_best(found, ranking),
        factors=factor_effects(found, plan.variants, plan.baseline, measured.cell_notes),
        host_notes=tuple(each.note for each in measured.disturbances),
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


def _failed(base: Sample | None, head: Sample | None, names: tuple[str, str]) -> tuple[Word, str] | None:
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


def _finding(pair: Pair, verdict: Verdict | None, settled: tuple[Word, str] | None) -> Finding:
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


def _to_best(found: Samples, ranking: Sequence[RankedCell]) -> dict[Cell, tuple[float, Interval | None]]:
    """Paired by round like every ratio; a workload without a rank has none, and neither has the first row itself."""
    first = {row.cell.workload: row.cell for row in reversed(ranking) if row.rank == 1}
    rounds = sorted({number for sample in found.values() for number in sample.values})
    logs = {cell: log_values(sample, rounds) for cell, sample in found.items() if sample.values}
    ratios: dict[Cell, tuple[float, Interval | None]] = {}
    for cell, values in logs.items():
        reference = first.get(cell.workload, cell)
        of = kernels.moments(values - logs[reference])
        if cell != reference and of.n:
            ratios[cell] = (math.exp(float(of.mean)), ratio_interval(of))
    return ratios


def _unlike_workloads(base: Ledger, head: Ledger) -> dict[str, str]:
    """Workload -> why its two runs asked for different things."""
    there = {workload.name: workload for workload in base.run.plan.workloads}
    return {
        workload.name: f"the workload differs: {there[workload.name]} against {workload}"
        for workload in head.run.plan.workloads
        if workload.name in there and there[workload.name] != workload
    }


def _alone(base: Sample | None, head: Sample | None) -> tuple[Word, str] | None:
    """That one run alone has the cell, or that it failed."""
    if base is None:
        return "only in head", "the base run has no trial of it"
    if head is None:
        return "only in base", "the head run has no trial of it"
    return _failed(base, head, ("base", "head"))


def _invalid_cells(base: Ledger, head: Ledger) -> dict[Cell, str]:
    """Cell -> why it is invalid in either run."""
    return {
        cell: f"{name}: {text}"
        for name, book in (("base", base), ("head", head))
        for cell, notes in cell_notes(book.trials, book.run.plan.workloads, book.ceilings).items()
        if (text := objection(notes)) is not None
    }


def _disturbed_host(base: Ledger, head: Ledger, margin: float) -> str | None:
    """Why nothing that the host can move may be judged: it was unfit, or another one."""
    for name, book in (("base", base), ("head", head)):
        if (text := objection(host_notes(book.sentinels))) is not None:
            return f"noisy host ({name}): {text}"
    return _moved_host(base, head, margin)


def _moved_host(base: Ledger, head: Ledger, margin: float) -> str | None:
    """Why the host itself was another one: the same fixed work took surely more or less time than the margin allows."""
    for work, times in (("CPU loop", "cpu_s"), ("loopback echo", "echo_s")):
        there, here = (
            [statistics.median(getattr(sentinel, times)) for sentinel in book.sentinels]
            for book in (base, head)
        )
        interval = ratio_interval(difference(there, here)) if there and here else None
        if interval and (interval.low > 1 + margin or interval.high < 1 / (1 + margin)):
            return (
                f"the host changed: its fixed {work} took {interval.low:.2f} to {interval.high:.2f} times as long "
                "in the head run"
            )
    return None
