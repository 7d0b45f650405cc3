"""A run's folder: ``run.json`` and the append-only ``trials.jsonl``. They are the only raw truth; all else is derived.

One line is one record: ``{"kind": "trial" | "sentinel", ...}``. Each is on the disk before the next is measured.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from harness.model import HarnessError, Run, Sentinel, Trial

VERSION = 1

_RUN = TypeAdapter(Run)
_KINDS: dict[str, TypeAdapter[Any]] = {"trial": TypeAdapter(Trial), "sentinel": TypeAdapter(Sentinel)}
_MARKS = {kind: f'{{"kind":"{kind}",'.encode() for kind in _KINDS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What was read of a run.

    Attributes:
        cut: True if the last line was not whole, as after a crash while it was written; it is left out.
    """

    run: Run
    trials: tuple[Trial, ...]
    sentinels: tuple[Sentinel, ...]
    cut: bool


def create(folder: Path, run: Run) -> None:
    """Make the run's folder and write ``run.json``."""
    try:
        folder.mkdir(parents=True)
        (folder / "run.json").write_bytes(_RUN.dump_json(run, indent=1) + b"\n")
    except OSError as error:
        raise HarnessError(f"cannot write results to {folder}: {error.strerror}") from None


def append(folder: Path, record: Trial | Sentinel) -> None:
    """Add one record and wait until it is on the disk."""
    kind = "trial" if isinstance(record, Trial) else "sentinel"
    line = _MARKS[kind] + _KINDS[kind].dump_json(record)[1:] + b"\n"
    try:
        with (folder / "trials.jsonl").open("ab") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise HarnessError(
            f"cannot write to {folder / 'trials.jsonl'}: {error.strerror}; what was measured before is kept"
        ) from None


def read(folder: Path) -> Ledger:
    """Read a whole run."""
    run = read_run(folder)
    trials: list[Trial] = []
    sentinels: list[Sentinel] = []
    cut = False
    for record in _records(folder / "trials.jsonl"):
        if isinstance(record, Trial):
            trials.append(record)
        elif isinstance(record, Sentinel):
            sentinels.append(record)
        else:
            cut = True
    return Ledger(run=run, trials=tuple(trials), sentinels=tuple(sentinels), cut=cut)


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
    except (ValueError, KeyError, TypeError) as error:
        raise HarnessError(f"{path} is damaged: {_short(error)}") from None


def _records(path: Path) -> Iterator[Trial | Sentinel | None]:
    """Yield each record; None for a last line that was cut. A bad line before the last is damage, and an error."""
    if not path.exists():
        return
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                yield _record(line)
            except ValueError as error:
                if not line.endswith(b"\n"):
                    yield None
                else:
                    raise HarnessError(f"{path}: line {number} is damaged: {_short(error)}") from None


def _record(line: bytes) -> Trial | Sentinel:
    for kind, mark in _MARKS.items():
        if line.startswith(mark):
            found: Trial | Sentinel = _KINDS[kind].validate_json(b"{" + line[len(mark) :])
            return found
    raise ValueError("neither a trial nor a sentinel")


def _short(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return " ".join(str(error).split())[:200]
