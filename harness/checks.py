"""What a record must be: the same rules when it is written and when it is read, so that whatever is kept can be read again.

Bounds stand in the types of ``harness.quantities``; here is what must agree between fields.
All errors are ValueErrors of one line.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError, to_json

from harness.measured import Attempts, Ceiling, Pass, Sentinel, Trial
from harness.model import HERE, Cell, Facts, Plan, Run

Checked = TypeVar("Checked")
_adapter: Callable[[Any], TypeAdapter[Any]] = cache(TypeAdapter)  # one per kind: making it takes milliseconds


def encode(record: Checked, *, indent: int | None = None) -> tuple[bytes, Checked]:
    """Return a record as JSON, and as it will be read from that."""
    kind = type(record)
    try:
        data = _adapter(kind).dump_json(record, indent=indent, warnings=False)
    except ValueError as error:
        texts = _texts(_adapter(kind).dump_python(record, warnings=False))
        broken = next((text for text in texts if not _is_unicode(text)), None)
        raise ValueError(short(error) if broken is None else f"{broken!a} holds what is no Unicode") from None
    return data, from_json(kind, data)


def from_json(kind: type[Checked], data: bytes) -> Checked:
    """Return the record that JSON holds."""
    try:
        record: Checked = _adapter(kind).validate_json(data, strict=True)
    except (ValueError, TypeError, RecursionError) as error:
        raise ValueError(short(error)) from None
    if complaint := next(_RULES.get(kind, _nothing)(record), None):
        raise ValueError(complaint)
    return record


def made(kind: type[Checked], fields: Mapping[str, Any]) -> Checked:
    """Return the record that fields make which somebody else has told; what it does not know is left out."""
    try:
        return from_json(kind, to_json(fields))
    except PydanticSerializationError as error:
        raise ValueError(short(error)) from None


class Terms:
    """What a record of a ledger must agree with: the plan of its run, and the records before it."""

    def __init__(self, plan: Plan) -> None:
        self._cells = set(plan.cells)
        self._rounds = len(plan.rounds)
        self._measured: set[tuple[int, Cell]] = set()

    def meet(self, record: Trial | Sentinel | Ceiling) -> None:
        """Take one more record; raise ValueError for one that cannot belong to this run."""
        if isinstance(record, Ceiling):
            return
        if record.round >= self._rounds:
            raise ValueError(f"round {record.round} is not in the plan")
        if isinstance(record, Sentinel):
            return
        if record.cell not in self._cells:
            raise ValueError(f"the cell {record.cell.id} is not in the plan")
        if (record.round, record.cell) in self._measured:
            raise ValueError(f"{record.cell.id} was measured in round {record.round} already")
        self._measured.add((record.round, record.cell))


def short(error: Exception) -> str:
    """The first thing that is wrong, in one line."""
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        return f"{place}: {first['msg']}" if place else first["msg"]
    return " ".join(str(error).split())[:200]


def _nothing(_record: Any) -> Iterator[str]:
    yield from ()


def _of_pass(pass_: Pass) -> Iterator[str]:
    if len(pass_.start_s) != len(pass_.latency_s) or not pass_.latency_s:
        yield "start_s and latency_s must have a value per image"
    if pass_.attempts is not None:
        yield from _of_attempts(pass_.attempts, len(pass_.latency_s))


def _of_attempts(told: Attempts, timed: int) -> Iterator[str]:
    if told.verified != timed:
        yield f"attempts: {told.verified} images are verified, and {timed} have times"
    if told.verified + told.wrong + sum(told.failed.values()) + told.never != told.asked:
        yield f"attempts: what came of the images does not add up to the {told.asked} that were asked"
    if not len(told.image) == len(told.start_s) == len(told.took_s) == len(told.error):
        yield "attempts: image, start_s, took_s and error must have a value per attempt"
    if max(told.image, default=-1) >= told.asked:
        yield f"attempts: image {max(told.image)} is none of the {told.asked} that were asked"


def _of_trial(trial: Trial) -> Iterator[str]:
    for pass_ in trial.passes:
        yield from _of_pass(pass_)
    if trial.reason is None and not trial.timed:
        yield "a trial that did not fail must have a timed pass"


def _of_sentinel(sentinel: Sentinel) -> Iterator[str]:
    if sentinel.cpu_own_s is not None and len(sentinel.cpu_own_s) != len(sentinel.cpu_s):
        yield "cpu_own_s must have a value for each of cpu_s"


def _of_run(run: Run) -> Iterator[str]:
    yield from _of_plan(run.plan)
    known = {(contender.axis, contender.name) for contender in run.contenders}
    for variant in run.plan.variants:
        parts = (("concurrency", variant.concurrency), ("client", variant.client), ("loop", variant.loop))
        if missing := [f"{axis} {name}" for axis, name in parts if name and (axis, name) not in known]:
            yield f"the variant {variant.id} needs the {missing[0]}, which is not among the contenders"
    for name, facts in (("fingerprint", run.fingerprint), ("environment", run.environment)):
        if not _is_finite(facts):
            yield f"{name}: numbers must be finite"
    sides = run.environment.get("sides", {})
    if not (isinstance(sides, Mapping) and all(isinstance(side, Mapping) for side in sides.values())):
        yield "environment: sides must be a table of tables"
    for side in sorted({cell.side for cell in run.plan.cells} | {HERE}):
        try:
            made(Facts, run.on(side))
        except ValueError as error:
            yield f"fingerprint: {error}"


def _of_plan(plan: Plan) -> Iterator[str]:
    names = {
        "workload": [workload.name for workload in plan.workloads],
        "variant": [variant.id for variant in plan.variants],
    }
    for kind, found in names.items():
        if doubled := _first_doubled(found):
            yield f"plan: there are two {kind}s {doubled}"
    remote = [workload.what.images for workload in plan.workloads if workload.network.is_remote]
    if remote != ([len(plan.resources)] if plan.resources else []):
        yield "plan: a workload of a list of URLs needs a resource for each image, and no other has any"
    for number, cells in enumerate(plan.rounds):
        if doubled := _first_doubled(cells):
            yield f"plan: round {number} holds {doubled.id} twice"
    skipped = {skip.cell for skip in plan.skipped}
    for cell in (*plan.cells, *skipped):
        for kind, name in (("workload", cell.workload), ("variant", cell.variant)):
            if name not in names[kind]:
                yield f"plan: a cell has the {kind} {name}, which the plan does not have"
    for cell in sorted(skipped.intersection(plan.cells)):
        yield f"plan: a round holds {cell.id}, which is skipped"


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _texts(name)
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _first_doubled(found: Iterable[Any]) -> Any:
    return next((item for item, times in Counter(found).items() if times > 1), None)


def _is_finite(value: object) -> bool:
    if isinstance(value, Mapping):
        return all(map(_is_finite, value.values()))
    if isinstance(value, list | tuple):
        return all(map(_is_finite, value))
    return not isinstance(value, int | float) or abs(value) < math.inf


_RULES: dict[type, Callable[[Any], Iterator[str]]] = {
    Pass: _of_pass,
    Trial: _of_trial,
    Sentinel: _of_sentinel,
    Run: _of_run,
}
