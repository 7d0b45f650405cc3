"""Turn a pytest-benchmark JSON of the primitives into a CSV and charts beside it."""

import argparse
import json
from pathlib import Path

from harness.files import write_all
from harness.model import HarnessError
from harness.report.csvs import to_csv
from harness.report.primitives import charts, table
from harness.session.console import to_output
from harness.session.exits import FINE


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``primitives``."""
    parser.add_argument("record", type=Path, metavar="JSON", help="made by pytest --benchmark-json")


def run(options: argparse.Namespace) -> int:
    """Read the record and write what follows from it into its folder."""
    try:
        record = json.loads(options.record.read_text(encoding="utf-8"))
        frame = table(record)
    except OSError as error:
        raise HarnessError(f"cannot read {options.record}: {error.strerror}", exit_code=2) from None
    except (ValueError, KeyError, TypeError, ArithmeticError, RecursionError) as error:
        raise HarnessError(
            f"{options.record} is no record of the primitives: {error!r}", exit_code=2
        ) from None
    files = {"primitives.csv": to_csv(frame)}
    files |= {f"charts/{name}": data for name, data in charts(frame).items()}
    write_all(options.record.parent, files)
    to_output().say(f"written to {options.record.parent}")
    return FINE
