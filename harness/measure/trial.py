"""One trial as the harness conducts it: warm-up, timed passes, and the server's witness after each.

The worker decides nothing; here is decided when a pass is wrong and when a trial is long enough.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from random import randrange
from time import perf_counter, time
from typing import Any

from harness import checks
from harness.measure.ends import End
from harness.measure.expectation import (
    Bodies,
    Expectation,
    Span,
    check,
    check_bodies,
    expectation,
    wrong_bodies,
)
from harness.measure.forgiven import NothingVerifiedError, sorted_out
from harness.measure.job import Entry, RoundJob
from harness.measure.machine import filesystem
from harness.measure.phases import phases
from harness.measure.processes.guard import Wait, haste, overreach
from harness.measure.processes.launch import Worker, WorkerDied
from harness.measure.processes.usage import Family, priority
from harness.measure.processes.usage import end as end_process
from harness.measure.server import Server
from harness.measure.worker.spec import Downloads
from harness.measured import NOTHING_KNOWN, LineWitness, Pass, Phases, Trial, Witness
from harness.model import HarnessError

TOLD = ("peak_rss_bytes", "threads", "executor_size", "parity")  # what a worker is asked at its end


class RunningTrial:
    """A trial in the worker that was launched for it; whatever goes wrong in it is the trial's reason.

    Args:
        job: the round that it belongs to.
        worker: that imports the contenders.
        cpus: that the worker may use; () for any.

    Attributes:
        family: the worker and all that descends from it.
        was_hit: whether a signal ended the worker, somebody meddled with it while it waited, or the server saw of its pass
            what should not be: it may not be its own fault.
    """

    def __init__(self, entry: Entry, job: RoundJob, worker: Worker, cpus: Sequence[int]) -> None:
        self._entry = entry
        self._round = job.number
        self._rules = job.rules
        self._workload = job.workload(entry.cell.workload)
        self._worker = worker
        self._cpus = cpus
        self._began = time()
        self._passes: list[Pass] = []
        self._known = dict(NOTHING_KNOWN)
        self._has_rehearsed = False
        self._blocks: str | None = None
        self._suspect = 0  # place of the image with which a pass went wrong, as far as is known
        self._reason: str | None = None
        self.family = worker.family
        self.was_hit = False

    def start(self, end: End, downloads: Downloads) -> None:
        """Wait until the worker has imported its contenders, and tell it what to download, and of whom."""
        self._server, self._line = end.server, end.line
        self._urls = downloads.urls
        self._sink_filesystem = filesystem(Path(downloads.folder)) if downloads.folder else None
        self._answer()
        self._ask("assign", **asdict(downloads))
        self._wait = Wait(self.family)

    def is_hit(self) -> bool:
        """Whether a signal has ended the worker."""
        return self.was_hit or (self._worker.status() or 0) < 0

    def wants_more(self) -> bool:
        """Whether another pass belongs to this trial."""
        timed = len(self._passes) - self._rules.warmups
        spent = sum(pass_.wall_s for pass_ in self._passes)
        return self._reason is None and (
            timed < 1 or (timed < self._rules.max_passes and spent < self._rules.trial_s)
        )

    def take_turn(self) -> None:
        """Run one more pass and keep it, or what was wrong with it; before the first, rehearse.

        A window of the server is opened before, so that nothing of others is in it: neither what a failed trial left
        behind nor the server's CPU time for other workloads. In it the images have changed places, and no worker ever learns
        which is where: a body that was kept from an earlier pass is the wrong one. What the pass used is read from outside,
        before and after. At a remote server nothing is opened, witnessed or rehearsed.
        """
        name = self._workload.name
        server = Wait(Family(self._server.pid)) if self._server.pid is not None else None
        if server and not self._has_rehearsed:
            self._has_rehearsed = True
            answer = self._ask("rehearse", certificates=self._round == 0)
            self._blocks, self._known["advice"] = answer.get("blocks"), answer.get("advice")
        self._ask("prepare", warmup=len(self._passes) < self._rules.warmups)
        if self._has_hit(server):
            return
        self._server.window(name, seed=randrange(10**6))
        expected = expectation(
            self._workload, self._entry.in_flight, self._server.digests(name), self._server.meets(name)
        )
        self._carried()
        cpu_s, began = self.family.cpu_s(), perf_counter()
        answer = self._ask("pass")
        cpu_s, elapsed_s = self.family.cpu_s() - cpu_s, perf_counter() - began
        if self._has_hit(server):
            return
        line, witness = self._carried(), self._server.window(name)
        self._keep(expected, self._ask("tell"), line, witness, cpu_s, (began, began + elapsed_s))
        if self._is_excused(answer):
            self._reason = None
        self._wait = Wait(self.family)

    def _is_excused(self, answer: Mapping[str, Any]) -> bool:
        """Whether the pass has failed by the server's doing, and can be run again."""
        if self._reason is None or not self._server.excuses(self._reason, answer, self._suspect):
            return False
        return self._worker.status() is None

    def _carried(self) -> LineWitness | None:
        """What the line carried since this was last asked."""
        return self._line.seen() if self._line else None

    def _has_hit(self, server: Wait | None) -> bool:
        """Whether the server was harmed; then it is ended, as all that it serves from now on would be worth nothing."""
        harm = server.harm() if server else None
        if harm and self._server.pid is not None:
            self._reason = f"while it ran, the image server {harm}"
            end_process(self._server.pid)
        return harm is not None

    def _keep(
        self,
        expected: Expectation,
        answer: Mapping[str, Any],
        line: LineWitness | None,
        witness: Witness | None,
        cpu_s: float,
        span: Span,
    ) -> None:
        if self._reason is not None:
            return
        cpus = self.family.cpus()
        told = {**answer, "client_cpu_s": cpu_s, "witness": witness, "line": line}
        try:
            if expected.meets is not None:
                told |= sorted_out(expected.bodies, expected.meets, answer, witness)
            passed = checks.made(Pass, told)
            wrong = check(expected, passed, span, self._blocks)
            # Others know the paths too: what the server saw may be their doing.
            self.was_hit = wrong is not None
            self._reason = self._wrong_body(expected, answer) or wrong
        except NothingVerifiedError as error:
            self._reason = str(error)
        except ValueError as error:
            self._reason = f"the worker's answer cannot be read: {error}"
        self._reason = (
            self._reason
            or overreach(cpu_s, span[1] - span[0], cpus, self._cpus)
            or haste(self.family.priority(), priority(os.getpid()))
        )
        if self._reason is None:
            self._passes.append(passed)
            self._known["cpus"] = tuple(sorted(cpus))

    def _wrong_body(self, expected: Expectation, answer: Mapping[str, Any]) -> str | None:
        """What is wrong with a body, where none may be."""
        if expected.meets is not None:
            return None
        bodies = checks.made(Bodies, answer)
        self._suspect = next(iter(wrong_bodies(expected, bodies)), 0)
        return check_bodies(expected, bodies, self._urls)

    def look(self, running: "RunningTrial") -> None:
        """See what this waiting worker did, and what was done to it, while the other trial had the word."""
        if not self.wants_more():
            return
        status = self._worker.status()
        if status is not None and status >= 0:
            self.fail(str(self._worker.epitaph()))
        elif harm := self._wait.harm():
            self.was_hit = True
            self.fail(f"it {harm} while it waited")
            running.fail(f"while it ran, a waiting worker {harm}")
        elif unrest := self._wait.unrest():
            self.fail(unrest)
            running.drop_pass()

    def fail(self, reason: str) -> None:
        """End the worker at once; the trial has failed for this reason, or for the one that it had before."""
        self._reason = self._reason or reason
        self._worker.end()

    def drop_pass(self) -> None:
        """Forget the last pass, as another has disturbed it."""
        if self._reason is None:
            self._passes.pop()

    def end(self) -> Trial:
        """End the worker and return the whole trial."""
        if self._reason is None:
            peak = self.family.peak_rss_bytes()
            answer = self._ask("end")
            if self._reason is None:
                self._known |= {name: answer[name] for name in TOLD if name in answer}
                self._known |= {} if peak is None else {"peak_rss_bytes": peak}
                self._known["watched"] = self._watched()
        self._worker.end()
        return Trial(
            cell=self._entry.cell,
            round=self._round,
            position=self._entry.position,
            started_at=self._began,
            reason=self._reason,
            sink_filesystem=self._sink_filesystem,
            **self._known | {"passes": tuple(self._passes)},
        )

    def _watched(self) -> Phases | None:
        """Run one more pass and watch each request, when all that counts is measured; what goes wrong hurts nothing."""
        server = self._server
        if self._round != 0 or not isinstance(server, Server) or self._workload.is_forgiving:
            return None
        try:
            self._ask("prepare", warmup=False, watched=True)
            server.window(self._workload.name, seed=randrange(10**6), is_watched=True)
            self._ask("pass")
            server.window(self._workload.name)
            told = self._ask("tell")
            return phases(self._urls, told, server.moments, self._workload.link.round_trip_s)
        except (HarnessError, ValueError):
            return None
        finally:
            self._reason = None

    def _ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        """Ask for a step, unless one before it went wrong."""
        if self._reason is not None:
            return {}
        self._worker.say(do, within_s=self._rules.timeout_s, **arguments)
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        try:
            answer = self._worker.answer(self._rules.timeout_s)
        except WorkerDied as death:
            self.was_hit = death.by_signal
            answer = {"reason": str(death)}
        if "sink_error" in answer:  # no contender's fault, and all that would follow fails in the same way
            raise HarnessError(f"cannot save images: {answer['sink_error']}; what was measured is kept")
        self._reason = answer.get("reason") or answer.get("invalid")
        return answer
