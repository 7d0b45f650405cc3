"""Two recorded runs, cell by cell: Welch's t on the logs of the trial values, because no rounds are shared.

A pair of trials in one round cancels what the host did to that round; two runs have no such pairs. So intervals are
wider here than in ``effect``, and what the host did to one whole run stays in the ratio: the caller passes an objection
where the sentinels show that. This module reads no files and compares no machines.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import special  # type: ignore[import-untyped]  # scipy ships no annotations

from harness.model import Cell, SelfCheck
from harness.stats import kernels
from harness.stats.sample import CONFIDENCE, Interval, Sample
from harness.stats.verdict import ALPHA, MARGIN, margin_in_force, widened

Call = Literal[
    "regressed", "improved", "equivalent", "inconclusive",
    "failed", "only in base", "only in head", "not comparable",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One cell of two runs.

    Attributes:
        base_n: trial values in the base run; ``head_n`` the same of the head run.
        time_ratio: geometric mean of the head over that of the base; above 1 is slower; None if either has no values.
        interval: 95 % Welch interval of the ratio; None under three values on either side or without spread.
        margin: in force.
        p_regressed: Holm-adjusted over the family; None if untestable. ``p_improved`` likewise.
        p_equivalent: of two one-sided tests, not adjusted.
        reason: why there is no verdict; None if there is one.
        blocks: True if nothing excludes a regression of the margin.
    """

    cell: Cell
    base_n: int
    head_n: int
    time_ratio: float | None
    interval: Interval | None
    margin: float
    p_regressed: float | None
    p_improved: float | None
    p_equivalent: float | None
    call: Call
    reason: str | None
    blocks: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Welch's t of two series of logs (Welch 1947; degrees of freedom of Satterthwaite 1946).

    Attributes:
        mean: of the head less that of the base.
        error: standard error of it; NaN where nothing may be concluded.
        freedom: degrees of freedom.
    """

    mean: float
    error: float
    freedom: float

    @property
    def interval(self) -> Interval | None:
        """95 % interval, taken back to the scale of ratios."""
        if math.isnan(self.error):
            return None
        reach = -float(special.stdtrit(self.freedom, (1 - CONFIDENCE) / 2)) * self.error
        return Interval(low=math.exp(self.mean - reach), high=math.exp(self.mean + reach))

    def p_above(self, bound: float) -> float:
        """One-sided; null: the true difference is at most ``bound``."""
        return float(special.stdtr(self.freedom, (bound - self.mean) / self.error))

    def p_below(self, bound: float) -> float:
        """One-sided; null: the true difference is at least ``bound``."""
        return float(special.stdtr(self.freedom, (self.mean - bound) / self.error))


def difference(base: Sequence[float], head: Sequence[float]) -> Difference:
    """The difference of the mean logs of two series of positive values, each with at least one."""
    of_base, of_head = (kernels.moments(np.log(np.asarray(one, dtype=float))) for one in (base, head))
    mean = float(of_head.mean - of_base.mean)
    errors = [float(kernels.standard_error(one)) for one in (of_base, of_head)]
    if not all(math.isfinite(one) for one in errors):
        return Difference(mean=mean, error=math.nan, freedom=math.nan)
    parts = [one**2 for one in errors]
    weights = [part**2 / (float(of.n) - 1) for part, of in zip(parts, (of_base, of_head), strict=True)]
    return Difference(mean=mean, error=math.sqrt(sum(parts)), freedom=sum(parts) ** 2 / sum(weights))


def compare(
    base: Mapping[Cell, Sample],
    head: Mapping[Cell, Sample],
    *,
    margin: float = MARGIN,
    check: SelfCheck | None = None,
    objections: Mapping[Cell, str] | None = None,
    unlike: Mapping[Cell, str] | None = None,
) -> tuple[Comparison, ...]:
    """Compare every cell of either run, in the order of the cells.

    Args:
        base: cell -> its sample in the base run; ``head`` the same of the head run.
        margin: largest change of no interest; equivalence is tested against it.
        check: the self-check of this host; it may widen the margin of the other two calls.
        objections: cells that must not be judged, and why; they stay inconclusive.
        unlike: cells whose two samples answer different questions, and why; they are not comparable.
    """
    barred, unlike = objections or {}, unlike or {}
    cells = sorted(base.keys() | head.keys())
    found = {
        cell: difference(list(base[cell].values.values()), list(head[cell].values.values()))
        for cell in cells
        if cell in base and cell in head and base[cell].values and head[cell].values
    }
    in_force = margin_in_force(margin, check)
    tested = {
        cell: one
        for cell, one in found.items()
        if math.isfinite(one.error)
        and cell not in barred
        and cell not in unlike
        and min(len(side[cell].values) for side in (base, head)) >= kernels.VERDICT_PAIRS
    }
    p, narrow = (_p_values(tested, margin, bound) for bound in (in_force, margin))
    rows = []
    for cell in cells:
        sides = base.get(cell), head.get(cell)
        reason = _not_comparable(*sides, unlike.get(cell))
        forbidden = reason or _forbidden(*sides, barred.get(cell))
        asked = _decided(narrow.get(cell))
        by_margin = widened(margin, in_force, check, asked) if in_force > margin and asked else None
        call, why = forbidden or _call(*sides, p.get(cell), by_margin)
        one = found.get(cell)
        interval = one.interval if one else None
        p_regressed, p_improved, p_equivalent = p.get(cell, (None, None, None))
        row = Comparison(
            cell=cell,
            base_n=len(sides[0].values) if sides[0] else 0,
            head_n=len(sides[1].values) if sides[1] else 0,
            time_ratio=math.exp(one.mean) if one else None,
            interval=interval,
            margin=in_force,
            p_regressed=p_regressed,
            p_improved=p_improved,
            p_equivalent=p_equivalent,
            call=call,
            reason=why,
            blocks=call == "inconclusive"
            and (cell in barred or interval is None or interval.high > 1 + margin),
        )
        rows.append(row)
    return tuple(rows)


def _p_values(
    tested: Mapping[Cell, Difference], margin: float, in_force: float
) -> dict[Cell, tuple[float, float, float]]:
    """Cell -> p of regressed and improved (Holm over these cells), and of equivalent (not adjusted)."""
    bound, within = math.log1p(in_force), math.log1p(margin)
    regressed = kernels.holm(np.array([one.p_above(bound) for one in tested.values()]))
    improved = kernels.holm(np.array([one.p_below(-bound) for one in tested.values()]))
    return {
        cell: (float(up), float(down), max(one.p_above(-within), one.p_below(within)))
        for (cell, one), up, down in zip(tested.items(), regressed, improved, strict=True)
    }


def _not_comparable(base: Sample | None, head: Sample | None, unlike: str | None) -> tuple[Call, str] | None:
    if unlike is None:
        return None
    sides = (("base", base), ("head", head))
    failures = [f"{name} failed: {one.reason}" for name, one in sides if one and one.reason]
    return "not comparable", "; ".join([*failures, unlike])


def _forbidden(base: Sample | None, head: Sample | None, objection: str | None) -> tuple[Call, str] | None:
    """What forbids a verdict on this cell; None if nothing does."""
    if head is None:
        return "only in base", "the head run has no trial of it"
    if base is None:
        return "only in head", "the base run has no trial of it"
    for name, one in (("head", head), ("base", base)):
        if one.reason is not None:
            return "failed", f"{name}: {one.reason}"
    return None if objection is None else ("inconclusive", objection)


def _call(
    base: Sample | None,
    head: Sample | None,
    p: tuple[float, float, float] | None,
    by_margin: str | None,
) -> tuple[Call, str | None]:
    """The call and, if it is none, why."""
    if p is None:
        few = min(len(one.values) for one in (base, head) if one)
        need = f"a verdict needs {kernels.VERDICT_PAIRS} in each, not all equal"
        return "inconclusive", f"{few} trials in the run that has fewer; {need}"
    if call := _decided(p):
        return call, None
    return "inconclusive", by_margin or "too few rounds, or near the margin"


def _decided(p: tuple[float, float, float] | None) -> Call | None:
    calls: tuple[Call, ...] = ("regressed", "improved", "equivalent")
    return next((call for call, one in zip(calls, p or (), strict=False) if one <= ALPHA), None)
