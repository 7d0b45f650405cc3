"""The options by which a user chooses contenders and adds his own, shared by the commands that have a catalogue."""

import argparse
import os
import random
import sys
from pathlib import Path

from harness.measure.planning.catalog import Catalog, open_catalog
from harness.measure.planning.suite import PROJECT_FILE
from harness.measure.processes.launch import ROOT
from harness.model import HarnessError, Variant
from harness.text import read_variable


def add_results_option(
    parser: argparse.ArgumentParser, what: str = "where runs are looked for by their id"
) -> None:
    """Add ``--results``, which says where something is."""
    parser.add_argument(
        "--results",
        type=Path,
        default=os.environ.get("FETCHBENCH_RESULTS") or ROOT / "results",
        metavar="DIR",
        help=f"{what} (default: results/ of the checkout, or FETCHBENCH_RESULTS)",
    )


def add_seed_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--seed``; ``seed_from`` reads it."""
    parser.add_argument("--seed", type=int, metavar="N", help="of the order inside rounds (default: drawn)")


def seed_from(options: argparse.Namespace) -> int:
    """The seed that was asked for, or a drawn one."""
    return random.randrange(2**32) if options.seed is None else int(options.seed)


def add_contender_options(parser: argparse.ArgumentParser) -> None:
    """Add --client, --concurrency-model, --loop and --env."""
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


def add_catalog_options(parser: argparse.ArgumentParser) -> None:
    """Add those of ``add_contender_options``, and --suite-file."""
    add_contender_options(parser)
    add_suite_file_option(parser)


def add_suite_file_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--suite-file``."""
    parser.add_argument(
        "--suite-file",
        type=Path,
        default=PROJECT_FILE,
        metavar="PATH",
        help="instead of benchmarks/suite.toml, whose tables stand for those that it leaves out",
    )


def catalog_from(options: argparse.Namespace, *, strict: bool = True) -> Catalog:
    """Open the catalogue of this interpreter, with the user's own files (``strict``: see ``open_catalog``)."""
    return open_catalog(
        sys.executable,
        clients=options.client,
        models=options.concurrency_model,
        loops=options.loop,
        strict=strict,
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


def with_own(
    variants: tuple[Variant, ...], catalog: Catalog, options: argparse.Namespace
) -> tuple[Variant, ...]:
    """Add the user's own files: a client joins every model on its loops, a model every client, a loop all that fits it."""
    clients = {path.stem for path in options.client}
    models = {path.stem for path in options.concurrency_model}
    loops = {path.stem for path in options.loop}
    ways = {(variant.concurrency, variant.loop) for variant in variants}
    ways |= {(variant.concurrency, loop) for variant in variants if variant.loop for loop in loops}
    pairs = {(variant.concurrency, variant.client) for variant in variants}
    known = {variant.client for variant in variants} | clients
    own = {
        variant
        for variant in catalog.variants
        if (variant.client in clients and (variant.concurrency, variant.loop) in ways)
        or (variant.concurrency in models and variant.client in known)
        or (variant.loop in loops and (variant.concurrency, variant.client) in pairs)
    }
    return tuple({*variants, *own})


def positive(text: str) -> int:
    """Read a whole number above 0, for argparse."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number above 0")
    return int(text)


def share(text: str) -> float:
    """Read "2%" or "0.02", above 0 and below 1, for argparse."""
    try:
        value = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        value = 0.0
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no share such as 2% or 0.02")
    return value
