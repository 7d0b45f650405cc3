"""The trend of one cell by one metric over many runs: what changed between them, and where its level moved for good.

Change points are found by ``ruptures`` (PELT of Killick et al. 2012, exact, on the log values, cost of a shift in the
mean), with a penalty of ``PENALTY`` * log(n) times the variance of the noise; then a rule of our own says which count:
the medians of both sides must differ by the margin, and each side must have ``LEAST`` runs. apache-otava would do as
well, but its pins of numpy and scipy want an environment of its own; ``export --format otava`` writes what it reads.

This module reads no files and draws nothing. It explains nothing either: a mark says that something changed in the
same run, not that it is the cause.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated

import numpy as np
import ruptures
from annotated_types import Gt, Lt

from harness.metrics import TIME_PER_IMAGE, Metric
from harness.model import Cell
from harness.quantities import Count, Reason, UnixTime
from harness.stats.kernels import NO_SPREAD
from harness.stats.verdict import MARGIN

LEAST = 5  # runs on each side of a change: fewer are as well a bad week of the host
# Per log(n) and unit of noise variance. Simulated on 60 quiet series of 3 years each, 3 % spikes: 0 false changes at a
# noise of 2, 5 or 8 % from run to run, 6 where half of each day's noise stays for the next. At 3 those are 0 and 23.
PENALTY = 4.0
# A run farther from its neighbours than this many deviations is drawn, but pulls no mean: a spike is no level.
SPIKE = 2.0
NORMAL = 1.4826  # median absolute deviation to standard deviation of a normal distribution
Value = Annotated[float, Gt(0), Lt(1e15)]  # in the unit of the metric


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One cell of one run, as the history keeps it.

    Attributes:
        run: its id.
        value: geometric mean over trials, in the unit of the metric; None if the cell failed.
        low: of the 95 % interval; None without one. ``high`` likewise.
        rounds: trials behind the value.
        reason: why there is no value, or why it does not count (unfit host, invalid cell); None if it counts.
        versions: what may explain a change: interpreter, kernel, packages, the variant's source, the workload.
        commit: of the libraries that the run's side names, else the revision of the project.
        metric: key of what the value is of.
    """

    run: str
    created_at: UnixTime
    cell: Cell
    value: Value | None
    low: Value | None
    high: Value | None
    rounds: Count
    reason: Reason | None
    versions: Mapping[str, str]
    commit: str
    metric: str = TIME_PER_IMAGE.key  # lines older than this field are of nothing else

    @property
    def counts(self) -> bool:
        """Whether it is evidence of a level."""
        return self.value is not None and self.reason is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Something that was another in this run than in the one before.

    Attributes:
        at: place in the series.
        texts: one per version that changed, e.g. "aiohttp 3.9.5 → 3.14.0".
        commit: the new revision; None if it is the same.
    """

    at: int
    texts: tuple[str, ...]
    commit: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The level moved for good.

    Attributes:
        at: place in the series of the first run of the new level.
        before: median of the runs since the last change, in the unit of the metric; ``after`` that of the new level.
        suspects: versions and commits that changed within ``least`` runs of it.
    """

    at: int
    before: float
    after: float
    suspects: tuple[str, ...]

    @property
    def ratio(self) -> float:
        """New level over the old one."""
        return self.after / self.before


def series_of(points: Iterable[Point], metric: Metric) -> dict[Cell, tuple[Point, ...]]:
    """Cell -> its points by a metric in the order of time, cells sorted."""
    found: dict[Cell, list[Point]] = {}
    for point in points:
        if point.metric == metric.key:
            found.setdefault(point.cell, []).append(point)
    return {
        cell: tuple(sorted(found[cell], key=lambda point: (point.created_at, point.run)))
        for cell in sorted(found)
    }


def marks(series: Sequence[Point]) -> tuple[Mark, ...]:
    """The runs in which a version or the commit is another than in the run before."""
    found = []
    for at in range(1, len(series)):
        texts = _changed(series[at - 1], series[at])
        moved = series[at].commit != series[at - 1].commit
        if texts or moved:
            found.append(Mark(at=at, texts=texts, commit=series[at].commit if moved else None))
    return tuple(found)


