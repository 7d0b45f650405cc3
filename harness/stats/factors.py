"""Factor effects: what changing only the client, only the model or only the loop does to a metric.

Two cells match if they differ on one axis alone. Over all matching pairs of two levels the log-ratio of
their values is averaged inside each round first, and the rounds are the sample: cells of a round share the host's mood, so
they are no independent evidence. The result speaks of the cells that were measured, not of all that could be
written.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np

from harness.model import Axis, Cell, Variant
from harness.stats import kernels
from harness.stats.notes import Note, objection
from harness.stats.sample import Interval, Sample, Samples, log_values, ratio_interval

Pair = tuple[Sample, Sample]  # the level's cell, the reference level's cell
Links = Mapping[tuple[str, str], Sequence[Pair]]  # (level, reference level) -> matching cells


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorEffect:
    """What ``level`` instead of ``reference`` on one axis does to a metric, all else equal.

    Attributes:
        workload: None for the mean over the workloads, each with the same weight.
        matches: pairs of cells that differ on this axis alone.
        rounds: rounds in which all of those cells have a trial.
        dropped_rounds: rounds in which one of them was lost.
        ratio: exp(mean over rounds of the mean log-ratio over matches); None without rounds.
        interval: 95 % t interval over rounds; None under three rounds or without spread.
        smallest: ratio of the match where it is least. Far from ``largest``, there is no main
            effect to speak of: what the level does depends on the rest of the variant.
        largest: ratio of the match where it is most.
    """

    axis: Axis
    level: str
    reference: str
    workload: str | None
    matches: int
    rounds: int
    dropped_rounds: int
    ratio: float | None
    interval: Interval | None
    smallest: float | None
    largest: float | None


def factor_effects(
    found: Samples,
    variants: Sequence[Variant],
    baseline: str,
    cell_notes: Mapping[Cell, Sequence[Note]] | None = None,
) -> tuple[FactorEffect, ...]:
    """All factor effects of a run, by axis, reference, level and workload, the overall one last.

    A level is referred to the baseline's level where the two share matching cells. Levels that never meet it
    (an async client and a sync baseline) are referred to the level among themselves that has most matches.

    Args:
        found: the samples of one run, by one metric.
        variants: of its plan; cells of other variants are left out.
        baseline: variant id.
        cell_notes: validity marks; an invalid or failed cell takes no part.
    """
    notes = cell_notes or {}
    usable = [
        sample
        for sample in found.values()
        if sample.reason is None and objection(notes.get(sample.cell, ())) is None
    ]
    rounds = sorted({number for sample in usable for number in sample.values})
    by_id = {variant.id: variant for variant in variants}
    factors: list[FactorEffect] = []
    for axis in get_args(Axis):
        links = _links([sample for sample in usable if sample.cell.variant in by_id], by_id, axis)
        home = _level(by_id[baseline], axis) if baseline in by_id else None
        for level, reference in _references(links, home):
            factors += _of_level(axis, level, reference, links[level, reference], rounds)
    return tuple(factors)


def _links(usable: Iterable[Sample], by_id: Mapping[str, Variant], axis: Axis) -> Links:
    """Cells that differ on this axis alone, for every two levels, in both directions."""
    alike: dict[tuple[object, ...], list[tuple[str, Sample]]] = {}
    for sample in usable:
        variant = by_id[sample.cell.variant]
        level = _level(variant, axis)
        if level is not None:
            rest = tuple(_level(variant, other) for other in get_args(Axis) if other != axis)
            alike.setdefault((sample.cell.workload, sample.cell.side, *rest), []).append((level, sample))
    links: dict[tuple[str, str], list[Pair]] = {}
    for members in alike.values():
        for level, sample in members:
            for other, base in members:
                if other != level:
                    links.setdefault((level, other), []).append((sample, base))
    return links


def _references(links: Links, home: str | None) -> Iterator[tuple[str, str]]:
    """Yield (level, reference): the baseline's level, then the best connected of those it never meets."""
    left = sorted({level for level, _ in links})
    while left:
        reference = min(left, key=lambda level: (level != home, -_matches(links, level, left), level))
        left.remove(reference)
        met = [level for level in left if (level, reference) in links]
        for level in met:
            yield level, reference
        left = [level for level in left if level not in met]


def _matches(links: Links, reference: str, among: Sequence[str]) -> int:
    return sum(len(links.get((level, reference), ())) for level in among)


def _of_level(
    axis: Axis, level: str, reference: str, pairs: Sequence[Pair], rounds: Sequence[int]
) -> Iterator[FactorEffect]:
    """The effect in each workload, then over all of them if there are several."""
    by_workload: dict[str, list[kernels.Floats]] = {}
    for cell, base in pairs:
        ratios = log_values(cell, rounds) - log_values(base, rounds)
        by_workload.setdefault(cell.cell.workload, []).append(ratios)
    groups: dict[str | None, list[kernels.Floats]] = {name: by_workload[name] for name in sorted(by_workload)}
    means = {name: np.mean(rows, axis=0) for name, rows in groups.items()}
    if len(groups) > 1:
        means[None] = np.mean(list(means.values()), axis=0)
        groups[None] = [row for rows in groups.values() for row in rows]
    for workload, of_rounds in means.items():
        logs = kernels.moments(of_rounds)
        each = [
            math.exp(mean) for mean in kernels.moments(np.array(groups[workload])).mean if math.isfinite(mean)
        ]
        yield FactorEffect(
            axis=axis,
            level=level,
            reference=reference,
            workload=workload,
            matches=len(groups[workload]),
            rounds=int(logs.n),
            dropped_rounds=len(rounds) - int(logs.n),
            ratio=math.exp(float(logs.mean)) if logs.n else None,
            interval=ratio_interval(logs),
            smallest=min(each, default=None),
            largest=max(each, default=None),
        )


def _level(variant: Variant, axis: Axis) -> str | None:
    levels = {"client": variant.client, "concurrency": variant.concurrency, "loop": variant.loop}
    return levels[axis]
