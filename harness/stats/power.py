"""What a number of rounds can see: the smallest detectable effect, the rounds needed, the rule to stop.

Powers are those of the one-sided t-test (non-central t; Cohen 1988). The rule to stop looks at the
width of intervals alone. Stopping on significance would multiply the false alarms, so nobody can ask for it.
"""

import math
from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache

from scipy import special

from harness.stats import kernels
from harness.stats.effect import Effect
from harness.stats.sample import Interval

POWER = 0.80  # the usual chance to see what is there
MOST_ROUNDS = 1000  # more would take days: "no number of rounds"
MIN_ROUNDS_TO_STOP = 8  # under it the width is itself too noisy to stop by


def detectable_shift(*, spread: float, pairs: int, alpha: float, power: float = POWER) -> float | None:
    """Smallest true shift of the mean log-ratio that the test finds with this power.

    Args:
        spread: standard deviation of the log-ratios per round, above 0.
        pairs: rounds with both trials.
        alpha: level of the one-sided test; divide by the size of the family for the first step of Holm.
        power: chance of finding it.

    Returns:
        The shift on the log scale; None where no test is possible.
    """
    if pairs < kernels.MIN_PAIRS or not kernels.NO_SPREAD < spread < math.inf:
        return None
    return _in_spreads(pairs, alpha, power) * spread


@lru_cache(maxsize=1024)  # all cells of a run ask for the same few
def _in_spreads(pairs: int, alpha: float, power: float) -> float:
    noncentrality = special.nctdtrinc(pairs - 1, 1 - power, _critical(pairs, alpha))
    return float(noncentrality) / math.sqrt(pairs)


def rounds_needed(*, spread: float, shift: float, alpha: float, power: float = POWER) -> int | None:
    """Fewest rounds in which the test finds a true shift (log scale, above 0); None if 1,000 are too few."""
    if not kernels.NO_SPREAD < spread < math.inf or not shift > 0:
        return None

    def reached(pairs: int) -> bool:
        missed = special.nctdtr(pairs - 1, shift / spread * math.sqrt(pairs), _critical(pairs, alpha))
        return not missed > 1 - power  # NaN: too far from 0 for scipy, so the power is 1 but for rounding

    rounds = range(kernels.MIN_PAIRS, MOST_ROUNDS + 1)
    place = bisect_left(rounds, True, key=reached)  # noqa: FBT003 - the first that is true; power grows with rounds
    return rounds[place] if place < len(rounds) else None


def _critical(pairs: int, alpha: float) -> float:
    """Value of t above which the one-sided test rejects."""
    return -float(special.stdtrit(pairs - 1, alpha))


def half_width(interval: Interval) -> float:
    """Relative half-width of a ratio's interval: 0.02 if it reaches up to 1.02 times the estimate."""
    return math.sqrt(interval.high / interval.low) - 1


def widest(effects: Sequence[Effect]) -> float | None:
    """The largest relative half-width among the effects that have pairs; None while one has no interval yet.

    Cells without pairs (they failed) are left out: no number of rounds would heal them.
    """
    measured = [effect.interval for effect in effects if effect.pairs]
    widths = [half_width(interval) for interval in measured if interval is not None]
    return max(widths) if widths and len(widths) == len(measured) else None


def keep_measuring(
    effects: Sequence[Effect], *, precision: float, rounds_done: int, most_rounds: int
) -> bool:
    """Whether ``--precision`` asks for another round: never under 8, never over ``most_rounds``.

    Args:
        effects: of the rounds done.
        precision: wanted relative half-width of every interval, e.g. 0.02.
        rounds_done: rounds measured so far.
        most_rounds: bound of the run.
    """
    if rounds_done >= most_rounds:
        return False
    width = widest(effects)
    return rounds_done < MIN_ROUNDS_TO_STOP or width is None or width > precision
