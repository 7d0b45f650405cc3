"""What limits a cell, and how near it is to the ideal: from times, counts and CPU seconds that are recorded anyway.

The ideal is what no client can be quicker than: the round trips that it must wait for, the bytes on the line, the answers
that the server can give. What a cell uses of CPU, of its places in flight, of the line and of the server are shares from 0
to 1; the greatest is what limits it (the utilisation law; Denning & Buzen 1978). Formulas: docs/method.md.
"""

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from harness.draws import drawn
from harness.ledger import Ledger
from harness.measured import Pass, Trial, good_by_cell
from harness.metrics import last_body_s
from harness.model import NONE, Cell
from harness.stats.validity import server_limits
from harness.workload import Workload

CPU, EXECUTOR, IN_FLIGHT, NETWORK = "CPU", "default executor", "few in flight", "round trips"
LINE, SERVER = "line", "server"
LEAST = 0.5  # share from which on one of them is called the limit
MOST = 0.9  # of the asked number in flight: from there on, what was asked is what limits
COLUMNS = ("limited_by", "limit_share", "ideal_share", "queued_share")


def limits(ledger: Ledger, rows: Sequence[Mapping[Any, Any]]) -> list[dict[str, Any]]:
    """The columns ``COLUMNS`` of each measured cell of a summary, with its key; what is not known is NaN or ``NONE``.

    Args:
        rows: of the summary, with the medians of its metrics.
    """
    workloads = {workload.name: workload for workload in ledger.run.plan.workloads}
    ceilings = server_limits(ledger.trials, list(workloads.values()), ledger.ceilings)
    trials = good_by_cell(ledger.trials)
    found = []
    for row in rows:
        cell = Cell(workload=row["workload"], variant=row["variant"], side=row["side"])
        if cell not in trials:
            continue
        cores = len(trials[cell][0].cpus) if ledger.run.on(cell.side).get("free_threaded") else 1
        asked = workloads[cell.workload]
        shares = used(asked, row, line=_line_share(asked, trials[cell]), cores=max(1, cores))
        in_flight = _in_flight(asked, row)
        limit = max(shares, key=lambda name: shares[name], default=None)
        is_limit = limit is not None and shares[limit] >= LEAST
        found.append(
            {
                "workload": cell.workload,
                "variant": cell.variant,
                "side": cell.side,
                "limited_by": _named(str(limit), in_flight, asked, trials[cell][0], row)
                if is_limit
                else NONE,
                "limit_share": shares[limit] if limit is not None and is_limit else math.nan,
                "ideal_share": ideal_s(asked, ceilings.get(cell.workload)) / row["wall_s"],
                "queued_share": _queued_share(asked, trials[cell]),
            }
        )
    return found


def ideal_s(workload: Workload, ceiling: float | None) -> float:
    """Seconds that no client can download this workload in less than; NaN where nothing is known that takes time.

    So it is where images may fail: who gives up is quicker than any download.

    Args:
        ceiling: requests per second that the server can give of it; None if that is not known.
    """
    if not _is_whole(workload):
        return math.nan
    least = max(
        waiting_s(workload, _asked(workload)),
        _setup_s(workload) + _hold_s(workload) + line_s(workload),
        _requests(workload) / ceiling if ceiling else 0.0,
    )
    return least or math.nan


def waiting_s(workload: Workload, in_flight: float, connections: float = 1) -> float:
    """Seconds that so many in flight wait at least: for their connections, and for the images, wave after wave.

    Args:
        connections: that are made in all; more of them than are in flight are made one after the other.
    """
    waves = _requests(workload) / in_flight
    whole = waves if _varies(workload) else math.ceil(waves)
    return _setup_s(workload) * max(1.0, connections / in_flight) + whole * _hold_s(workload)


