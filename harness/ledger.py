"""A run's folder: ``run.json`` and the append-only ``trials.jsonl``. They are the only raw truth; all else is derived.

One line is one record: ``{"kind": "trial" | "sentinel" | "ceiling", ...}``. Each is on the disk before the next is measured,
and none is written that would not be read (``harness.checks``).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

from harness import checks
from harness.files import write_whole
from harness.lines import Lines, add_lines, end_lines, read_lines
from harness.measured import NOTHING_KNOWN, Ceiling, Sentinel, Trial
from harness.model import HarnessError, Run, SelfCheck
from harness.quotes import LessonRecord, read_quotes

VERSION = 1

Record = Trial | Sentinel | Ceiling

_MARKS: dict[type[Record], bytes] = {
    kind: f'{{"kind":"{kind.__name__.lower()}",'.encode() for kind in get_args(Record)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What was read of a run.

    Attributes:
        cut: True if the last line was not whole, as after a crash while it was written; it is left out.
        lessons: quoted by the run (see ``harness.quotes``); () if there were none.
        primitives: the same, the bytes of their CSV; None without.
    """

    run: Run
    trials: tuple[Trial, ...]
    sentinels: tuple[Sentinel, ...]
    ceilings: tuple[Ceiling, ...]
    cut: bool
    lessons: tuple[LessonRecord, ...] = ()
    primitives: bytes | None = None


def create(folder: Path, run: Run) -> "Writer":
    """Make the run's folder, write ``run.json``, and return what adds its records.

    Raises:
        HarnessError: the folder cannot be made, or what is known of the run could not be read again.
    """
    try:
        data, _ = checks.encode(run, indent=1)
        folder.mkdir(parents=True)
    except ValueError as error:
        raise HarnessError(f"this run cannot be recorded: {error}") from None
    except OSError as error:
        raise HarnessError(f"cannot write results to {folder}: {error.strerror}") from None
    write_whole(folder / "run.json", data + b"\n")
    return Writer(folder)


class Writer:
    """Adds records to the ledger of a run, after the last whole one: what follows that is taken out.

    Args:
        folder: of the run.

    Attributes:
        ledger: what the ledger held before.
        folder: of the run.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._path = folder / "trials.jsonl"
        run = read_run(folder)
        self._terms = checks.Terms(run.plan)
        lines = _lines(self._path, self._terms)
        self.ledger = _ledger(folder, run, lines)
        try:
            end_lines(self._path, lines)
        except OSError as error:
            raise self._failure(error) from None

    def append(self, record: Record) -> Record:
        """Add one record and wait until it is on the disk.

        Returns:
            What was written: the record, or for a trial that no reader would take a failed one with the reason.

        Raises:
            ValueError: no reader would take it, and it is no trial: the run can go on without it.
            HarnessError: the disk does not take it.
        """
        try:
            line, written = self._line(record)
        except ValueError as error:
            if not isinstance(record, Trial):
                raise
            reason = f"this cannot have been measured: {error}"
            line, written = self._line(replace(record, **NOTHING_KNOWN, reason=reason))
        try:
            add_lines(self._path, line)
        except OSError as error:
            raise self._failure(error) from None
        return written

    def _line(self, record: Record) -> tuple[bytes, Record]:
        data, written = checks.encode(record)
        self._terms.meet(written)
        return _MARKS[type(record)] + data[1:] + b"\n", written

    def _failure(self, error: OSError) -> HarnessError:
        return HarnessError(
            f"cannot write to {self._path}: {error.strerror}; what was measured before is kept"
        )


def keep_selfcheck(place: Path, check: SelfCheck) -> None:
    """Write ``selfcheck.json`` into its run's folder; or into that of all results, where later runs look for it."""
    data, _ = checks.encode(check, indent=1)
    write_whole(place / "selfcheck.json", data + b"\n")


def read_selfcheck(results: Path, fingerprint: Mapping[str, Any]) -> SelfCheck | None:
    """Return the last self-check if it was made on this very machine and code, and tells enough; None otherwise."""
    try:
        check = checks.from_json(SelfCheck, (results / "selfcheck.json").read_bytes())
    except (OSError, ValueError):
        return None
    return check if check.fingerprint == fingerprint and check.too_small is None else None


def read(folder: Path) -> Ledger:
    """Read a whole run."""
    run = read_run(folder)
    return _ledger(folder, run, _lines(folder / "trials.jsonl", checks.Terms(run.plan)))


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
        return checks.from_json(Run, data)
    except OSError as error:
        raise HarnessError(
            f"{folder} is no run: cannot read run.json: {error.strerror}", exit_code=2
        ) from None
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise HarnessError(f"{path} is damaged: {checks.short(error)}") from None


def _ledger(folder: Path, run: Run, lines: Lines[Record]) -> Ledger:
    quotes = read_quotes(folder)
    return Ledger(
        run=run,
        trials=tuple(record for record in lines.records if isinstance(record, Trial)),
        sentinels=tuple(record for record in lines.records if isinstance(record, Sentinel)),
        ceilings=tuple(record for record in lines.records if isinstance(record, Ceiling)),
        cut=lines.cut,
        lessons=quotes.lessons,
        primitives=quotes.primitives,
    )


def _lines(path: Path, terms: checks.Terms) -> Lines[Record]:
    def record(line: bytes) -> Record:
        found = _record(line)
        terms.meet(found)
        return found

    try:
        return read_lines(path, record)
    except OSError as error:
        raise HarnessError(f"cannot read {path}: {error.strerror}") from None


def _record(line: bytes) -> Record:
    for kind, mark in _MARKS.items():
        if line.startswith(mark):
            return checks.from_json(kind, b"{" + line[len(mark) :])
    raise ValueError("no record of a known kind")
