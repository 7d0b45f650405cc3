"""The worker's ends: commands in, one JSON line out for each. What a contender prints goes to standard error."""

import json
import math
import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TextIO

from harness.measure.worker.contender import ContractError, facts, interpreter, load
from harness.measure.worker.errors import answer_of, leaf
from harness.measure.worker.rehearsal import advice_on_error
from harness.measure.worker.spec import Program, downloads_of
from harness.measure.worker.trial import Trial, pin
from harness.measure.worker.variant import Variant

REASON_LENGTH = 300
GRACE_S = 5  # the harness comes first


def main() -> None:
    """Serve the harness until it closes our standard input."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # a print in a contender must not reach the harness as an answer
    trial: list[Trial] = []
    variant: list[Variant] = []

    def saturate_server(urls: list[str], seconds: float, http: str, cpus: list[int]) -> dict[str, float]:
        pin(cpus)
        # It loads ssl, which a trial of HTTP must not: only who measures a ceiling needs it.
        from harness.measure.worker.saturate import saturate  # noqa: PLC0415

        return {"requests_per_s": saturate(urls, seconds, http)}

    def probe(axis: str, path: str, cpus: Sequence[int] = ()) -> dict[str, Any]:
        pin(cpus)
        return facts(axis, load(path))

    def load_trial(**program: Any) -> None:
        trial.append(Trial(Program(**program)))

    def load_variant(**program: Any) -> None:
        variant.append(Variant(Program(**program)))

    def meet(**asked: Any) -> dict[str, Any]:
        from harness.measure.worker import conform  # noqa: PLC0415 - no trial needs it

        return conform.meet(variant[0], **asked)

    def whole_pass(**asked: Any) -> dict[str, Any]:
        from harness.measure.worker import whole_pass  # noqa: PLC0415 - no trial needs it

        return whole_pass.whole_pass(variant[0], **asked)

    steps: dict[str, Callable[..., Any]] = {
        "probe": probe,
        "alive": dict,
        "interpreter": interpreter,
        "saturate": saturate_server,
        "load": load_trial,
        "examine": load_variant,
        "meet": meet,
        "whole_pass": whole_pass,
        # There is no trial yet to take the methods of.
        "assign": lambda **downloads: trial[0].assign(downloads_of(downloads)),
        "prepare": lambda **asked: trial[0].prepare(**asked),  # noqa: PLW0108
        "rehearse": lambda certificates: trial[0].rehearse(certificates=certificates),
        "pass": lambda: trial[0].run_pass(),  # noqa: PLW0108
        "tell": lambda: trial[0].tell(),  # noqa: PLW0108
        "soak": lambda **asked: trial[0].soak(**asked),  # noqa: PLW0108
        "end": lambda: trial[0].end(),  # noqa: PLW0108
    }
    for line in sys.stdin:
        command = json.loads(line)
        # No contender's hang outlives a harness that was killed meanwhile: the system ends us then, without a timer thread.
        signal.alarm(math.ceil(command["within_s"]) + GRACE_S)
        _answer(answers, command["number"], partial(steps[command["do"]], **command["with"]))
        signal.alarm(0)


def _answer(answers: TextIO, number: int, step: Callable[[], Any]) -> None:
    """Do one step; whatever it raises is an answer too, so that a contender's fault never looks like ours."""
    try:
        answer = step() or {}
    except ContractError as error:
        answer = {"invalid": str(error)}
    except ModuleNotFoundError as error:
        answer = {"missing": error.name or str(error), "reason": _reason(error)}
    except BaseException as error:  # noqa: BLE001 - SystemExit in a contender is a failed trial, not the end of us
        traceback.print_exc()
        status, retry_after = answer_of(error)
        refusal = {} if status is None else {"status": status, "retry_after": retry_after}
        answer = {"reason": _reason(error), **refusal}
    answers.write(json.dumps({"number": number, "answer": answer}) + "\n")
    answers.flush()


def _reason(error: BaseException) -> str:
    """One line."""
    error = leaf(error)
    text = " ".join(str(error).split()).encode(errors="replace").decode()  # half a character is no JSON
    if isinstance(error, ContractError):  # our own words
        return text
    parts = (type(error).__name__, text[:REASON_LENGTH], advice_on_error(error))
    return ": ".join(filter(None, parts))
