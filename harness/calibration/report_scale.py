"""Measure what remaking a run's derived files costs, against its number of trials: seconds, peak memory, the ratio.

The ledgers are synthetic: made of random numbers in a temporary folder, marked as such, and deleted. None of their figures
says anything about a client. Each size is remade in a process of its own, so that its peak memory is its own.

    python -m harness.calibration report_scale [--trials 10000 100000]
"""

import argparse
import gc
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

MODELS, CLIENTS = 6, 10
WORKLOADS = ("synthetic-a-memory", "synthetic-b-memory", "synthetic-c-memory")
IMAGES, PASSES = 20, 4  # small, so that trials are what is counted


def main(arguments: Sequence[str] | None = None) -> None:
    """Remake ledgers of each size and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trials", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.child:
        remake(options.child)
        return
    print("synthetic ledgers; import is that of pandas, scipy and matplotlib, the same for all")
    print(
        "trials      ledger   import    read    judge   frames   files     all   all but import   peak memory   per trial"
    )
    first = None
    for trials in options.trials:
        with tempfile.TemporaryDirectory(prefix="fetchbench-synthetic-") as folder:
            made = write(Path(folder), trials)
            found = json.loads(
                subprocess.run(
                    [sys.executable, "-m", "harness.calibration", "report_scale", "--child", folder],
                    check=True,
                    stdout=subprocess.PIPE,
                ).stdout
            )
            ledger_mb = sum(path.stat().st_size for path in Path(folder).iterdir() if path.is_file()) / 1e6
        total = sum(
            found[step] for step in ("read", "judge", "frames", "files")
        )  # what grows with the trials
        first = first or total / made
        steps = "  ".join(f"{found[step]:6.2f}s" for step in ("import", "read", "judge", "frames", "files"))
        print(
            f"{made:>7,}  {ledger_mb:>7.0f} MB  {steps}  {total + found['import']:6.2f}s"
            f"  {total:>10.2f} s  {found['peak_mb']:>12.0f} MB"
            f"  {total / made * 1e6:>6.0f} µs ({total / made / first:.2f}×)"
        )


def remake(folder: Path) -> None:
    """Do what ``report`` does, and print how long each step took."""
    gc.disable()  # as ``report`` does
    marks = [time.perf_counter()]

    def step() -> float:
        marks.append(time.perf_counter())
        return marks[-1] - marks[-2]

    from harness import ledger
    from harness.report.derived import build
    from harness.report.frames.tables import make_tables
    from harness.stats.judge import judge_run

    found = {"import": step()}
    recorded = ledger.read(folder)
    found["read"] = step()
    judgement = judge_run(recorded)
    found["judge"] = step()
    tables = make_tables(recorded, judgement)
    found["frames"] = step()
    for name, data in build(recorded, tables).items():
        path = folder / "out" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    found["files"] = step()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps(found | {"peak_mb": peak * 1024 / 1e6}))


def write(folder: Path, trials: int) -> int:
    """Write a synthetic run of about so many trials; return how many it has."""
    draw = random.Random(trials)
    ids = [f"model_{model}/client_{client}" for model in range(MODELS) for client in range(CLIENTS)]
    cells = [{"workload": name, "variant": variant, "side": "here"} for name in WORKLOADS for variant in ids]
    rounds = max(3, round(trials / len(cells)))
    (folder / "run.json").write_text(json.dumps(run(ids, cells, rounds)))
    with (folder / "trials.jsonl").open("w") as file:
        for number in range(rounds):
            sentinel = {"kind": "sentinel", "round": number, "started_at": 1.0 + number, "steal": 0.0}
            times = {"cpu_s": [draw.gauss(0.01, 0.0002)], "echo_s": [0.008], "busy_elsewhere": 0.0}
            file.write(json.dumps(sentinel | times, separators=(",", ":")) + "\n")
            for place, cell in enumerate(draw.sample(cells, len(cells))):
                pace = 0.001 * (1 + ids.index(cell["variant"]) % 7) * draw.lognormvariate(0, 0.03)
                file.write(json.dumps(trial(cell, number, place, pace, draw), separators=(",", ":")) + "\n")
    return rounds * len(cells)


def trial(
    cell: dict[str, str], number: int, place: int, pace: float, draw: random.Random
) -> dict[str, object]:
    """A record of the ledger, of random numbers."""
    latencies = [[pace * draw.uniform(0.5, 4) for _ in range(IMAGES)] for _ in range(PASSES)]
    witness: dict[str, object] = {
        "connections": 8,
        "requests": IMAGES,
        "bytes": IMAGES * 6144,
        "peak_in_flight": 8,
    }
    witness |= {"statuses": {"200": IMAGES}, "server_cpu_s": pace, "http_version": "1.1", "headers": {}}
    passes: list[dict[str, object]] = [
        {
            "warmup": number == 0,
            "wall_s": pace * IMAGES,
            "client_cpu_s": pace * 10,
            "peak_in_flight": 8,
            "start_s": [round(pace * image, 6) for image in range(IMAGES)],
            "latency_s": [round(value, 6) for value in latencies[number]],
            "voluntary_switches": 5,
            "involuntary_switches": 0,
            "witness": witness,
        }
        for number in range(PASSES)
    ]
    facts: dict[str, object] = {"peak_rss_bytes": 40_000_000 + place, "threads": 8, "executor_size": 6}
    facts |= {"cpus": [0], "sink_filesystem": None, "parity": {}, "started_at": 1.0 + number, "reason": None}
    return {"kind": "trial", "cell": cell, "round": number, "position": place, "passes": passes} | facts


def run(ids: list[str], cells: list[dict[str, str]], rounds: int) -> dict[str, object]:
    """``run.json`` of a synthetic run."""
    common = {
        "images": IMAGES,
        "image_bytes": 6144,
        "latency_s": 0.0,
        "concurrency": 32,
        "sink": "memory",
        "seed": 1,
    }
    variants = [
        {
            "id": variant,
            "concurrency": variant.split("/")[0],
            "client": variant.split("/")[1],
            "loop": None,
            "unavailable": None,
        }
        for variant in ids
    ]
    plan = {
        "suite": "synthetic",
        "baseline": ids[0],
        "seed": 0,
        "rules": {"warmups": 1, "trial_s": 0.25, "max_passes": 40, "timeout_s": 60.0},
        "precision": None,
        "workloads": [{"name": name} | common for name in WORKLOADS],
        "variants": variants,
        "rounds": [cells] * rounds,
    }
    known = {"id": "synthetic", "version": 1, "created_at": 1.0, "command": "synthetic: nothing was measured"}
    return known | {
        "plan": plan,
        "contenders": [
            contender(axis, name)
            for axis, place in (("concurrency", 0), ("client", 1))
            for name in sorted({variant.split("/")[place] for variant in ids})
        ],
        "fingerprint": {},
        "environment": {},
        "selfcheck": None,
    }


def contender(axis: str, name: str) -> dict[str, object]:
    """A record of a file that there is not."""
    told = {"axis": axis, "name": name, "path": f"{name}.py", "label": name, "source": "", "fetch": "sync"}
    return told | {"loops": (), "in_flight": None, "unavailable": None, "modules": {}}
