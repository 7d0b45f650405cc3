"""Why an effect is not judged, or not decided, in words. What follows from it is decided in ``verdict``."""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from harness.model import Cell, SelfCheck
from harness.stats import kernels
from harness.stats.disturbance import STILL, Disturbance, Reach
from harness.stats.effect import Effect
from harness.stats.notes import Note, objection


def objections(
    effect: Effect, disturbances: Sequence[Disturbance], cell_notes: Mapping[Cell, Sequence[Note]]
) -> Iterator[str]:
    """Why this effect must not be tested, the widest reason first."""
    if not effect.metric.is_steady:  # which nobody needs to watch a host for
        yield from (disturbance.note.text for disturbance in disturbances if disturbance.kind == "unknown")
    if effect.reason is not None:
        yield effect.reason
    for cell in (effect.cell, effect.reference):
        if (mark := objection(cell_notes.get(cell, ()))) is not None:
            yield f"{cell.id}: {mark}"
    if not all(math.isfinite(value) for value in effect.log_ratios):
        yield "a ratio is not finite"
    need = f"a verdict needs at least {kernels.VERDICT_PAIRS}"
    if effect.pairs < kernels.VERDICT_PAIRS and effect.is_paired:
        yield f"only {effect.pairs} pairs of trials; {need}"
    elif effect.pairs < kernels.VERDICT_PAIRS:
        yield f"only {effect.pairs} trials in the run that has fewer; {need} in each"
    if effect.estimate is not None and math.isnan(effect.estimate.error):
        yield "all rounds gave the same value, so nothing tells how far it varies"


def disturbed(effect: Effect, disturbances: Sequence[Disturbance], reach: Reach) -> str:
    """What could explain the effect, and how much of it."""
    texts = [
        disturbance.note.text
        for disturbance in disturbances
        if disturbance.reach(effect.work, effect.reference_work, effect.metric.quantity) != STILL
    ]
    how_far = "without bound" if math.isinf(reach.low) else f"by up to {reach.factor:.2f} times"
    return f"{', and '.join(texts)}: that can move this ratio {how_far}"


def widened(asked: float, in_force: float, check: SelfCheck | None, call: str) -> str:
    """That the margin was widened by a self-check, and what the verdict would be without; "" if there was none."""
    if check is None:
        return ""
    checked = f"{datetime.fromtimestamp(check.created_at, UTC):%Y-%m-%d %H:%M} UTC"
    return (
        f"the margin in force is {100 * in_force:.3g} %, from the self-check of {checked}; "
        f"against the {100 * asked:.3g} % that were asked it would be {call}"
    )
