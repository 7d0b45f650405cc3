"""Two of a kind, side by side: passes in turn, and a ratio that is paired by round."""

import argparse
import random
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple

import numpy as np

from harness.stats import kernels

Pass = Callable[[], float]


class Ratio(NamedTuple):
    """Geometric mean of one ratio per round, its 95 % t interval, and the standard deviation of the logs."""

    ratio: float
    low: float
    high: float
    spread: float

    def __str__(self) -> str:
        return f"{self.ratio:.4f} [{self.low:.4f}, {self.high:.4f}]"


def ratio_of(logs: Sequence[float]) -> Ratio:
    """What these logs of ratios, one per round, say."""
    moments = kernels.moments(np.array(logs))
    low, high = np.exp(kernels.interval(moments, 0.95))
    return Ratio(float(np.exp(moments.mean)), float(low), float(high), float(moments.sd))


def paired(
    opened: Callable[[], AbstractContextManager[tuple[Pass, Pass]]],
    *,
    rounds: int,
    passes: int,
    draw: random.Random,
) -> Ratio:
    """Seconds of the first over those of the second; both are opened anew in each round, and warmed up.

    Args:
        passes: of each in a round; the mean of their logs is its value, as of a trial.
    """
    logs = []
    for _ in range(rounds):
        with opened() as (first, second):
            first()
            second()
            pairs = [_in_turn(first, second, is_swapped=draw.random() < 1 / 2) for _ in range(passes)]
        logs.append(float(np.mean([np.log(ours / theirs) for ours, theirs in pairs])))
    return ratio_of(logs)


def _in_turn(first: Pass, second: Pass, *, is_swapped: bool) -> tuple[float, float]:
    """Seconds of a pass of each, in this or the other order."""
    if is_swapped:
        seconds = second()
        return first(), seconds
    return first(), second()


def add_options(parser: argparse.ArgumentParser, *, rounds: int, passes: int) -> None:
    """Add what such a comparison can be told."""
    parser.add_argument("--rounds", type=int, default=rounds, help=f"default: {rounds}")
    parser.add_argument("--passes", type=int, default=passes, help=f"of each in a round (default: {passes})")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
