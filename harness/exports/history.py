"""The history on disk: one append-only file of JSON lines per machine and Python, one small line per cell, metric and run.

A file is keyed by what must be equal for a trend to mean anything: the machine, and the Python's minor version. What
may change under a series and explain it (packages, kernel, patch release) stands in each line, and is marked.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from harness import checks
from harness.ledger import Ledger
from harness.lines import Lines, add_lines, end_lines, read_lines
from harness.locks import Say, lock
from harness.metrics import RESPONSES
from harness.model import Cell, HarnessError
from harness.report.frames.cells import axes_of
from harness.report.frames.sources import files_of
from harness.report.words.formats import PLAIN
from harness.report.words.sentences import asked as workload_text
from harness.stats.judge import measured_in
from harness.stats.notes import objection
from harness.stats.sample import samples, summarise
from harness.stats.trend import Point

POINT, HEAD = b'{"kind":"point",', b'{"kind":"machine",'
MACHINE = ("cpu", "cores", "cpus", "governor", "architecture", "virtualization", "client_cpus", "server_cpus")


def key_facts(fingerprint: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a fingerprint that a series may not change in."""
    python = ".".join(str(fingerprint.get("python", "unknown")).split(".")[:2])
    facts = {name: fingerprint.get(name) for name in MACHINE}
    return facts | {"python": python, "free_threaded": fingerprint.get("free_threaded", False)}


def store_path(folder: Path, fingerprint: Mapping[str, Any]) -> Path:
    """The file that runs of this fingerprint go to."""
    text = json.dumps(key_facts(fingerprint), sort_keys=True)
    return folder / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.jsonl"


def points_of(ledger: Ledger) -> list[Point]:
    """One point per cell that a run has trials of, and metric that the history keeps."""
    run = ledger.run
    measured = measured_in(ledger)
    unfit = objection([disturbance.note for disturbance in measured.disturbances])
    versions: dict[Cell, dict[str, str]] = {}
    points = []
    for sample in (sample for metric in RESPONSES for sample in samples(ledger.trials, metric).values()):
        cell = sample.cell
        found = summarise(sample)
        interval = found.interval
        noisy = f"noisy host: {unfit}" if unfit and not sample.metric.is_steady else None
        reason = sample.reason or objection(measured.cell_notes.get(cell, ())) or noisy
        versions.setdefault(cell, _versions(ledger, cell))
        points.append(
            Point(
                run=run.id,
                created_at=run.created_at,
                cell=cell,
                value=_short(found.geometric_mean),
                low=_short(interval.low) if interval else None,
                high=_short(interval.high) if interval else None,
                rounds=found.n,
                reason=reason,
                versions=versions[cell],
                commit=_commit(ledger, cell),
                metric=sample.metric.key,
            )
        )
    return points


def add(folder: Path, ledger: Ledger, say: Say) -> tuple[Path, int, bool]:
    """Append what the store lacks of a run; whoever else adds waits.

    Returns:
        The file, how many points were new, and whether a line that was cut had to be taken out first.
    """
    path = store_path(folder, ledger.run.fingerprint)
    points = points_of(ledger)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with lock(folder.with_name(f".{folder.name}.lock"), "adding to this history", say=say):
            lines = _read(path)
            known = {_key(point) for point in lines.records if not isinstance(point, dict)}
            fresh = [point for point in points if _key(point) not in known]
            head = [] if lines.records else [_machine_line(ledger)]
            end_lines(path, lines)
            add_lines(path, b"".join([*head, *map(_point_line, fresh)]))
    except OSError as error:
        raise HarnessError(f"cannot write the history {path}: {error.strerror}") from None
    except ValueError as error:
        raise HarnessError(f"{ledger.run.id} cannot be added to the history: {error}") from None
    return path, len(fresh), lines.cut


def read(path: Path) -> list[Point]:
    """All points of a file; a last line that was cut is left out, any other damage is an error."""
    try:
        path.stat()
        return [record for record in _read(path).records if not isinstance(record, dict)]
    except OSError as error:
        raise HarnessError(f"cannot read the history {path}: {error.strerror}", exit_code=2) from None


def machine(path: Path) -> dict[str, Any]:
    """What the file's runs have in common, from its first line."""
    try:
        with path.open("rb") as file:
            facts = _record(file.readline())
    except (OSError, ValueError):
        facts = None
    if not isinstance(facts, dict):
        raise HarnessError(f"{path} does not begin with a machine; it is no history")
    return facts


def stores(folder: Path) -> Iterable[Path]:
    """The files of a history, sorted by name."""
    return sorted(folder.glob("*.jsonl"))


def _read(path: Path) -> Lines[Point | dict[str, Any]]:
    return read_lines(path, _record)


def _record(line: bytes) -> Point | dict[str, Any]:
    if line.startswith(POINT):
        return checks.from_json(Point, b"{" + line.removeprefix(POINT))
    if line.startswith(HEAD):
        return checks.from_json(dict[str, Any], b"{" + line.removeprefix(HEAD))
    raise ValueError("no record of a known kind")


def _key(point: Point) -> tuple[str, Cell, str]:
    return point.run, point.cell, point.metric


def _point_line(point: Point) -> bytes:
    return POINT + checks.encode(point)[0][1:] + b"\n"


def _machine_line(ledger: Ledger) -> bytes:
    return (
        json.dumps({"kind": "machine", **key_facts(ledger.run.fingerprint)}, separators=(",", ":")).encode()
        + b"\n"
    )


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.7g}")


def _mapping(value: object) -> Mapping[str, Any]:
    """The value, if it is what older and damaged records need not have."""
    return value if isinstance(value, Mapping) else {}


def _commit(ledger: Ledger, cell: Cell) -> str:
    """Of the libraries that the side names; without any, the revision of the project."""
    side = _mapping(_mapping(ledger.run.environment.get("sides")).get(cell.side))
    commits = _mapping(_mapping(side.get("identity")).get("commits"))
    named = [f"{name} {_short_commit(str(commit))}" for name, commit in sorted(commits.items())]
    return " ".join(named) or str(ledger.run.environment.get("revision", "unknown"))


def _short_commit(commit: str) -> str:
    full, dash, dirty = commit.partition("-")
    return f"{full[:12]}{dash}{dirty}"


def _versions(ledger: Ledger, cell: Cell) -> dict[str, str]:
    """What may explain a change: the cell's Python, kernel, packages, variables, files and workload."""
    print_ = ledger.run.on(cell.side)
    files = files_of(ledger, axes_of(ledger)[cell.variant])
    asked = next(workload for workload in ledger.run.plan.workloads if workload.name == cell.workload)
    source = hashlib.sha256("\0".join(file.source for file in files).encode()).hexdigest()[:8]
    installed = _mapping(print_.get("packages"))  # on this side; a file says what it found on the last one
    modules = {
        name: str(installed.get(name.lower(), version))
        for file in files
        for name, version in file.modules.items()
    }
    variables = " ".join(f"{name}={value}" for name, value in _mapping(print_.get("variables")).items())
    return (
        modules
        | ({"env": variables} if variables else {})
        | {
            "python": str(print_.get("python", "unknown")),
            "kernel": str(print_.get("kernel", "unknown")),
            "source": source,
            "workload": workload_text(asked.flat, PLAIN),
        }
    )
