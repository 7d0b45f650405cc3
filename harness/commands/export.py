"""Write a run in the format of another program, or what is asked for beside its CSVs.

The package that a format needs is imported only when it is asked for.
"""

import argparse
import importlib
from pathlib import Path

from harness import ledger
from harness.exports import history, otava, schema
from harness.exports.sample import left_out
from harness.files import write_whole
from harness.ledger import Ledger
from harness.model import HarnessError
from harness.report.frames.findings import VERSION
from harness.session.console import add_script_options, to_progress, to_result
from harness.session.exits import FINE, NOTHING, USAGE
from harness.session.options import add_results_option
from harness.session.recorded import run_folder
from harness.text import printable_values

FORMATS = {
    "pytest-benchmark": "pytest_benchmark",
    "pyperf": "pyperf",
    "bencher": "bencher",
    "github-action-benchmark": "github_action",
    "requests": "requests_csv",
}
OTAVA = "otava"
SCHEMA = "schema"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``export``."""
    parser.add_argument(
        "runs",
        nargs="*",
        metavar="RUN",
        help="folder or id of a run; for otava several, or a file of the history; for schema none",
    )
    parser.add_argument(
        "--format",
        required=True,
        choices=[*FORMATS, OTAVA, SCHEMA],
        dest="kind",
        help="of another program; requests: a CSV with a row per image; schema: JSON Schemas of a run's records",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="PATH",
        help="file, for otava and schema a folder (default: exports/ of the run; results/otava, results/schema)",
    )
    add_results_option(parser)
    add_script_options(parser)


def run(options: argparse.Namespace) -> int:
    """Write the file or files."""
    if (options.kind == SCHEMA) == bool(options.runs):
        advice = "leave it out" if options.runs else "give one; `latest` is the last of bench"
        raise HarnessError(f"--format {options.kind}: RUN: {advice}", exit_code=USAGE)
    left: dict[str, str] = {}
    if options.kind == SCHEMA:
        place = options.out or options.results / SCHEMA
        files = {place / name: data for name, data in schema.schemas().items()}
    elif options.kind == OTAVA:
        place = options.out or _otava_folder(options.runs, options.results)
        files = {place / name: data for name, data in _otava(options.runs, options.results).items()}
    else:
        if len(options.runs) > 1:
            raise HarnessError(
                f"--format {options.kind} takes one run; give only {options.runs[0]}", exit_code=USAGE
            )
        folder = run_folder(options.runs[0], options.results)
        recorded = _measured(folder)
        name, data = _exported(recorded, options.kind)
        place = options.out or folder / "exports" / name
        files = {place: data}
        left = {cell.id: reason for cell, reason in left_out(recorded).items()}
    for cell, reason in left.items():
        to_progress(options).say(f"left out: {cell} failed: {reason}")
    for path, data in files.items():
        write_whole(path, data)
    result = to_result(options)
    result.console.say(f"written to {place}")
    told = {"version": VERSION, "format": options.kind, "files": list(map(str, files))}
    result.tell(told | {"left_out": printable_values(left)})
    return FINE


def _measured(folder: Path) -> Ledger:
    recorded = ledger.read(folder)
    if not any(trial.reason is None for trial in recorded.trials):
        raise HarnessError(f"{recorded.run.id}: nothing was measured", exit_code=NOTHING)
    return recorded


def _exported(recorded: Ledger, kind: str) -> tuple[str, bytes]:
    """Name and content of the file."""
    try:
        module = importlib.import_module(f"harness.exports.{FORMATS[kind]}")
    except ModuleNotFoundError as error:
        raise HarnessError(f"--format {kind} needs the package {error.name}: pip install {kind}") from None
    [(name, data)] = module.export(recorded).items()
    return name, data


def _otava_folder(names: list[str], results: Path) -> Path:
    if len(names) == 1 and not names[0].endswith(".jsonl"):
        return run_folder(names[0], results) / "exports" / OTAVA
    return results / OTAVA


def _otava(names: list[str], results: Path) -> dict[str, bytes]:
    points = []
    for name in names:
        if name.endswith(".jsonl"):
            points += history.read(Path(name))
        else:
            points += history.points_of(ledger.read(run_folder(name, results)))
    files = otava.export(points)
    if len(files) == 1:
        raise HarnessError("nothing was measured in any of these", exit_code=NOTHING)
    return files
