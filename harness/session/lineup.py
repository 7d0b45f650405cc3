"""What is compared on several sides: the variants that are asked for, and why a side cannot measure one."""

import argparse
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from harness.measure.expectation import why_skipped
from harness.measure.planning.catalog import Catalog, match
from harness.model import Cell, HarnessError, Variant
from harness.session.options import with_own
from harness.session.sided import Ready
from harness.sides.model import Side
from harness.workload import Workload

# Only our own words count: what a file says when it is imported may be anything.
NOT_INSTALLED = re.compile(r"(?:\S+: package \S+ is not installed(?:; |$))+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """Why a side cannot measure a variant on a workload.

    Attributes:
        side: its name.
        reason: names the side, too.
        is_broken: whether that is a fault of the side; no fault is what it does not have, or is not able to keep to.
    """

    side: str
    reason: str
    is_broken: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineup:
    """What is compared.

    Attributes:
        groups: per workload and variant, one cell for each side, in the order of the sides.
        left_out: groups that a side cannot measure -> the first obstacle.
        nowhere: those of them that no side can measure.
    """

    groups: tuple[tuple[Cell, ...], ...]
    left_out: Mapping[tuple[Cell, ...], Obstacle]
    nowhere: frozenset[tuple[Cell, ...]]


def line_up(
    sides: Sequence[Ready], globs: Sequence[str], workloads: Sequence[Workload], options: argparse.Namespace
) -> Lineup:
    """Choose what is compared: the variants that the globs ask for, or those that sides name.

    Raises:
        HarnessError: exit code 5: no variant can be run on every side; 2: what is asked contradicts itself.
    """
    known = {variant.id: variant for ready in sides for variant in ready.catalog.variants}
    union = replace(sides[-1].catalog, variants=tuple(known[name] for name in sorted(known)))
    selected = _selected(sides, globs, union, options)
    rows = dict.fromkeys(
        tuple(_id(ready.side, variant) for ready in sides)
        for variant in sorted(selected, key=lambda variant: variant.id)
    )
    groups, left_out, nowhere = [], {}, set()
    for row in rows:
        if not _fits(sides, row):
            continue
        for workload in workloads:
            found = (_obstacle(ready, variant, workload) for ready, variant in zip(sides, row, strict=True))
            obstacles = [obstacle for obstacle in found if obstacle]
            group = tuple(
                Cell(workload=workload.name, variant=variant, side=ready.name)
                for ready, variant in zip(sides, row, strict=True)
            )
            if not obstacles:
                groups.append(group)
                continue
            left_out[group] = obstacles[0]
            if len(obstacles) == len(sides):
                nowhere.add(group)
    if not groups and not left_out:
        raise HarnessError(
            "nothing to measure: no variant takes this client; choose others with --variants", exit_code=5
        )
    return Lineup(groups=tuple(groups), left_out=left_out, nowhere=frozenset(nowhere))


def _selected(
    sides: Sequence[Ready], globs: Sequence[str], union: Catalog, options: argparse.Namespace
) -> Sequence[Variant]:
    """What sides measure that name no variant; one that another side names is meant for all, unless --variants says."""
    named = list(dict.fromkeys(ready.side.variant for ready in sides if ready.side.variant))
    others = [ready.side.text for ready in sides if not ready.side.variant]
    if not named:
        return with_own(match(globs, union.variants), union, options)
    if options.variants:
        matched = match(globs, union.variants)
        if not others:
            raise HarnessError("--variants: every side names its variant already; leave it out", exit_code=2)
        if len(matched) > 1:
            raise HarnessError(
                f"--variants: it matches {len(matched)} variants, and a side names one ({named[0]}); give one",
                exit_code=2,
            )
        return matched
    if others and len(named) > 1:
        raise HarnessError(
            f"side {others[0]!r}: the others name {len(named)} variants; say with --variants which one it measures",
            exit_code=2,
        )
    return [variant for variant in union.variants if variant.id == named[0]]


def _id(side: Side, selected: Variant) -> str:
    """The variant that a side measures where ``selected`` is asked for."""
    if side.variant:
        return side.variant
    return selected.id_with(side.client.stem if side.client else selected.client)


def _fits(sides: Sequence[Ready], row: Sequence[str]) -> bool:
    """False where a side's client is of another kind than the concurrency model: there is nothing to compare."""
    return all(
        ready.side.client is None or any(known.id == variant for known in ready.catalog.variants)
        for ready, variant in zip(sides, row, strict=True)
    )


def _obstacle(ready: Ready, variant: str, workload: Workload) -> Obstacle | None:
    found = next((known for known in ready.catalog.variants if known.id == variant), None)
    if found is None:
        reason = f"{variant} does not exist on {ready.name}"
        return Obstacle(side=ready.name, reason=reason, is_broken=False)
    if found.unavailable:
        return Obstacle(
            side=ready.name,
            reason=f"on {ready.name}: {found.unavailable}",
            is_broken=NOT_INSTALLED.fullmatch(found.unavailable) is None,
        )
    if why := why_skipped(workload, found):
        return Obstacle(side=ready.name, reason=f"on {ready.name}: {why}", is_broken=False)
    return None


def chosen_variants(sides: Sequence[Ready], groups: Sequence[tuple[Cell, ...]]) -> tuple[Variant, ...]:
    """Every variant that the groups measure, once, sorted by id."""
    measured = {cell.variant for group in groups for cell in group}
    found = {
        variant.id: variant for ready in sides for variant in ready.catalog.variants if variant.id in measured
    }
    return tuple(found[name] for name in sorted(found))


def twins(sides: Sequence[Ready], groups: Sequence[tuple[Cell, ...]]) -> tuple[str, ...]:
    """Names of the sides that measure the very thing that the first one measures, so that only noise can differ."""

    def identity(place: int) -> object:
        ready = sides[place]
        sources = frozenset(
            (contender.axis, contender.name, contender.source) for contender in ready.catalog.contenders
        )
        measured = tuple((group[place].workload, group[place].variant) for group in groups)
        known = ready.catalog
        return known.python, dict(known.variables), dict(known.packages), sources, measured

    return tuple(
        ready.name for place, ready in enumerate(sides) if place and groups and identity(place) == identity(0)
    )
