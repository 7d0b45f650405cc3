"""The options by which a user chooses contenders and adds his own, shared by the commands that have a catalogue."""

import argparse
import sys
from pathlib import Path

from harness.measure.catalog import Catalog, open_catalog
from harness.measure.launch import ROOT
from harness.model import HarnessError
from harness.text import read_variable

SUITE_FILE = ROOT / "benchmarks" / "suite.toml"


def add_catalog_options(parser: argparse.ArgumentParser) -> None:
    """Add --client, --concurrency-model, --loop, --env and --suite-file."""
    for option, what in (
        ("--client", "client"),
        ("--concurrency-model", "concurrency model"),
        ("--loop", "loop"),
    ):
        parser.add_argument(
            option,
            type=Path,
            action="extend",
            nargs="+",
            default=[],
            metavar="PATH",
            help=f"a {what} file of your own, from anywhere",
        )
    parser.add_argument(
        "--env",
        type=variable,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="an environment variable for what is measured, which else gets a clean environment; recorded",
    )
    parser.add_argument(
        "--suite-file", type=Path, default=SUITE_FILE, metavar="PATH", help="instead of benchmarks/suite.toml"
    )


def catalog_from(options: argparse.Namespace) -> Catalog:
    """Open the catalogue of this interpreter, with the user's own files."""
    return open_catalog(
        sys.executable,
        clients=options.client,
        models=options.concurrency_model,
        loops=options.loop,
        variables=variables_from(options),
    )


def variable(text: str) -> tuple[str, str]:
    """Read "NAME=VALUE", for argparse."""
    try:
        return read_variable(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def variables_from(options: argparse.Namespace) -> dict[str, str]:
    """Return the variables that were asked for.

    Raises:
        HarnessError: exit code 2: one is given twice.
    """
    found: dict[str, str] = {}
    for name, value in options.env:
        if name in found:
            raise HarnessError(f"--env: {name} is given twice; one is enough", exit_code=2)
        found[name] = value
    return found
