"""Make the plan: which cells, in which order in each round. Pure: the same arguments give the same plan."""

import random
from collections.abc import Sequence

from harness.model import HERE, Cell, Plan, TrialRules, Variant, Workload


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
) -> Plan:
    """Put every available cell once into each round, in an order drawn anew per round from the seed.

    Random order inside the round, not a fixed one, is what turns drift of the host into noise that pairing removes.
    """
    cells = [
        Cell(workload=workload.name, variant=variant.id, side=HERE)
        for workload in workloads
        for variant in variants
        if variant.unavailable is None
    ]
    return Plan(
        suite=suite,
        baseline=baseline,
        seed=seed,
        rules=rules,
        precision=precision,
        workloads=tuple(workloads),
        variants=tuple(variants),
        rounds=tuple(tuple(_shuffled(cells, f"{seed}:{number}")) for number in range(rounds)),
    )


def _shuffled(cells: Sequence[Cell], seed: str) -> list[Cell]:
    return random.Random(seed).sample(cells, len(cells))
