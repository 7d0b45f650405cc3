"""Bencher Metric Format: per cell its built-in measures, latency (here nanoseconds per image) and throughput (images/s)."""

import json

from harness.exports.sample import Exported, exported
from harness.ledger import Ledger

NANO = 1e9


def export(book: Ledger) -> dict[str, bytes]:
    """One benchmark per cell."""
    data = {one.cell.id: _measures(one) for one in exported(book)}
    return {"bencher.json": json.dumps(data, indent=1).encode() + b"\n"}


def _measures(one: Exported) -> dict[str, dict[str, float]]:
    latency, throughput = {"value": one.mean * NANO}, {"value": 1 / one.mean}
    if one.interval:
        latency |= {"lower_value": one.interval.low * NANO, "upper_value": one.interval.high * NANO}
        throughput |= {"lower_value": 1 / one.interval.high, "upper_value": 1 / one.interval.low}
    return {"latency": latency, "throughput": throughput}
