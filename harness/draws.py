"""Draws from a seed: the same for the same seed, on every machine. Pure; standard library only."""

import random
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import TypeVar

from harness.schema import Size, Time

Item = TypeVar("Item")


def moved(items: Sequence[Item], seed: int, fixed: AbstractSet[int] = frozenset()) -> list[Item]:
    """Return the items in another order, in which none (of two or more) has the place that it had (Sattolo 1986).

    Args:
        fixed: places whose items keep them; the others are moved among themselves.
    """
    found, draw = list(items), random.Random(seed)
    free = [place for place in range(len(found)) if place not in fixed]
    for last in range(len(free) - 1, 0, -1):
        place, other = free[last], free[draw.randrange(last)]
        found[place], found[other] = found[other], found[place]
    return found


def drawn(amount: Time, count: int, seed: str) -> list[float]:
    """Return an amount for each of ``count`` images, in an order drawn from the seed.

    Of a distribution every part is taken once, at (n + 1/2) / count, with straight lines between its quantiles: so two
    draws differ in order alone, and a small one is no less true to it.
    """
    if not isinstance(amount, tuple):
        return [amount] * count
    steps = len(amount) - 1
    found = []
    for number in range(count):
        place = (number + 1 / 2) / count * steps
        low = min(int(place), steps - 1)
        found.append(amount[low] + (place - low) * (amount[low + 1] - amount[low]))
    random.Random(seed).shuffle(found)
    return found


def sizes(image_bytes: Size, images: int, seed: int) -> list[int]:
    """Bytes of each of so many images."""
    return [round(size) for size in drawn(image_bytes, images, f"{seed}:sizes")]


def part_of(share: float, images: int) -> int:
    """How many of so many images a share is."""
    return round(share * images)
