"""The judge of two recorded runs, which share no rounds, so that every effect is unpaired.

What the host did to one whole run stays in the ratio: an unfit host or another one gives no verdict on what it can move.
"""

import statistics
from collections.abc import Collection
from dataclasses import replace

from harness.ledger import Ledger
from harness.metrics import TIME_PER_IMAGE, Metric
from harness.model import Cell
from harness.outcomes import Word
from harness.stats.effect import Effect, difference, unpaired_effect
from harness.stats.fitness import host_notes
from harness.stats.judge import Finding, Pair, failed, finding_of
from harness.stats.notes import objection
from harness.stats.sample import Sample, ratio_interval, samples
from harness.stats.validity import cell_notes
from harness.stats.verdict import Margins, verdicts


def judge_runs(
    base: Ledger, head: Ledger, *, metrics: Collection[Metric], margins: Margins, unlike: str | None = None
) -> tuple[Finding, ...]:
    """Judge every cell of either of two runs, which share no rounds, by every metric.

    Args:
        base: the run that is referred to; ``head`` the one that is judged.
        unlike: in what the machines differ, so that nothing is comparable; None if in nothing.
    """
    checks = [ledger.run.selfcheck for ledger in (base, head) if ledger.run.selfcheck]
    by_metric = {
        metric: tuple(samples(ledger.trials, metric) for ledger in (base, head)) for metric in metrics
    }
    cells = sorted({trial.cell for ledger in (base, head) for trial in ledger.trials})
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
                None if pair.metric.is_steady else disturbed,
            )
            effect = unpaired_effect(there, here)
            # With an objection it is shown, and no member of the family.
            found[pair] = replace(effect, reason=next(filter(None, objections), effect.reason))
    check = max(checks, key=lambda check: check.aa_half_width, default=None)
    judged = dict(zip(found, verdicts(list(found.values()), margins=margins, check=check), strict=True))
    return tuple(finding_of(pair, judged.get(pair), settled[pair]) for pair in pairs)


def _alone(base: Sample | None, head: Sample | None) -> tuple[Word, str] | None:
    """That one run alone has the cell, or that it failed."""
    if base is None:
        return "only in head", "the base run has no trial of it"
    if head is None:
        return "only in base", "the head run has no trial of it"
    return failed(base, head, ("base", "head"))


def _unlike_workloads(base: Ledger, head: Ledger) -> dict[str, str]:
    """Workload -> why its two runs asked for different things."""
    there = {workload.name: workload for workload in base.run.plan.workloads}
    return {
        workload.name: f"the workload differs: {there[workload.name]} against {workload}"
        for workload in head.run.plan.workloads
        if workload.name in there and there[workload.name] != workload
    }


def _invalid_cells(base: Ledger, head: Ledger) -> dict[Cell, str]:
    """Cell -> why it is invalid in either run."""
    return {
        cell: f"{name}: {text}"
        for name, ledger in (("base", base), ("head", head))
        for cell, notes in cell_notes(ledger.trials, ledger.run.plan.workloads, ledger.ceilings).items()
        if (text := objection(notes)) is not None
    }


def _disturbed_host(base: Ledger, head: Ledger, margin: float) -> str | None:
    """Why nothing that the host can move may be judged: it was unfit, or another one."""
    for name, ledger in (("base", base), ("head", head)):
        if (text := objection(host_notes(ledger.sentinels))) is not None:
            return f"noisy host ({name}): {text}"
    return _moved_host(base, head, margin)


def _moved_host(base: Ledger, head: Ledger, margin: float) -> str | None:
    """Why the host itself was another one: the same fixed work took surely more or less time than the margin allows."""
    for work, times in (("CPU loop", "cpu_s"), ("loopback echo", "echo_s")):
        there, here = (
            [statistics.median(getattr(sentinel, times)) for sentinel in ledger.sentinels]
            for ledger in (base, head)
        )
        interval = ratio_interval(difference(there, here)) if there and here else None
        if interval and (interval.low > 1 + margin or interval.high < 1 / (1 + margin)):
            return (
                f"the host changed: its fixed {work} took {interval.low:.2f} to {interval.high:.2f} times as long "
                "in the head run"
            )
    return None
