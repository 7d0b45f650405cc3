"""One trial as the harness conducts it: warm-up, timed passes, and the server's witness after each.

The worker decides nothing; here is decided when a pass is wrong and when a trial is long enough.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from time import time
from typing import Any

from harness.measure.launch import Worker, WorkerDied
from harness.measure.server import Server
from harness.model import TELLING_LATENCY_S, Cell, Pass, Trial, TrialRules, Workload

# What is known of a worker that never came to its end.
UNKNOWN: Mapping[str, Any] = {
    "launch_cpu_s": 0.0,
    "peak_rss_bytes": 0,
    "threads": 0,
    "executor_size": 0,
    "cpus": (),
    "parity": {},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A cell with its place in the plan and all that a worker needs to run it.

    Attributes:
        in_flight: the concurrency model's own ceiling, None if it follows the asked one.
        load: arguments of the worker's "load".
    """

    cell: Cell
    round: int
    position: int
    workload: Workload
    in_flight: int | None
    python: str
    load: Mapping[str, Any]
    sink_filesystem: str | None


def launch(task: Task) -> Worker:
    """Start a worker and have it import the contenders, without waiting for it."""
    worker = Worker(task.python)
    worker.say("load", **task.load)
    return worker


def loaded(worker: Worker, rules: TrialRules) -> Mapping[str, Any]:
    """Wait until a launched worker has imported its contenders; return its answer, a ``reason`` if it could not."""
    try:
        return worker.answer(rules.timeout_s)
    except WorkerDied as death:
        return {"reason": str(death)}


def run_trial(
    task: Task, worker: Worker, load: Mapping[str, Any], server: Server, rules: TrialRules
) -> Trial:
    """Conduct one trial in the worker that was launched for it; whatever goes wrong in it is the trial's reason.

    Args:
        load: the answer of ``loaded``.
    """
    began = time()
    passes: list[Pass] = []
    known = dict(UNKNOWN)
    reason = _take(known, load)
    try:
        while not reason and _wants_more(passes, rules):
            reason = _run_pass(task, worker, server, rules, passes)
        if not reason:
            reason = _take(known, worker.ask("end", timeout_s=rules.timeout_s))
    except WorkerDied as death:
        reason = str(death)
    return Trial(
        cell=task.cell,
        round=task.round,
        position=task.position,
        started_at=began,
        reason=reason,
        passes=tuple(passes),
        sink_filesystem=task.sink_filesystem,
        **known,
    )


def _take(known: dict[str, Any], answer: Mapping[str, Any]) -> str | None:
    """Keep the facts of an answer, or return the reason it carries instead."""
    reason: str | None = answer.get("reason") or answer.get("invalid")
    if not reason:
        known.update(answer)
        known["cpus"] = tuple(known["cpus"])
    return reason


def _run_pass(
    task: Task, worker: Worker, server: Server, rules: TrialRules, passes: list[Pass]
) -> str | None:
    """Run one more pass and keep it, or return what was wrong with it."""
    server.window(task.workload.name)
    answer = worker.ask("pass", warmup=len(passes) < rules.warmups, timeout_s=rules.timeout_s)
    witness = server.window(task.workload.name)
    if "reason" in answer:
        return str(answer["reason"])
    one = Pass(
        **answer | {"start_s": tuple(answer["start_s"]), "latency_s": tuple(answer["latency_s"])},
        witness=witness,
    )
    complaint = complaint_about(one, task.workload, task.in_flight)
    if complaint is None:
        passes.append(one)
    return complaint


def _wants_more(passes: list[Pass], rules: TrialRules) -> bool:
    timed = len(passes) - rules.warmups
    return timed < 1 or (timed < rules.max_passes and sum(one.wall_s for one in passes) < rules.trial_s)


def complaint_about(one: Pass, workload: Workload, in_flight: int | None) -> str | None:
    """Compare what the worker says with what the server saw; return one line, or None if both agree. Pure.

    The bodies themselves were compared with the manifest by the worker.
    """
    seen, asked = one.witness, workload.concurrency
    if seen.requests != workload.images:
        return f"the server saw {seen.requests} requests for {workload.images} images"
    if set(seen.statuses) != {"200"}:
        return f"the server answered with the statuses {', '.join(sorted(seen.statuses))}"
    if seen.peak_in_flight > asked:
        return f"{seen.peak_in_flight} requests were in flight where {asked} were allowed"
    alone = one.peak_in_flight == 1 or (seen.peak_in_flight == 1 and workload.latency_s >= TELLING_LATENCY_S)
    if alone and in_flight != 1 and min(asked, workload.images) > 1:
        return f"ran one image at a time where {asked} were asked, and does not say so with IN_FLIGHT = 1"
    return None
