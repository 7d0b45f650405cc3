"""The table of metrics: CSV columns, chart axes and verdicts all derive from these rows."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from harness.model import Pass, Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One thing that is measured of a trial.

    Attributes:
        key: CSV column and JSON key; carries its base unit as a suffix.
        label: for people, without the unit.
        unit: of the value, in base units.
        better: which way is better.
        of_pass: the value of one pass; None if it belongs to the trial as a whole.
        of_trial: the trial's one value.
        is_geometric: whether that is the geometric mean over the timed passes; else it is the mean.
    """

    key: str
    label: str
    unit: str
    better: Literal["higher", "lower"]
    of_pass: Callable[[Pass], float] | None
    of_trial: Callable[[Trial], float]
    is_geometric: bool


def mean_over_passes(of_pass: Callable[[Pass], float]) -> Callable[[Trial], float]:
    """The trial's value is the mean over its timed passes: of what is counted or summed."""

    def of_trial(trial: Trial) -> float:
        return statistics.fmean([of_pass(one) for one in trial.timed])

    return of_trial


def geometric_mean_over_passes(of_pass: Callable[[Pass], float]) -> Callable[[Trial], float]:
    """The trial's value is the geometric mean over its timed passes: of times and rates (why: docs/method.md).

    Images per second are so one over seconds per image, of a trial as of a pass, and one slow pass of ten weighs less.
    """

    def of_trial(trial: Trial) -> float:
        values = [of_pass(one) for one in trial.timed]
        if not all(one > 0 for one in values):
            return statistics.fmean(values)  # no value that anything could be made of: the caller says so
        return statistics.geometric_mean(values)

    return of_trial


def quantile(values: Sequence[float], share: float) -> float:
    """Value below which ``share`` of the values lie, linear between neighbours (Hyndman & Fan 1996, type 7)."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def _per_pass(
    key: str, label: str, unit: str, better: Literal["higher", "lower"], of_pass: Callable[[Pass], float]
) -> Metric:
    of_trial = mean_over_passes(of_pass)
    return Metric(
        key=key, label=label, unit=unit, better=better, of_pass=of_pass, of_trial=of_trial, is_geometric=False
    )


def _time(
    key: str, label: str, unit: str, better: Literal["higher", "lower"], of_pass: Callable[[Pass], float]
) -> Metric:
    of_trial = geometric_mean_over_passes(of_pass)
    return Metric(
        key=key, label=label, unit=unit, better=better, of_pass=of_pass, of_trial=of_trial, is_geometric=True
    )


def _images(one: Pass) -> int:
    return len(one.latency_s)


RATE = _time("images_per_s", "throughput", "images/s", "higher", lambda one: _images(one) / one.wall_s)
TIME_PER_IMAGE = _time(
    "time_per_image_s", "time per image", "s", "lower", lambda one: one.wall_s / _images(one)
)
WALL = _time("wall_s", "time for all images", "s", "lower", lambda one: one.wall_s)
CLIENT_CPU = _per_pass(
    "client_cpu_s_per_1000_images",
    "client CPU per 1,000 images",
    "s",
    "lower",
    lambda one: 1000 * one.client_cpu_s / _images(one),
)
SERVER_CPU = _per_pass(
    "server_cpu_s_per_1000_images",
    "server CPU per 1,000 images",
    "s",
    "lower",
    lambda one: 1000 * one.witness.server_cpu_s / _images(one),
)
CONNECTIONS = _per_pass(
    "connections", "connections opened", "connections", "lower", lambda one: one.witness.connections
)
SERVER_IN_FLIGHT = _per_pass(
    "server_peak_in_flight",
    "peak in flight at the server",
    "requests",
    "higher",
    lambda one: one.witness.peak_in_flight,
)
CLIENT_IN_FLIGHT = _per_pass(
    "client_peak_in_flight",
    "peak in flight at the client",
    "fetches",
    "higher",
    lambda one: one.peak_in_flight,
)
VOLUNTARY_SWITCHES = _per_pass(
    "voluntary_switches",
    "context switches, voluntary",
    "switches",
    "lower",
    lambda one: one.voluntary_switches,
)
INVOLUNTARY_SWITCHES = _per_pass(
    "involuntary_switches",
    "context switches, involuntary",
    "switches",
    "lower",
    lambda one: one.involuntary_switches,
)
PEAK_RSS = Metric(
    key="peak_rss_bytes",
    label="peak memory",
    unit="bytes",
    better="lower",
    of_pass=None,
    of_trial=lambda trial: trial.peak_rss_bytes,
    is_geometric=False,
)
THREADS = Metric(
    key="threads",
    label="threads",
    unit="threads",
    better="lower",
    of_pass=None,
    of_trial=lambda trial: trial.threads,
    is_geometric=False,
)

METRICS: tuple[Metric, ...] = (
    RATE,
    TIME_PER_IMAGE,
    WALL,
    CLIENT_CPU,
    SERVER_CPU,
    PEAK_RSS,
    THREADS,
    CONNECTIONS,
    CLIENT_IN_FLIGHT,
    SERVER_IN_FLIGHT,
    VOLUNTARY_SWITCHES,
    INVOLUNTARY_SWITCHES,
)
