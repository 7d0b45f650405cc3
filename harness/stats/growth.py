"""Does what is sampled grow with the work that was done? A slope with an interval that knows neighbours are alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import special

Numbers = npt.NDArray[np.float64]

GrowthWord = Literal["grows", "flat", "undecided", "too few samples"]
BURN_IN = 0.25  # of the work: pools, caches and the allocator fill in it
BLOCKS = 6
LEAST_SAMPLES = 24  # after that
SHARE = 0.05  # of its level, that anything may grow over the work and still be flat
# And by so much: connections come and go with faults, and what is lost at every hundredth of them would be far more.
LEAST = {"rss_bytes": 2.0**20, "descriptors": 8.0, "threads": 1.0, "connections": 8.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """What one series does.

    Attributes:
        level: median after the burn-in, in the unit of the values.
        growth: from the end of the burn-in to the end, by the slope; ``low`` and ``high`` are its 95 % interval.
        tolerance: growth up to this is none.
    """

    level: float
    growth: float
    low: float
    high: float
    tolerance: float
    word: GrowthWord


def growths(done: Sequence[float], series: Mapping[str, Sequence[float]]) -> dict[str, Growth]:
    """Judge each series of a soak by what it is of, the part of its name after the first underscore.

    Args:
        done: requests that were answered until each sample.
        series: name -> values, such as "client_rss_bytes".
    """
    return {
        name: growth(done, values, share=SHARE, least=LEAST[name.partition("_")[2]])
        for name, values in series.items()
    }


def growth(done: Sequence[float], values: Sequence[float], *, share: float, least: float) -> Growth:
    """Judge one series.

    Samples of memory resemble their neighbours, and the means of BLOCKS long blocks of them hardly do: so a straight line is
    laid through those, with the usual interval (batch means: Schmeiser 1982). Seeded simulations stand in the tests: the
    interval holds the truth in 95 of 100 soaks whose noise remembers half of its last value, and in 90 if nine tenths.

    Args:
        done: work until each sample, in any unit, rising.
        values: sampled then.
        share: of the level, that growth over the work may reach and still be none.
        least: the same as an amount; the larger of both counts.
    """
    work, found = np.asarray(done, dtype=float), np.asarray(values, dtype=float)
    late = work >= BURN_IN * work[-1] if len(work) else np.array([], dtype=bool)
    work, found = work[late], found[late]
    if len(found) < LEAST_SAMPLES or work[-1] <= work[0]:
        level = float(np.median(found)) if len(found) else 0.0
        nothing = float("nan")
        return Growth(
            level=level, growth=nothing, low=nothing, high=nothing, tolerance=least, word="too few samples"
        )
    level = float(np.median(found))
    tolerance = max(share * level, least)
    part = (work - work[0]) / (work[-1] - work[0])  # so that the slope is the growth over all of it
    slope, error = slope_with_error(part, found)
    reach = float(special.stdtrit(BLOCKS - 2, 0.975)) * error
    low, high = slope - reach, slope + reach
    word: GrowthWord = "grows" if low > tolerance else "flat" if high < tolerance else "undecided"
    return Growth(level=level, growth=slope, low=low, high=high, tolerance=tolerance, word=word)


def slope_with_error(place: Numbers, values: Numbers) -> tuple[float, float]:
    """Slope of least squares through the means of blocks, and its standard error."""
    places, means = (
        np.array([block.mean() for block in np.array_split(series, BLOCKS)]) for series in (place, values)
    )
    apart = places - places.mean()
    spread = float(apart @ apart)
    slope = float(apart @ means) / spread
    left = means - means.mean() - slope * apart
    return slope, float(np.sqrt(left @ left / (BLOCKS - 2) / spread))