def changes(series: Sequence[Point], *, margin: float = MARGIN, least: int = LEAST) -> tuple[Change, ...]:
    """Where the level moved by at least the margin and stayed for at least ``least`` runs.

    Args:
        series: in the order of time; points that do not count are passed over.
        margin: smallest move that counts, e.g. 0.05; a move down counts from 1 / (1 + margin) on.
        least: runs on each side.
    """
    places = [at for at, point in enumerate(series) if point.counts]
    logs = np.log([series[at].value or math.nan for at in places])
    if len(logs) < 2 * least:
        return ()
    edges = [0, *_level_edges(logs, least), len(logs)]
    levels = _merged(logs, edges, math.log1p(margin), least)
    return tuple(
        Change(
            at=places[edge],
            before=math.exp(float(np.median(logs[start:edge]))),
            after=math.exp(float(np.median(logs[edge:end]))),
            suspects=_suspects(series[places[edge - least]], series[places[edge + least - 1]]),
        )
        for start, edge, end in zip(levels, levels[1:], levels[2:], strict=False)
    )


def new_changes(
    series: Sequence[Point], found: Sequence[Change], *, margin: float = MARGIN, least: int = LEAST
) -> tuple[Change, ...]:
    """Those of the changes that the newest run has brought to light: without it there is none of the kind near them.

    Args:
        found: as ``changes`` gives them; one more run may move an edge by less than ``least`` runs.
    """
    before = changes(series[:-1], margin=margin, least=least)
    return tuple(
        change
        for change in found
        if not any(
            abs(change.at - known.at) < least and (change.ratio > 1) == (known.ratio > 1) for known in before
        )
    )


def noise(logs: np.ndarray, least: int) -> float:
    """Standard deviation of the noise, by the median difference of runs that are ``least`` apart, or less in a short series.

    Weather of the host that lasts some runs, which neighbours share, is in it. A shift of level lies between ``lag`` of the
    pairs, and moves no median while those are few: at most a quarter of the series, so a third of its pairs.
    """
    lag = min(least, len(logs) // 4)
    return NORMAL * float(np.median(np.abs(logs[lag:] - logs[:-lag]))) / math.sqrt(2)


def _level_edges(logs: np.ndarray, least: int) -> list[int]:
    sd = max(noise(logs, least), NO_SPREAD)
    calm = _without_spikes(logs, sd, least)
    fitted = ruptures.KernelCPD(kernel="linear", min_size=least).fit(calm)
    return [int(edge) for edge in fitted.predict(pen=PENALTY * math.log(len(logs)) * sd**2)[:-1]]


def _without_spikes(logs: np.ndarray, sd: float, least: int) -> np.ndarray:
    """The logs, those far from the median of their neighbourhood drawn in to ``SPIKE`` deviations of it."""
    around = np.pad(logs, least, mode="edge")
    middle = np.median(np.lib.stride_tricks.sliding_window_view(around, 2 * least + 1), axis=-1)
    calm: np.ndarray = np.clip(logs, middle - SPIKE * sd, middle + SPIKE * sd)
    return calm


def _merged(logs: np.ndarray, edges: list[int], size: float, least: int) -> list[int]:
    """Edges without those that are no change, the smallest move dropped first."""
    edges = list(edges)
    while len(edges) > 2:  # noqa: PLR2004 - the two ends
        sides = list(pairwise(np.split(logs, edges[1:-1])))
        moves = [_move(*halves, least) for halves in sides]
        smallest = min(range(len(moves)), key=lambda edge: moves[edge])
        if moves[smallest] >= size:
            break
        del edges[smallest + 1]
    return edges


def _move(before: np.ndarray, after: np.ndarray, least: int) -> float:
    """How far the median moves; 0 if fewer than ``least`` runs on either side are nearer to their own median."""
    old, new = float(np.median(before)), float(np.median(after))
    own = [
        int(np.sum(np.abs(side - near) < np.abs(side - far)))
        for side, near, far in ((before, old, new), (after, new, old))
    ]
    return abs(new - old) if min(own) >= least else 0.0


def _suspects(old: Point, new: Point) -> tuple[str, ...]:
    """What changed between these runs; noise may put an edge some runs off, so they are ``least`` before and after it."""
    commits = () if old.commit == new.commit else (f"commit {old.commit} → {new.commit}",)
    return (*_changed(old, new), *commits)


def _changed(old: Point, new: Point) -> tuple[str, ...]:
    names = sorted(old.versions.keys() | new.versions.keys())
    pairs = [(name, old.versions.get(name, "absent"), new.versions.get(name, "absent")) for name in names]
    return tuple(f"{name} {pair} → {other}" for name, pair, other in pairs if pair != other)
