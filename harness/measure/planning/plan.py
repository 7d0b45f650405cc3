"""Make the plan: which cells, in which order in each round; and of each round a job. Pure: like arguments, like plan."""

import random
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from harness.measure.expectation import why_skipped
from harness.measure.job import RoundJob
from harness.measure.planning.catalog import Catalog
from harness.model import HERE, Cell, HarnessError, Plan, Resource, Skipped, TrialRules, Variant
from harness.workload import MOST_BYTES, AnswerKind, Workload


def make_plan(
    *,
    suite: str,
    baseline: str,
    seed: int,
    rules: TrialRules,
    workloads: Sequence[Workload],
    variants: Sequence[Variant],
    rounds: int,
    precision: float | None = None,
    metric: str | None = None,
    lacking: Mapping[str, str] = MappingProxyType({}),
    resources: Sequence[Resource] = (),
) -> Plan:
    """Put every cell that can be measured once into each round, in an order drawn anew per round from the seed.

    The workloads are in random order, and so are the variants of each: only variants of one workload are compared,
    so these are measured close together. A fixed order would turn what the host does into a difference.

    Args:
        lacking: workload -> why this machine has not what it asks for.

    Raises:
        HarnessError: exit code 2: the server cannot hold the images; 5: no cell can be measured.
    """
    names = [workload.name for workload in workloads]
    available = [variant.id for variant in variants if variant.unavailable is None]
    skipped = skipped_cells(workloads, variants, lacking)
    left_out = {skip.cell for skip in skipped}
    plan = Plan(
        suite=suite,
        baseline=baseline,
        seed=seed,
        rules=rules,
        precision=precision,
        workloads=_fitting(workloads),
        variants=tuple(variants),
        rounds=tuple(
            tuple(cell for cell in _order(names, available, f"{seed}:{number}") if cell not in left_out)
            for number in range(rounds)
        ),
        metric=metric,
        skipped=skipped,
        resources=tuple(resources),
    )
    if not plan.cells:
        raise HarnessError(f"nothing can be measured here: {_why_nothing(plan)}", exit_code=5)
    return plan


def skipped_cells(
    workloads: Sequence[Workload],
    variants: Sequence[Variant],
    lacking: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Skipped, ...]:
    """Cells whose variants can run here and cannot do what the workload asks, by workload.

    Args:
        lacking: workload -> why this machine has not what it asks for.
    """
    return tuple(
        Skipped(cell=Cell(workload=workload.name, variant=variant.id, side=HERE), reason=reason)
        for workload in workloads
        for variant in variants
        if variant.unavailable is None
        and (reason := lacking.get(workload.name) or why_skipped(workload, variant))
    )


def make_sided_plan(
    *,
    suite: str,
    baseline: str,
    seed: int,
    rules: TrialRules,
    workloads: Sequence[Workload],
    variants: Sequence[Variant],
    groups: Sequence[tuple[Cell, ...]],
    rounds: int,
) -> Plan:
    """Put every cell of every group once into each round; the cells of a group stand side by side, in random order.

    Args:
        groups: cells of one workload that are compared, one for each side: they see the same moments of the host.
    """
    return Plan(
        suite=suite,
        baseline=baseline,
        seed=seed,
        rules=rules,
        precision=None,
        workloads=_fitting(workloads),
        variants=tuple(variants),
        rounds=tuple(tuple(_sided_order(groups, f"{seed}:{number}")) for number in range(rounds)),
    )


def lone_job(
    suite: str, workload: Workload, variant: Variant, rules: TrialRules, catalog: Catalog
) -> RoundJob:
    """Return a round of one trial.

    Raises:
        HarnessError: exit code 5: the variant cannot run here, or cannot do what the workload asks.
    """
    plan = make_plan(
        suite=suite,
        baseline=variant.id,
        seed=0,
        rules=rules,
        workloads=[workload],
        variants=[variant],
        rounds=1,
    )
    return round_job(plan, 0, {HERE: catalog})


def round_job(
    plan: Plan,
    number: int,
    catalogs: Mapping[str, Catalog],
    *,
    is_wanted: Callable[[Cell], bool] = lambda _cell: True,
    ceilings: Sequence[AnswerKind] = (),
    resources: Sequence[Resource] = (),
) -> RoundJob:
    """Return what a round of the plan asks for, as a value.

    Args:
        catalogs: side -> its environment and contenders.
        is_wanted: False for a cell that is left out.
        ceilings: kinds of answers whose ceiling is asked for.
        resources: of the plan, with the URLs as they are; a ledger leaves their secrets out.
    """
    entries = tuple(
        catalogs[cell.side].entry(cell, position)
        for position, cell in enumerate(plan.rounds[number])
        if is_wanted(cell)
    )
    asked = {entry.cell.workload for entry in entries}
    return RoundJob(
        number=number,
        entries=entries,
        workloads=tuple(workload for workload in plan.workloads if workload.name in asked),
        rules=plan.rules,
        environments={side: catalog.environment for side, catalog in catalogs.items()},
        ceilings=tuple(ceilings),
        resources=tuple(resources),
    )


def _fitting(workloads: Sequence[Workload]) -> tuple[Workload, ...]:
    """Return them if the server can hold the images of all at once, as rounds need.

    Raises:
        HarnessError: exit code 2: it cannot.
    """
    sizes = {workload.name: sum(workload.what.sizes) for workload in workloads}
    if sum(sizes.values()) > MOST_BYTES:
        each = ", ".join(f"{name} {size:,}" for name, size in sizes.items())
        raise HarnessError(
            f"the server would hold {sum(sizes.values()):,} bytes of images ({each}) and may hold {MOST_BYTES:,}: "
            "measure fewer workloads at once, or smaller ones",
            exit_code=2,
        )
    return tuple(workloads)


def _why_nothing(plan: Plan) -> str:
    skipped = {f"{skip.cell.workload}: {skip.reason}" for skip in plan.skipped}
    unavailable = {variant.unavailable for variant in plan.variants if variant.unavailable}
    return "; ".join([*sorted(unavailable | skipped), "choose other variants or workloads"])


def _sided_order(groups: Sequence[tuple[Cell, ...]], seed: str) -> list[Cell]:
    draw = random.Random(seed)
    by_workload: dict[str, list[tuple[Cell, ...]]] = {}
    for group in groups:
        by_workload.setdefault(group[0].workload, []).append(group)
    return [
        cell
        for name in draw.sample(sorted(by_workload), len(by_workload))
        for group in draw.sample(by_workload[name], len(by_workload[name]))
        for cell in draw.sample(group, len(group))
    ]


def _order(workloads: Sequence[str], variants: Sequence[str], seed: str) -> list[Cell]:
    draw = random.Random(seed)
    return [
        Cell(workload=workload, variant=variant, side=HERE)
        for workload in draw.sample(workloads, len(workloads))
        for variant in draw.sample(variants, len(variants))
    ]
