"""A run's folder: ``run.json`` and the append-only ``trials.jsonl``. They are the only raw truth; all else is derived.

One line is one record: ``{"kind": "trial" | "sentinel" | "ceiling", ...}``. Each is on the disk before the next is measured.
"""

import csv
import json
import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import TypeAdapter, ValidationError

from harness.files import write_whole
from harness.model import Ceiling, Cell, HarnessError, LessonRecord, Plan, Run, SelfCheck, Sentinel, Trial

VERSION = 1
TOO_LONG_S = 1e9  # thirty years; also more requests per second than any server gives

Record = Trial | Sentinel | Ceiling

_RUN = TypeAdapter(Run)
_SELF_CHECK = TypeAdapter(SelfCheck)
_LESSONS = TypeAdapter(tuple[LessonRecord, ...])
# What a run quotes of the article's own measurements: file -> the folder of results/ that holds the last one per Python.
_QUOTED = {"lessons.json": "lessons", "primitives.csv": "primitives"}
_KINDS: dict[type, tuple[bytes, TypeAdapter[Any]]] = {
    kind: (f'{{"kind":"{kind.__name__.lower()}",'.encode(), TypeAdapter(kind)) for kind in get_args(Record)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What was read of a run.

    Attributes:
        cut: True if the last line was not whole, as after a crash while it was written; it is left out.
        lessons: quoted by the run (see ``quote``); () if there were none.
        primitives: the same, the bytes of their CSV; None without.
    """

    run: Run
    trials: tuple[Trial, ...]
    sentinels: tuple[Sentinel, ...]
    ceilings: tuple[Ceiling, ...]
    cut: bool
    lessons: tuple[LessonRecord, ...] = ()
    primitives: bytes | None = None


def create(folder: Path, run: Run) -> None:
    """Make the run's folder and write ``run.json``."""
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise HarnessError(f"cannot write results to {folder}: {error.strerror}") from None
    write_whole(folder / "run.json", _RUN.dump_json(run, indent=1) + b"\n")


def append(folder: Path, record: Record) -> None:
    """Add one record and wait until it is on the disk."""
    mark, adapter = _KINDS[type(record)]
    line = mark + adapter.dump_json(record)[1:] + b"\n"
    try:
        with (folder / "trials.jsonl").open("ab") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise HarnessError(
            f"cannot write to {folder / 'trials.jsonl'}: {error.strerror}; what was measured before is kept"
        ) from None


def keep_selfcheck(results: Path, folder: Path, check: SelfCheck) -> None:
    """Write ``selfcheck.json`` beside its run, and once more where later runs look for it."""
    data = _SELF_CHECK.dump_json(check, indent=1) + b"\n"
    for place in (folder, results):
        write_whole(place / "selfcheck.json", data)


def read_selfcheck(results: Path, fingerprint: Mapping[str, Any]) -> SelfCheck | None:
    """Return the last self-check if it was made on this very machine and code; None otherwise."""
    try:
        check = _SELF_CHECK.validate_json((results / "selfcheck.json").read_bytes())
    except (OSError, ValueError):
        return None
    return check if check.fingerprint == fingerprint else None


def article_folder(results: Path, kind: str, python: str) -> Path:
    """Where the last lessons or primitives of a Python are kept; ``python`` is a full version such as 3.13.0."""
    return results / kind / f"python{'.'.join(python.split('.')[:2])}"


def quote(results: Path, folder: Path, python: str) -> None:
    """Copy the last lessons and primitives of this very Python into a new run, so that its report always says the same."""
    for name, kind in _QUOTED.items():
        try:
            data = (article_folder(results, kind, python) / name).read_bytes()
            (folder / name).write_bytes(data)
            if _pythons(folder) != {python}:
                (folder / name).unlink()
        except (OSError, HarnessError):
            (folder / name).unlink(missing_ok=True)


def _pythons(folder: Path) -> set[str]:
    """Versions that made what is quoted."""
    rows = csv.DictReader((_primitives(folder) or b"").decode().splitlines())
    return {one.python for one in _lessons(folder) if one.held is not None} | {row["python"] for row in rows}


def _lessons(folder: Path) -> tuple[LessonRecord, ...]:
    path = folder / "lessons.json"
    try:
        return _LESSONS.validate_python(json.loads(path.read_bytes())["lessons"])
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise HarnessError(f"{path} holds no lessons; take it away") from None


def _primitives(folder: Path) -> bytes | None:
    path = folder / "primitives.csv"
    try:
        data = path.read_bytes()
        rows = list(csv.DictReader(data.decode().splitlines()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        rows = []
    if not rows or not {"primitive", "loop", "per_operation_s", "python"} <= rows[0].keys():
        raise HarnessError(f"{path} holds no primitives; take it away")
    return data


def mend(folder: Path) -> None:
    """Take a last line that was cut out of the ledger, so that the next record begins a line of its own."""
    try:
        with (folder / "trials.jsonl").open("rb+") as file:
            data = file.read()
            file.truncate(data.rfind(b"\n") + 1)
    except OSError as error:
        raise HarnessError(f"cannot mend {folder / 'trials.jsonl'}: {error.strerror}") from None


def read(folder: Path) -> Ledger:
    """Read a whole run."""
    run = read_run(folder)
    records = list(_records(folder / "trials.jsonl", run.plan))
    return Ledger(
        run=run,
        trials=tuple(one for one in records if isinstance(one, Trial)),
        sentinels=tuple(one for one in records if isinstance(one, Sentinel)),
        ceilings=tuple(one for one in records if isinstance(one, Ceiling)),
        cut=None in records,
        lessons=_lessons(folder),
        primitives=_primitives(folder),
    )


def read_run(folder: Path) -> Run:
    """Read ``run.json`` alone."""
    path = folder / "run.json"
    try:
        data = path.read_bytes()
        version = json.loads(data)["version"]
        if isinstance(version, int) and version > VERSION:
            raise HarnessError(
                f"{path} has version {version}; this fetchbench reads up to {VERSION}: use a newer one"
            )
        return _RUN.validate_json(data)
    except OSError as error:
        raise HarnessError(
            f"{folder} is no run: cannot read run.json: {error.strerror}", exit_code=2
        ) from None
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise HarnessError(f"{path} is damaged: {_short(error)}") from None


def _records(path: Path, plan: Plan) -> Iterator[Record | None]:
    """Yield each record; None for a last line that was cut. A bad line before the last is damage, and an error."""
    known = set(plan.cells)
    with ExitStack() as stack:
        try:
            file = stack.enter_context(path.open("rb"))
        except FileNotFoundError:
            return
        except OSError as error:
            raise HarnessError(f"cannot read {path}: {error.strerror}") from None
        for number, line in enumerate(file, start=1):
            try:
                record = _record(line)
                _check(record, known, len(plan.rounds))
                yield record
            except (ValueError, RecursionError) as error:
                if not line.endswith(b"\n"):
                    yield None
                else:
                    raise HarnessError(f"{path}: line {number} is damaged: {_short(error)}") from None


def _check(record: Record, known: Collection[Cell], rounds: int) -> None:
    """Raise ValueError for what is well-formed and yet cannot have been measured."""
    if isinstance(record, Ceiling):
        _positive("requests_per_s", record.requests_per_s)
        return
    if not 0 <= record.round < rounds:
        raise ValueError(f"round {record.round} is not in the plan")
    if isinstance(record, Sentinel):
        for name in ("cpu_s", "echo_s"):
            _positive(name, *getattr(record, name))
        own = record.cpu_own_s
        if own is not None and not (
            len(own) == len(record.cpu_s) and all(0 <= one < TOO_LONG_S for one in own)
        ):
            raise ValueError("cpu_own_s must have a value, not below 0, for each of cpu_s")
        return
    if record.cell not in known:
        raise ValueError(f"the cell {record.cell.id} is not in the plan")
    for one in record.passes:
        _positive("wall_s", one.wall_s)
        if len(one.start_s) != len(one.latency_s) or not one.latency_s:
            raise ValueError("start_s and latency_s must have a value per image")
        figures = (*one.start_s, *one.latency_s, one.client_cpu_s, one.witness.server_cpu_s)
        if not (min(figures) >= 0 and sum(figures) < TOO_LONG_S):
            raise ValueError("times must be finite and not below 0")


def _positive(name: str, *values: float) -> None:
    if not values or not all(0 < one < TOO_LONG_S for one in values):
        raise ValueError(f"{name} must be above 0")


def _record(line: bytes) -> Record:
    for mark, adapter in _KINDS.values():
        if line.startswith(mark):
            found: Record = adapter.validate_json(b"{" + line[len(mark) :])
            return found
    raise ValueError("no record of a known kind")


def _short(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return " ".join(str(error).split())[:200]
