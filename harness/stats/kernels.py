"""The arithmetic of judging: arrays in, arrays out, rounds along the last axis.

Every figure that the project judges by is computed here, for one series or for thousands at once, so that the
simulations in ``tests/stats`` test the code that ships. It knows no records and decides nothing: what cannot
be tested (fewer than three pairs, no spread, a value that is not finite) is NaN, and NaN is never
significant.

All tests are Student's t, on the log-ratios of one series or (Welch) on the difference of two. The values are taken in
the order of their size, so that neither the order of the rounds nor the direction of the ratio moves a bit of a result.

The distributions come from ``scipy.special``. ``scipy.stats`` asks the same functions, as the tests show, but
takes two seconds to load, and every report would wait for it.
"""

from functools import lru_cache
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
from scipy import special

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

# With two, the t interval is 12.7 standard errors wide to each side: a number, but no information.
MIN_PAIRS = 3
# For a verdict. Where nothing is known of the shape of the noise, the signs of n log-ratios prove a difference at 2 / 2**n
# at best: of five pairs that is 6 %, so that no verdict of them could be upheld at 5 % without believing in the shape.
VERDICT_PAIRS = 6
# Log-ratios that agree to a billionth come from no clock; a t-test would divide by rounding errors.
NO_SPREAD = 1e-9
EXACT_PAIRS = 16  # 32,768 sign patterns; beyond it the pattern is drawn
DRAWS = 2**14  # drawn sign patterns: a p of 0.05 is then known to 0.0017 (one standard error)


class Student(Protocol):
    """What a t-test needs.

    Attributes:
        mean: the estimate.
        error: its standard error; NaN where nothing may be concluded.
        freedom: degrees of freedom.
    """

    @property
    def mean(self) -> Floats: ...  # noqa: D102 - said above

    @property
    def error(self) -> Floats: ...  # noqa: D102 - the same

    @property
    def freedom(self) -> Floats: ...  # noqa: D102 - the same


class Estimate(NamedTuple):
    """A ``Student`` of known figures."""

    mean: Floats
    error: Floats
    freedom: Floats


class Moments(NamedTuple):
    """A ``Student`` of each series; the shape is that of the series without the last axis.

    Attributes:
        n: values that are not NaN.
        mean: of those values.
        sd: their sample standard deviation (n - 1).
    """

    n: Floats
    mean: Floats
    sd: Floats

    @property
    def error(self) -> Floats:
        """Standard error of the mean; NaN where nothing may be concluded from the series."""
        usable = (self.n >= MIN_PAIRS) & (self.sd > NO_SPREAD) & np.isfinite(self.mean)
        return np.where(usable, self.sd, np.nan) / np.sqrt(np.maximum(self.n, 1))

    @property
    def freedom(self) -> Floats:
        """Degrees of freedom."""
        return self.n - 1


def exact(estimate: Moments) -> Moments:
    """The same of what is counted and not timed: values that agree in all rounds are known, and not suspect."""
    return estimate._replace(sd=np.maximum(estimate.sd, 2 * NO_SPREAD))


def moments(series: Floats) -> Moments:
    """Count, mean and standard deviation along the last axis; NaN marks a pair that is missing."""
    present = ~np.isnan(series)
    n = present.sum(axis=-1).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = (_total(np.maximum(series, 0), present) - _total(np.maximum(-series, 0), present)) / n
        sd = np.sqrt(_total((series - mean[..., None]) ** 2, present) / (n - 1))
    return Moments(n, mean, sd)


def _total(values: Floats, present: Flags) -> Floats:
    """Sum of those that are present, in the order of their size, so that no other order moves a bit of it."""
    total: Floats = np.sort(np.where(present, values, 0.0), axis=-1).sum(axis=-1)
    return total


def welch(base: Moments, head: Moments) -> Estimate:
    """Difference of two means, head less base, of unlike spreads (Welch 1947; freedom of Satterthwaite 1946)."""
    of_base, of_head = base.error**2, head.error**2
    whole = of_base + of_head
    with np.errstate(invalid="ignore"):
        freedom = whole**2 / (of_base**2 / base.freedom + of_head**2 / head.freedom)
    return Estimate(head.mean - base.mean, np.sqrt(whole), freedom)


