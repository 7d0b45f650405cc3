"""Years of runs, made of a seed: what is planted is known, so what is found can be counted."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter

from harness.model import Cell
from harness.stats.trend import Point

DAY = 86_400.0
BEGIN = 1_704_067_200.0  # 2024-01-01
WORKLOADS = ("thumbs-memory", "thumbs-50ms-memory", "thumbs-disk")


def cells(variants: int = 16) -> list[Cell]:
    return [
        Cell(workload=workload, variant=f"model_{number}/client/loop", side="here")
        for workload in WORKLOADS
        for number in range(variants)
    ]


def series(
    cell: Cell, seed: int, days: int, planted: Iterable[tuple[int, float]] = (), *, noise: float = 0.04
) -> list[Point]:
    """One run a day; 3 % of them spikes; each planted (day, factor) lasts, and comes with a version.

    Every month the project's commit is another; every half year a package that changes nothing.
    """
    random = np.random.default_rng(seed)
    logs = np.log(0.002) + random.normal(0, noise, days)
    logs += (random.random(days) < 0.03) * random.exponential(0.3, days)
    versions = np.zeros(days, dtype=int)
    for day, factor in planted:
        logs[day:] += np.log(factor)
        versions[day:] += 1
    half = 1.96 * noise / 8**0.5
    return [
        Point(
            run=f"run-{day:04}",
            created_at=BEGIN + day * DAY,
            cell=cell,
            value=float(np.exp(log)),
            low=float(np.exp(log - half)),
            high=float(np.exp(log + half)),
            rounds=8,
            reason=None,
            versions={
                "aiohttp": f"3.{versions[day]}.0",
                "other": f"1.{day // 180}",
                "python": "CPython 3.13.1",
            },
            commit=f"c{day // 30:05}",
        )
        for day, log in enumerate(logs)
    ]


def write_store(path: Path, points: Iterable[Point]) -> None:
    """A store's file as ``history add`` writes it."""
    adapter = TypeAdapter(Point)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(b'{"kind":"machine","cpu":"Test CPU","cpus":2,"python":"CPython 3.13"}\n')
        for point in points:
            file.write(b'{"kind":"point",' + adapter.dump_json(point)[1:] + b"\n")


def planted_years(days: int = 1_095) -> tuple[list[Point], dict[Cell, list[tuple[int, float]]]]:
    """Three years of 48 cells; every third cell has one lasting change of 8 to 25 % up or down."""
    random = np.random.default_rng(20261123)
    points, plan = [], {}
    for number, cell in enumerate(cells()):
        planted = []
        if number % 3 == 0:
            size = 1 + random.uniform(0.08, 0.25)
            planted = [(int(random.integers(60, days - 60)), size if random.random() < 0.6 else 1 / size)]
        plan[cell] = planted
        points += series(cell, number, days, planted)
    return points, plan
