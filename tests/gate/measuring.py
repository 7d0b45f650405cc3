"""A stand-in for the measuring of a gate or a matrix, which writes a ledger."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console

from harness import ledger
from harness.model import Plan, Run
from harness.session.sided import Ready
from tests import builders

Gate = Callable[..., int]


@dataclass(slots=True, kw_only=True)
class Measuring:
    """Stands in for ``measure_sides``: the second side takes ``slower`` times as long.

    Attributes:
        busy: of others, in every round.
        cpu: share of the first side's time that its CPU works; it is half of the second's.
        larger: how many times the memory of the first side the second keeps.
        broken: why every trial of a side fails; ``broken_at`` is its place.
        stops: the stage and the round of it in which somebody presses Ctrl-C.
        stages: rounds that were measured, by the name of the stage.
    """

    slower: float = 1.0
    busy: float = 0.0
    cpu: float = 0.5
    larger: float = 1.0
    broken: str | None = None
    broken_at: int = 1
    stops: tuple[str, int] | None = None
    stages: dict[str, int]

    def __call__(
        self,
        _console: Console,
        folder: Path,
        _results: Path,
        plan: Plan,
        sides: Sequence[Ready],
        *,
        is_over: Callable[[int], bool] = lambda _number: False,
        **_: object,
    ) -> None:
        run = Run(
            id=folder.name, version=ledger.VERSION, created_at=1.0, command="", plan=plan,
            contenders=tuple(contender for side in sides for contender in side.catalog.contenders),
            fingerprint={}, environment={}, selfcheck=None,
        )  # fmt: skip
        writer = ledger.create(folder, run)
        self.stages[folder.name] = 0
        for number, cells in enumerate(plan.rounds):
            if is_over(number):
                return
            if (folder.name, number) == self.stops:
                raise KeyboardInterrupt
            writer.append(builders.sentinel(number, busy_elsewhere=self.busy, stretch=2.0))
            for cell in cells:
                pace = 0.01 * (1 + (number * 7 % 5 - 2) / 1000)
                is_second = cell.side == sides[1].name
                if is_second:
                    pace *= self.slower * (1.001 if number % 2 else 0.999)
                reason = self.broken if cell.side == sides[self.broken_at].name else None
                cpu = 0.5 if is_second else self.cpu
                made = builders.trial(cell, number, pace, reason=reason, cpu=cpu)
                size = 50_000_000 * (self.larger if is_second else 1.0) + 4096 * (number * 3 % 7)
                writer.append(replace(made, peak_rss_bytes=round(size) + 4096 * (is_second and number % 2)))
            self.stages[folder.name] += 1


def verdict(results: Path) -> dict[str, Any]:
    [path] = results.glob("gates/*/verdict.json")
    found: dict[str, Any] = json.loads(path.read_text())
    return found
