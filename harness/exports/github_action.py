"""JSON of github-action-benchmark's tool ``customSmallerIsBetter``: one entry per cell, microseconds per image."""

from harness.exports.sample import Exported, exported, revision
from harness.ledger import Ledger
from harness.report.csvs import to_json

MICRO = 1e6


def export(ledger: Ledger) -> dict[str, bytes]:
    """One entry per cell."""
    cells = ledger.run.plan.cells
    pythons = sorted({str(ledger.run.on(cell.side).get("python", "unknown")) for cell in cells})
    extra = f"run {ledger.run.id}\nrevision {revision(ledger)}\n{', '.join(pythons)}"
    data = [_entry(summary, extra) for summary in exported(ledger)]
    return {"github-action-benchmark.json": to_json(data)}


def _entry(summary: Exported, extra: str) -> dict[str, str | float]:
    entry: dict[str, str | float] = {
        "name": summary.cell.id,
        "unit": "µs/image",
        "value": summary.mean * MICRO,
    }
    if summary.interval:  # the action reads a lone number behind the sign
        entry["range"] = f"± {(summary.interval.high - summary.interval.low) / 2 * MICRO:.4g}"
    return entry | {"extra": f"{extra}\n{len(summary.values)} trials"}
