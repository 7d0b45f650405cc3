"""A host that is disturbed, simulated: what it does to CPU work it does pass by pass, and waiting goes on.

An image costs CPU seconds and waits; the cells of a run take their passes in turn, in a random order in each round. Time is
a line of slots, one pass in each, and the host has a state in each slot:

* preempted: n others that never rest compete in stretches of slots; CPU work then takes 1 + n times as long;
* stolen: the hypervisor takes a share of the time, another in each slot; CPU work takes 1 / (1 - share) times as long;
* slowed: the CPU jumps between two speeds; CPU seconds grow with the time;
* drifting: the CPU gets slower all along.

On top of it lies the noise of ``simulation``: launches and passes. Times of an image are in seconds, and a true ratio is
that of the undisturbed times.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from harness.measured import Sentinel, Trial
from harness.model import Cell
from tests.builders import cell, one_pass, sentinel, trial
from tests.stats.simulation import LAUNCH_SD, VALUE_SD, Floats, Order

Weather = Literal["quiet", "preempted", "stolen", "slowed", "drifting"]

PASSES = 5
SHARE = 0.6  # of the slots that are disturbed, in stretches of some 40
STEP = 1.05  # of a drift, from each round to the next


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """What one image costs on a quiet host, in seconds."""

    cpu_s: float
    wait_s: float

    @property
    def time_s(self) -> float:
        """Both, one after the other."""
        return self.cpu_s + self.wait_s


def run(
    images: Sequence[Image],
    *,
    kind: Weather,
    size: float = 2.0,
    rounds: int = 12,
    order: Order = "interleaved",
    seed: int,
) -> tuple[list[Trial], list[Sentinel]]:
    """Trials of cells "0", "1" ..., and what the sentinel of each round saw.

    Args:
        images: of each cell.
        kind: of the disturbance.
        size: how many times as long CPU work takes while disturbed.
        rounds: trials of each cell.
        order: sequential is all passes of a cell, then those of the next.
        seed: of the generator.
    """
    rng = np.random.default_rng(seed)
    cells = len(images)
    slots = rounds * PASSES * cells
    stretch, is_counted = _host(rng, slots, kind, size, rounds)
    places = np.arange(slots).reshape(rounds, PASSES, cells)
    if order == "sequential":
        places = np.arange(slots).reshape(cells, rounds, PASSES).transpose(1, 2, 0)
    else:
        places = rng.permuted(places, axis=2)
    trials = []
    for number in range(rounds):
        for at, image in enumerate(images):
            luck = np.exp(rng.normal(0, LAUNCH_SD) + rng.normal(0, VALUE_SD, PASSES))
            here = stretch[places[number, :, at]]
            times = (image.cpu_s * here + image.wait_s) * luck
            used = image.cpu_s * (here if is_counted else 1.0) * luck
            trials.append(_trial(cell(str(at)), number, times, used))
    by_round = stretch.reshape(rounds, -1)
    return trials, [_seen(number, row, kind, size) for number, row in enumerate(by_round)]


def true_ratio(images: Sequence[Image], of: Cell) -> float:
    """Time of a cell over that of the first, on a quiet host."""
    return images[int(of.variant)].time_s / images[0].time_s


def _host(
    rng: np.random.Generator, slots: int, kind: Weather, size: float, rounds: int
) -> tuple[Floats, bool]:
    """How many times as long CPU work takes in each slot, and whether CPU seconds grow with it."""
    if kind == "quiet":
        return np.ones(slots), False
    if kind == "drifting":
        return np.asarray(STEP ** (np.arange(slots) * rounds / slots)), True
    disturbed = np.repeat(rng.random(slots // 40 + 1) < SHARE, 40)[:slots]
    if kind == "stolen":
        taken = np.clip(rng.normal(1 - 1 / size, 0.1, slots), 0, 0.9)
        return np.where(disturbed, 1 / (1 - taken), 1.0), False
    return np.where(disturbed, size, 1.0), kind == "slowed"


def _trial(of: Cell, number: int, times: Floats, used: Floats) -> Trial:
    made = trial(of, number, *times.tolist())
    passes = [one_pass(wall, cpu=cpu / wall) for wall, cpu in zip(times.tolist(), used.tolist(), strict=True)]
    object.__setattr__(made, "passes", (made.passes[0], *passes))
    return made


def _seen(number: int, stretch: Floats, kind: Weather, size: float) -> Sentinel:
    """The sentinel of a round: its own loop meets the host as it is in the round's first slot."""
    first = float(stretch[0])
    disturbed = float((stretch > 1).mean())
    if kind == "preempted":
        return sentinel(number, busy_elsewhere=disturbed * (1 - 1 / size), stretch=first, cpu_s=0.02 * first)
    if kind == "stolen":
        return sentinel(number, steal=float((1 - 1 / stretch).mean()), stretch=1.0)
    if kind in {"slowed", "drifting"}:
        return sentinel(number, cpu_s=0.02 * first, stretch=1.0)
    return sentinel(number, stretch=1.0)
