"""pyperf's JSON, made through its API: one benchmark per cell, one pyperf run (a process) per trial."""

import io
from datetime import datetime

import pyperf

from harness.exports.sample import began, exported, revision
from harness.ledger import Ledger


def export(ledger: Ledger) -> dict[str, bytes]:
    """A suite of all cells with values; nothing is collected of the machine that exports."""
    facts = ledger.run.fingerprint
    shared = {
        "unit": "second",
        "cpu_model_name": str(facts.get("cpu", "unknown")),
        "cpu_count": int(facts.get("cpus", 1)) or 1,
        "platform": f"{facts.get('kernel', 'unknown')} {facts.get('architecture', '')}".strip(),
        "revision": revision(ledger),
    }
    started = {(trial.cell, trial.round): trial.started_at for trial in ledger.trials}
    rounds = sorted({trial.round for trial in ledger.trials})
    benchmarks = []
    for summary in exported(ledger):
        times = [started[summary.cell, number] for number in rounds if (summary.cell, number) in started]
        runs = [
            pyperf.Run(
                [value],
                metadata={
                    **shared,
                    "name": summary.cell.id,
                    "python_version": str(ledger.run.on(summary.cell.side).get("python", "unknown")),
                    "date": str(datetime.fromtimestamp(time, began(ledger).tzinfo)),
                },
                collect_metadata=False,
            )
            for value, time in zip(summary.values, times, strict=True)
        ]
        benchmarks.append(pyperf.Benchmark(runs))
    text = io.StringIO()
    pyperf.BenchmarkSuite(benchmarks).dump(text, compact=False)
    return {"pyperf.json": text.getvalue().encode() + b"\n"}
