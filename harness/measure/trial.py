"""One trial as the harness conducts it: warm-up, timed passes, and the server's witness after each.

The worker decides nothing; here is decided when a pass is wrong and when a trial is long enough.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from time import time
from typing import Any

from harness.measure.launch import Worker, WorkerDied
from harness.measure.server import Server
from harness.model import TELLING_LATENCY_S, Cell, HarnessError, Pass, Trial, TrialRules
from harness.workload import Workload

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
    worker.say("load", within_s=task.load["timeout_s"], **task.load)
    return worker


def loaded(worker: Worker, rules: TrialRules) -> Mapping[str, Any]:
    """Wait until a launched worker has imported its contenders; return its answer, a ``reason`` if it could not."""
    try:
        return worker.answer(rules.timeout_s)
    except WorkerDied as death:
        return {"reason": str(death)}


class RunningTrial:
    """A trial in the worker that was launched for it; whatever goes wrong in it is the trial's reason.

    Args:
        load: the answer of ``loaded``.
    """

    def __init__(
        self, task: Task, worker: Worker, load: Mapping[str, Any], server: Server, rules: TrialRules
    ) -> None:
        self._task = task
        self._worker = worker
        self._server = server
        self._rules = rules
        self._began = time()
        self._passes: list[Pass] = []
        self._known = dict(UNKNOWN)
        self._reason = _take(self._known, load)

    def wants_more(self) -> bool:
        """Whether another pass belongs to this trial."""
        timed = len(self._passes) - self._rules.warmups
        spent = sum(one.wall_s for one in self._passes)
        return self._reason is None and (
            timed < 1 or (timed < self._rules.max_passes and spent < self._rules.trial_s)
        )

    def run_pass(self) -> None:
        """Run one more pass and keep it, or what was wrong with it.

        A window of the server is opened before, so that nothing of others is in it: neither what a failed trial left
        behind nor the server's CPU time for other workloads.
        """
        workload = self._task.workload
        warmup = len(self._passes) < self._rules.warmups
        self._server.window(workload.name)
        answer = self._ask("pass", warmup=warmup)
        witness = self._server.window(workload.name)
        if "sink_error" in answer:  # no contender's fault, and all that would follow fails in the same way
            raise HarnessError(f"cannot save images: {answer['sink_error']}; what was measured is kept")
        if self._reason is None:
            try:
                times = {name: tuple(map(float, answer[name])) for name in ("start_s", "latency_s")}
                one = Pass(**answer | times, witness=witness)
                self._reason = complaint_about(one, workload, self._task.in_flight)
            except (KeyError, TypeError, ValueError):
                self._reason = "the worker's answer cannot be read: something else wrote to its pipe"
            if self._reason is None:
                self._passes.append(one)

    def end(self) -> Trial:
        """End the worker and return the whole trial."""
        if self._reason is None:
            self._reason = _take(self._known, self._ask("end"))
        self._worker.end()
        return Trial(
            cell=self._task.cell,
            round=self._task.round,
            position=self._task.position,
            started_at=self._began,
            reason=self._reason,
            passes=tuple(self._passes),
            sink_filesystem=self._task.sink_filesystem,
            **self._known,
        )

    def _ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        try:
            answer = self._worker.ask(do, timeout_s=self._rules.timeout_s, **arguments)
        except WorkerDied as death:
            answer = {"reason": str(death)}
        self._reason = answer.get("reason")
        return answer


def _take(known: dict[str, Any], answer: Mapping[str, Any]) -> str | None:
    """Keep the facts of an answer, or return the reason it carries instead."""
    reason: str | None = answer.get("reason") or answer.get("invalid")
    if not reason:
        known.update(answer)
        known["cpus"] = tuple(known["cpus"])
    return reason


def complaint_about(one: Pass, workload: Workload, in_flight: int | None) -> str | None:
    """Compare what the worker says with what the server saw; return one line, or None if both agree. Pure.

    The bodies themselves were compared with the manifest by the worker.
    """
    return next(_complaints(one, workload, in_flight), None)


def _complaints(one: Pass, workload: Workload, in_flight: int | None) -> Iterator[str]:
    """Yield what is wrong, the plainest first."""
    seen, asked = one.witness, workload.arrival.concurrency
    if seen.requests != workload.what.images:
        yield f"the server saw {seen.requests} requests for {workload.what.images} images"
    if seen.different is not None and seen.different != workload.what.images:
        yield f"the server was asked for {seen.different} of {workload.what.images} images, for some more than once"
    if seen.arriving_s is not None and seen.arriving_s > one.wall_s:
        yield (
            f"requests arrived at the server for {seen.arriving_s:.3g} s, but the pass took {one.wall_s:.3g} s: "
            "it ended before its downloads"
        )
    if set(seen.statuses) != {"200"}:
        yield f"the server answered with the statuses {', '.join(sorted(seen.statuses))}"
    if seen.peak_in_flight > asked:
        yield f"{seen.peak_in_flight} requests were in flight where {asked} were allowed"
    peak = max(one.peak_in_flight, seen.peak_in_flight)
    if in_flight is not None and peak > in_flight:
        yield f"{peak} images were in flight, and it says IN_FLIGHT = {in_flight}"
    alone = one.peak_in_flight == 1 or (
        seen.peak_in_flight == 1 and workload.network.latency_s >= TELLING_LATENCY_S
    )
    if alone and in_flight != 1 and min(asked, workload.what.images) > 1:
        yield f"ran one image at a time where {asked} were asked, and does not say so with IN_FLIGHT = 1"
