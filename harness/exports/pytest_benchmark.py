"""pytest-benchmark's JSON, as ``pytest-benchmark compare`` reads it; the stats block is made by its own class."""

from typing import Any

from pytest_benchmark import __version__
from pytest_benchmark.stats import Stats

from harness.exports.sample import Exported, began, exported, revision
from harness.ledger import Ledger
from harness.report.csvs import to_json


def export(ledger: Ledger) -> dict[str, bytes]:
    """One benchmark per cell, grouped by workload; one round per trial."""
    moment = began(ledger).isoformat()
    facts = ledger.run.fingerprint
    found = exported(ledger)
    pythons = sorted({str(ledger.run.on(summary.cell.side).get("python", "unknown")) for summary in found})
    data = {
        "machine_info": {
            "machine": facts.get("architecture"),
            "processor": facts.get("cpu"),
            "python_version": ", ".join(pythons),
            "release": facts.get("kernel"),
            "cpu": {"brand_raw": facts.get("cpu"), "count": facts.get("cpus")},
        },
        "commit_info": {"id": revision(ledger), "time": moment, "dirty": revision(ledger).endswith("-dirty")},
        "benchmarks": [_benchmark(summary, ledger) for summary in found],
        "datetime": moment,
        "version": __version__,
    }
    return {"pytest-benchmark.json": to_json(data)}


def _benchmark(summary: Exported, ledger: Ledger) -> dict[str, Any]:
    stats = Stats()
    for value in summary.values:
        stats.update(value)
    return {
        "group": summary.cell.workload,
        "name": summary.cell.id,
        "fullname": summary.cell.id,
        "params": None,
        "param": None,
        "extra_info": {
            "run": ledger.run.id,
            "unit": "seconds per image, one value per trial",
            "python": ledger.run.on(summary.cell.side).get("python"),
            "packages": ledger.run.on(summary.cell.side).get("packages"),
        },
        "options": {},
        "stats": {**stats.as_dict(), "data": list(stats.data), "iterations": 1},
    }
