"""The options by which a user chooses contenders and adds his own, shared by the commands that have a catalogue."""

import argparse
import sys
from pathlib import Path

from harness.measure.catalog import Catalog, open_catalog
from harness.measure.launch import ROOT

SUITE_FILE = ROOT / "benchmarks" / "suite.toml"


def add_catalog_options(parser: argparse.ArgumentParser) -> None:
    """Add --client, --concurrency-model, --loop and --suite-file."""
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
        "--suite-file", type=Path, default=SUITE_FILE, metavar="PATH", help="instead of benchmarks/suite.toml"
    )


def catalog_from(options: argparse.Namespace) -> Catalog:
    """Open the catalogue of this interpreter, with the user's own files."""
    return open_catalog(
        sys.executable, clients=options.client, models=options.concurrency_model, loops=options.loop
    )