def line_s(workload: Workload) -> float:
    """Seconds that the bytes of the bodies take on the line; 0 without a rate. What can be compressed is left out."""
    rate = workload.link.down_bits_per_s
    return 8 * sum(workload.what.sizes) * (1 - workload.what.gzip_share) / rate if rate else 0.0


def used(workload: Workload, row: Mapping[Any, Any], *, line: float, cores: int) -> dict[str, float]:
    """Share of each thing that the cell uses, of those that are known.

    Args:
        row: of the summary.
        line: share of the line's rate; NaN if it is not known.
        cores: that the client's Python can use at one time.
    """
    shares = {
        CPU: row["client_cpu_s_per_1000_images"] / 1000 * row["images_per_s"] / cores,
        IN_FLIGHT: waiting_s(workload, _in_flight(workload, row), row["connections"]) / row["wall_s"]
        if _is_whole(workload)
        else math.nan,
        LINE: line,
        SERVER: max(_known(row["server_core_share"]), _known(row["ceiling_share"])),
    }
    return {name: float(share) for name, share in shares.items() if share and math.isfinite(share)}


def _is_whole(workload: Workload) -> bool:
    """Whether it is known what each pass waits for."""
    return not (workload.network.is_remote or workload.is_forgiving)


def _known(share: float | None) -> float:
    return share if share is not None and math.isfinite(share) else 0.0


def _asked(workload: Workload) -> int:
    return min(workload.arrival.concurrency, workload.what.images)


def _in_flight(workload: Workload, row: Mapping[Any, Any]) -> float:
    """Most that it had in flight: more calls than were asked wait inside of the client."""
    return max(1.0, min(float(row["client_peak_in_flight"]), _asked(workload)))


def _requests(workload: Workload) -> int:
    return workload.what.images + workload.what.redirects


def _varies(workload: Workload) -> bool:
    return isinstance(workload.network.latency_s, tuple)


def _hold_s(workload: Workload) -> float:
    """Seconds from a request to its answer at least, on average."""
    images = workload.what.images
    return workload.link.round_trip_s + statistics.fmean(drawn(workload.network.latency_s, images, ""))


def _setup_s(workload: Workload) -> float:
    """Seconds until a first request can leave: a round trip for TCP, one more for TLS 1.3 (RFC 8446)."""
    return workload.link.round_trip_s * (1 + workload.network.tls)


def _named(limit: str, in_flight: float, workload: Workload, trial: Trial, row: Mapping[Any, Any]) -> str:
    """Places in flight by their owner: as many as were asked are the network's, fewer the model's or the executor's."""
    if limit != IN_FLIGHT:
        return limit
    if in_flight >= MOST * _asked(workload):
        return NETWORK
    is_default = row["loop"] != NONE and round(in_flight) == trial.executor_size
    return EXECUTOR if is_default else IN_FLIGHT


def _line_share(workload: Workload, trials: Sequence[Trial]) -> float:
    """Of the line's rate from the server, median over passes."""
    rate = workload.link.down_bits_per_s
    seen = [
        8 * pass_.line.down.bytes / pass_.wall_s / rate
        for trial in trials
        for pass_ in trial.timed
        if rate and pass_.line
    ]
    return statistics.median(seen) if seen else math.nan


def _queued_share(workload: Workload, trials: Sequence[Trial]) -> float:
    """Least share of the latencies that was spent inside of the client, waiting for a place; median over passes.

    By Little's law the latencies' sum over the time of the download is the mean number of calls under way. No more
    than were asked can be on the wire, so what is above that must have waited.
    """
    asked = workload.arrival.concurrency
    seen = [
        max(0.0, 1 - asked / calls) for trial in trials for calls in map(_mean_calls, trial.timed) if calls
    ]
    return statistics.median(seen) if seen else math.nan


def _mean_calls(pass_: Pass) -> float:
    if not pass_.latency_s:
        return 0.0
    lasted = last_body_s(pass_) - min(pass_.start_s)
    return sum(pass_.latency_s) / lasted if lasted else 0.0