def interval(estimate: Student, confidence: float) -> tuple[Floats, Floats]:
    """Two-sided t interval of the mean: mean -/+ t(1 - (1 - confidence)/2, freedom) * error."""
    reach = -special.stdtrit(estimate.freedom, (1 - confidence) / 2) * estimate.error
    return estimate.mean - reach, estimate.mean + reach


def p_above(estimate: Student, bound: float | Floats) -> Floats:
    """One-sided t-test; null: the true mean is at most ``bound``."""
    p: Floats = special.stdtr(estimate.freedom, (bound - estimate.mean) / estimate.error)
    return p


def p_below(estimate: Student, bound: float | Floats) -> Floats:
    """One-sided t-test; null: the true mean is at least ``bound``."""
    p: Floats = special.stdtr(estimate.freedom, (estimate.mean - bound) / estimate.error)
    return p


def p_differs(estimate: Student) -> Floats:
    """Two-sided t-test; null: the true mean is 0."""
    p: Floats = 2 * special.stdtr(estimate.freedom, -np.abs(estimate.mean) / estimate.error)
    return p


def p_within(estimate: Student, low: float | Floats, high: float | Floats) -> Floats:
    """Two one-sided tests (Schuirmann 1987); null: the true mean lies outside of ``low`` .. ``high``."""
    return np.maximum(p_above(estimate, low), p_below(estimate, high))


def holm(p: Floats) -> Floats:
    """Adjust the family of p-values along the last axis (Holm 1979); NaN stays NaN and is no member.

    statsmodels' ``multipletests`` gives the same (a test compares them), but it takes one family per call and
    collects all garbage in each: 0.1 s a family, here and in thousands of simulated ones.
    """
    order = np.argsort(p, axis=-1, kind="stable")  # NaN goes last
    members = np.sum(~np.isnan(p), axis=-1, keepdims=True)
    steps = np.take_along_axis(p, order, axis=-1) * (members - np.arange(p.shape[-1]))
    adjusted = np.empty_like(p)
    np.put_along_axis(adjusted, order, np.minimum(np.maximum.accumulate(steps, axis=-1), 1.0), axis=-1)
    return adjusted


def sign_flip_p(series: Floats) -> float:
    """Two-sided sign-flip p of one series (Fisher's randomisation test of a mean of 0).

    Under the null the labels of a pair could as well be swapped: p is the share of all patterns of signs that
    put the mean at least as far from 0. All patterns up to 16 pairs; beyond, 16,384 drawn ones with a fixed
    seed. It assumes no shape of the noise, so it checks the t-test; with n pairs it cannot fall below 2 /
    2**n.

    Returns:
        The p-value; NaN if a value is not finite or there are none.
    """
    values = np.sort(np.abs(series))
    if not len(values) or not np.isfinite(values).all():
        return np.nan
    observed = abs(float(series.sum()))
    signs = _signs(len(values))
    as_far = observed * (1 - 1e-12)  # a pattern equal but for rounding is as extreme
    extreme = np.abs(signs @ values) >= as_far
    if len(values) > EXACT_PAIRS:
        # The observed pattern is one of the drawn (Phipson & Smyth 2010): p is never 0.
        return float((extreme.sum() + 1) / (DRAWS + 1))
    return float(extreme.mean())


@lru_cache(maxsize=4)  # the effects of a run have much the same number of pairs
def _signs(n: int) -> Floats:
    """Half of all patterns (turning all signs leaves the distance from 0 alone), or drawn ones if too many."""
    if n > EXACT_PAIRS:
        return np.random.default_rng(0).choice((-1.0, 1.0), size=(DRAWS, n))
    bits = (np.arange(2 ** (n - 1))[:, None] >> np.arange(n)) & 1
    return np.where(bits, -1.0, 1.0)
