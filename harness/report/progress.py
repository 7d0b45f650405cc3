"""Live progress of a run. It redraws only when told, between trials, so that it is no load of its own."""

import math
import statistics
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from harness.metrics import RATE
from harness.model import Cell, Plan, Trial
from harness.report.units import number, plain, seconds

STANDINGS = 5


class Lines:
    """A plain line per trial, for logs and pipes."""

    def __init__(self, console: Console, plan: Plan, before: int, clock: Callable[[], float]) -> None:
        self._console = console
        self._pace = Pace(plan, before, clock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def next(self, cells: Sequence[Cell]) -> None:
        """Nothing to say before there is a result."""

    def done(self, trial: Trial) -> None:
        """Print count, cell and result."""
        self._pace.count()
        self._console.print(
            f"[{self._pace.done}/{self._pace.total}] round {trial.round + 1} {trial.cell.id}: "
            f"{plain(outcome(trial))}; {self._pace.left()} left",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )


class Screen:
    """A bar, the current cell and the standings, redrawn in place; used as a context manager."""

    def __init__(self, console: Console, plan: Plan, before: int, clock: Callable[[], float]) -> None:
        self._pace = Pace(plan, before, clock)
        self._bar = Progress(
            TextColumn("round {task.fields[round]} of {task.fields[rounds]}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("{task.fields[left]} left"),
            auto_refresh=False,
            expand=True,
        )
        self._task = self._bar.add_task(
            "", total=self._pace.total, round=1, rounds=len(plan.rounds), left="?"
        )
        self._now = ""
        self._rates: dict[Cell, list[float]] = defaultdict(list)
        self._failed: dict[Cell, str] = {}
        self._live = Live(console=console, auto_refresh=False, transient=True)

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._live.__exit__(None, None, None)

    def next(self, cells: Sequence[Cell]) -> None:
        """Show what is measured now, pass by pass in turn."""
        sides = len({cell.side for cell in cells})
        self._now = f"{cells[0].workload}: {len(cells) // sides} variants, a pass of each in turn"
        self._draw()

    def done(self, trial: Trial) -> None:
        """Count the trial."""
        self._pace.count()
        if trial.reason is None:
            self._rates[trial.cell].append(RATE.of_trial(trial))
        else:
            self._failed[trial.cell] = trial.reason
        self._bar.update(self._task, completed=self._pace.done, round=trial.round + 1, left=self._pace.left())

    def _draw(self) -> None:
        standings = Table(box=None, header_style="bold", expand=True)
        standings.add_column("standings so far", overflow="ellipsis", no_wrap=True)
        standings.add_column("images/s", justify="right")
        for workload in sorted({cell.workload for cell in self._rates}):
            standings.add_row(f"[bold]{workload}[/]", "")
            for rate, variant in self._best(workload):
                standings.add_row(f"  {variant}", number(rate))
        failed = [
            Text(plain(f"failed {cell.id}: {reason}"), style="red")
            for cell, reason in sorted(self._failed.items())
        ]
        self._live.update(Group(self._bar, f"measuring {self._now}", standings, *failed), refresh=True)

    def _best(self, workload: str) -> list[tuple[float, str]]:
        means = (
            (statistics.geometric_mean(rates), cell.variant)
            for cell, rates in self._rates.items()
            if cell.workload == workload and cell not in self._failed
        )
        return sorted(means, reverse=True)[:STANDINGS]


class Pace:
    """How far a run is, and how long the rest will take at the pace so far."""

    def __init__(self, plan: Plan, before: int, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._began = clock()
        self.total = sum(map(len, plan.rounds))
        self._before = before  # measured in an earlier attempt, at a pace that is not known
        self.done = before

    def count(self) -> None:
        """Count one trial."""
        self.done += 1

    def left(self) -> str:
        """Time left, as text."""
        per_trial = (self._clock() - self._began) / max(1, self.done - self._before)
        rest = per_trial * (self.total - self.done)
        return f"{math.ceil(rest)} s" if rest < 90 else f"{math.ceil(rest / 60)} min"  # noqa: PLR2004 - reads well


def outcome(trial: Trial) -> str:
    """One phrase on how a trial went."""
    if trial.reason is not None:
        return f"FAILED: {trial.reason}"
    return (
        f"{number(RATE.of_trial(trial))} images/s in {len(trial.timed)} × {seconds(trial.timed[0].wall_s, 2)}"
    )
