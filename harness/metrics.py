"""The table of metrics: CSV columns, chart axes, tables and judging derive from these rows."""

import math
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from operator import add
from typing import Literal

from harness.measured import Pass, Trial, Witness
from harness.model import HarnessError

Better = Literal["higher", "lower"]
Quantity = Literal["time", "client CPU", "server CPU", "memory", "outcome", "count"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One thing that is measured of a trial.

    Attributes:
        key: CSV column and JSON key; carries its base unit as a suffix.
        label: for people, without the unit.
        short: the same where there is little room.
        unit: of the value, in base units.
        quantity: what it is of, which says what a disturbed host can do to it. An outcome is what came of the images, and
            follows from what was drawn. A count is shown and not judged; all else is positive, and judged by the logs of
            ratios.
        of_trial: the trial's one value.
        of_pass: the value of one pass; None if it belongs to the trial as a whole.
        better: which way is better.
    """

    key: str
    label: str
    short: str
    unit: str
    quantity: Quantity
    of_trial: Callable[[Trial], float]
    of_pass: Callable[[Pass], float] | None = None
    better: Better = "lower"

    @property
    def is_geometric(self) -> bool:
        """Whether a trial's value is the geometric mean over its timed passes; else it is the mean."""
        return self.quantity == "time"

    @property
    def is_judged(self) -> bool:
        """Whether cells can be compared by it."""
        return self.quantity != "count"

    @property
    def is_steady(self) -> bool:
        """Whether a disturbed host leaves it alone."""
        return self.quantity in STEADY

    @property
    def sign(self) -> int:
        """Of a change of its log that is for the worse."""
        return 1 if self.better == "lower" else -1

    @property
    def best(self) -> str:
        """What the best by it is called: "fastest", or "least" or "most" of it."""
        most = {"lower": "least", "higher": "most"}[self.better]
        return "fastest" if self.quantity == "time" else f"{most} {self.short}"

    def worsening(self, ratio: float) -> float:
        """The ratio, turned so that above 1 is worse."""
        return ratio if self.sign > 0 else 1 / ratio if ratio else math.inf


STEADY: frozenset[Quantity] = frozenset({"memory", "outcome"})
NOT_WITNESSED = "not witnessed"
"""SheetCell where a figure is missing because the server is not ours."""


def mean_over_passes(of_pass: Callable[[Pass], float]) -> Callable[[Trial], float]:
    """The trial's value is the mean over its timed passes: of what is counted or summed."""

    def of_trial(trial: Trial) -> float:
        return statistics.fmean([of_pass(pass_) for pass_ in trial.timed])

    return of_trial


def geometric_mean_over_passes(of_pass: Callable[[Pass], float]) -> Callable[[Trial], float]:
    """The trial's value is the geometric mean over its timed passes: of times and rates (why: docs/method.md).

    Images per second are so one over seconds per image, of a trial as of a pass, and one slow pass of ten weighs less.
    """

    def of_trial(trial: Trial) -> float:
        values = [of_pass(pass_) for pass_ in trial.timed]
        if not all(value > 0 for value in values):
            return statistics.fmean(values)  # no value that anything could be made of: the caller says so
        return statistics.geometric_mean(values)

    return of_trial


def _images(pass_: Pass) -> int:
    """Verified ones: whatever is "per image" is per image that was had, so that who gives up gains nothing by it."""
    return len(pass_.latency_s)


def _attempts(pass_: Pass) -> int:
    return len(pass_.attempts.error) if pass_.attempts else _images(pass_)


def _hidden_requests(pass_: Pass) -> float:
    if pass_.attempts is None:
        return 0 if pass_.witness else math.nan  # else the pass had failed
    return math.nan if pass_.attempts.hidden_requests is None else pass_.attempts.hidden_requests


def last_body_s(pass_: Pass) -> float:
    """From the start of the pass to the end of its last image."""
    last: float = max(map(add, pass_.start_s, pass_.latency_s))
    return last


def _witnessed(of_witness: Callable[[Witness], float]) -> Callable[[Pass], float]:
    """What the server saw of a pass; NaN of one that was not witnessed."""
    return lambda pass_: of_witness(pass_.witness) if pass_.witness else math.nan


def _witnessed_per_image(of_witness: Callable[[Witness], float]) -> Callable[[Pass], float]:
    """The same over the images that were had."""
    seen = _witnessed(of_witness)
    return lambda pass_: seen(pass_) / _images(pass_)


def _of_passes(
    key: str,
    label: str,
    short: str,
    unit: str,
    quantity: Quantity,
    of_pass: Callable[[Pass], float],
    better: Better = "lower",
) -> Metric:
    mean = geometric_mean_over_passes if quantity == "time" else mean_over_passes
    return Metric(
        key=key,
        label=label,
        short=short,
        unit=unit,
        better=better,
        quantity=quantity,
        of_pass=of_pass,
        of_trial=mean(of_pass),
    )


def _count(key: str, label: str, unit: str, better: Better, of_pass: Callable[[Pass], float]) -> Metric:
    return _of_passes(key, label, label, unit, "count", of_pass, better)


RATE = _of_passes(  # of verified images: what is called goodput
    "images_per_s",
    "throughput",
    "throughput",
    "images/s",
    "time",
    lambda pass_: _images(pass_) / pass_.wall_s,
    better="higher",
)
TIME_PER_IMAGE = _of_passes(
    "time_per_image_s", "time per image", "time", "s", "time", lambda pass_: pass_.wall_s / _images(pass_)
)
WALL = _of_passes("wall_s", "time for all images", "time for all", "s", "time", lambda pass_: pass_.wall_s)
LAST_GOOD = _of_passes(
    "last_good_s", "time to the last verified image", "time to last", "s", "time", last_body_s
)
SUCCESS = _of_passes(
    "success_share",
    "share of images verified",
    "success",
    "share",
    "outcome",
    lambda pass_: pass_.attempts.verified / pass_.attempts.asked if pass_.attempts else 1.0,
    better="higher",
)
REQUESTS = _of_passes(
    "requests_per_image",
    "requests per verified image",
    "requests",
    "requests",
    "outcome",
    _witnessed_per_image(lambda seen: seen.requests),
)
RECEIVED = _of_passes(
    "received_bytes_per_image",
    "bytes received per verified image",
    "bytes",
    "bytes",
    "outcome",
    _witnessed_per_image(lambda seen: seen.bytes),
)
CLIENT_CPU = _of_passes(
    "client_cpu_s_per_1000_images",
    "client CPU per 1,000 images",
    "client CPU",
    "s",
    "client CPU",
    lambda pass_: 1000 * pass_.client_cpu_s / _images(pass_),
)
SERVER_CPU = _of_passes(
    "server_cpu_s_per_1000_images",
    "server CPU per 1,000 images",
    "server CPU",
    "s",
    "server CPU",
    _witnessed_per_image(lambda seen: 1000 * seen.server_cpu_s),
)
ATTEMPTS = _count("attempts", "attempts at images", "attempts", "lower", _attempts)
HIDDEN = _count(
    "hidden_requests", "requests that the client sent by itself", "requests", "lower", _hidden_requests
)
CONNECTIONS = _count(
    "connections", "connections opened", "connections", "lower", _witnessed(lambda seen: seen.connections)
)
SERVER_IN_FLIGHT = _count(
    "server_peak_in_flight",
    "peak in flight at the server",
    "requests",
    "higher",
    _witnessed(lambda seen: seen.peak_in_flight),
)
CLIENT_IN_FLIGHT = _count(
    "client_peak_in_flight",
    "peak in flight at the client",
    "fetches",
    "higher",
    lambda pass_: pass_.peak_in_flight,
)
OPENING = _count(
    "opening_s", "from the start to the first call of fetch", "s", "lower", lambda pass_: min(pass_.start_s)
)
DOWNLOADING = _count(
    "downloading_s",
    "from the first call of fetch to the last body",
    "s",
    "lower",
    lambda pass_: last_body_s(pass_) - min(pass_.start_s),
)
CLOSING = _count(
    "closing_s",
    "from the last body to the end",
    "s",
    "lower",
    lambda pass_: pass_.wall_s - last_body_s(pass_),
)
VOLUNTARY_SWITCHES = _count(
    "voluntary_switches",
    "context switches, voluntary",
    "switches",
    "lower",
    lambda pass_: pass_.voluntary_switches,
)
INVOLUNTARY_SWITCHES = _count(
    "involuntary_switches",
    "context switches, involuntary",
    "switches",
    "lower",
    lambda pass_: pass_.involuntary_switches,
)
PEAK_RSS = Metric(
    key="peak_rss_bytes",
    label="peak memory",
    short="peak memory",
    unit="bytes",
    quantity="memory",
    of_trial=lambda trial: trial.peak_rss_bytes,
)
THREADS = Metric(
    key="threads",
    label="threads",
    short="threads",
    unit="threads",
    quantity="count",
    of_trial=lambda trial: trial.threads,
)

METRICS: tuple[Metric, ...] = (
    *(RATE, TIME_PER_IMAGE, WALL, LAST_GOOD, SUCCESS, REQUESTS, RECEIVED),
    *(CLIENT_CPU, SERVER_CPU, PEAK_RSS, THREADS),
    *(ATTEMPTS, HIDDEN, CONNECTIONS, CLIENT_IN_FLIGHT, SERVER_IN_FLIGHT),
    *(OPENING, DOWNLOADING, CLOSING, VOLUNTARY_SWITCHES, INVOLUNTARY_SWITCHES),
)
JUDGED: dict[str, Metric] = {metric.key: metric for metric in METRICS if metric.is_judged}
RESPONSES = (TIME_PER_IMAGE, CLIENT_CPU, PEAK_RSS)  # what a user pays with: what the history keeps


def judged_metric(key: str) -> Metric:
    """The metric of this key.

    Raises:
        HarnessError: exit code 2: there is none, or it is a count.
    """
    if key not in JUDGED:
        raise HarnessError(f"no metric {key!r} to judge by; there are {', '.join(JUDGED)}", exit_code=2)
    return JUDGED[key]
