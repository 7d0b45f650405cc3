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

from harness.measured import Trial
from harness.metrics import RATE
from harness.model import Cell, Plan
from harness.report.narrow import Name, say
from harness.report.units import number, seconds

STANDINGS = 16  # lines, shared by the workloads


class Lines:
    """A plain line per trial, for logs and pipes."""

    def __init__(
        self, console: Console, plan: Plan, before: Sequence[Trial], clock: Callable[[], float]
    ) -> None:
        self._console = console
        self._pace = Pace(plan, before, clock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def next(self, number: int, cells: Sequence[Cell]) -> None:
        """Nothing to say before there is a result."""

    def done(self, trial: Trial) -> None:
        """Print count, cell and result."""
        self._pace.count(trial)
        counted = f"[{self._pace.done}/{self._pace.total}] round {trial.round + 1} {trial.cell.id}"
        say(self._console, f"{counted}: {outcome(trial)}; {self._pace.left()} left")


class Screen:
    """A bar, the current cell and the standings, redrawn in place; used as a context manager."""

    def __init__(
        self, console: Console, plan: Plan, before: Sequence[Trial], clock: Callable[[], float]
    ) -> None:
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

    def next(self, number: int, cells: Sequence[Cell]) -> None:
        """Show what is measured now, pass by pass in turn."""
        self._bar.update(self._task, round=number + 1)
        count = len(cells) // len({cell.side for cell in cells})
        variants = "1 variant" if count == 1 else f"{count} variants"
        self._now = f"{cells[0].workload}: {variants}, a pass of each in turn"
        self._draw()

    def done(self, trial: Trial) -> None:
        """Count the trial."""
        self._pace.count(trial)
        if trial.reason is None:
            self._rates[trial.cell].append(RATE.of_trial(trial))
        else:
            self._failed[trial.cell] = trial.reason
        self._bar.update(
            self._task, completed=self._pace.done, total=self._pace.total, left=self._pace.left()
        )

    def _draw(self) -> None:
        standings = Table(box=None, header_style="bold", expand=True)
        standings.add_column("standings so far")
        standings.add_column("images/s", justify="right")
        workloads = sorted({cell.workload for cell in self._rates})
        for workload in workloads:
            standings.add_row(f"[bold]{workload}[/]", "")
            for rate, name in self._standings(workload)[: max(3, STANDINGS // len(workloads))]:
                standings.add_row(Name(f"  {name}"), number(rate))
        failed = [
            Text(f"failed {cell.id}: {reason}", style="red") for cell, reason in sorted(self._failed.items())
        ]
        self._live.update(Group(self._bar, f"measuring {self._now}", standings, *failed), refresh=True)

    def _standings(self, workload: str) -> list[tuple[float, str]]:
        means = (
            (
                statistics.geometric_mean(rates),
                cell.id.partition(":")[2],
            )  # with its side, where there are several
            for cell, rates in self._rates.items()
            if cell.workload == workload and cell not in self._failed
        )
        return sorted(means, reverse=True)


class Pace:
    """How far a run is, and how long the rest will take at the pace so far.

    Args:
        before: trials of an earlier attempt, at a pace that is not known.
    """

    def __init__(self, plan: Plan, before: Sequence[Trial], clock: Callable[[], float]) -> None:
        self._clock = clock
        self._began = clock()
        self._rounds = plan.rounds
        self.total = sum(map(len, plan.rounds))
        self.done = 0
        for trial in before:
            self.count(trial)
        self._before = self.done

    def count(self, trial: Trial) -> None:
        """Count one trial; a cell that failed is not measured again, so its later trials are no part of the whole."""
        self.done += 1
        if trial.reason is not None:
            self.total -= sum(trial.cell in cells for cells in self._rounds[trial.round + 1 :])

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
