"""Bencher Metric Format: per cell its built-in measures, latency (here nanoseconds per image) and throughput (images/s)."""

from harness.exports.sample import Exported, exported
from harness.ledger import Ledger
from harness.report.csvs import to_json

NANO = 1e9


def export(ledger: Ledger) -> dict[str, bytes]:
    """One benchmark per cell."""
    data = {summary.cell.id: _measures(summary) for summary in exported(ledger)}
    return {"bencher.json": to_json(data)}


def _measures(summary: Exported) -> dict[str, dict[str, float]]:
    latency, throughput = {"value": summary.mean * NANO}, {"value": 1 / summary.mean}
    if summary.interval:
        latency |= {"lower_value": summary.interval.low * NANO, "upper_value": summary.interval.high * NANO}
        throughput |= {"lower_value": 1 / summary.interval.high, "upper_value": 1 / summary.interval.low}
    return {"latency": latency, "throughput": throughput}
