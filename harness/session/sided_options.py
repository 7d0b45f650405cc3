"""The options of commands that compare sides."""

import argparse
from collections.abc import Iterable
from pathlib import Path

from harness.measure.planning.suite import GateFields, SuiteFile, with_options
from harness.metrics import judged_metric
from harness.model import Cell
from harness.session.expected import names_cell
from harness.session.metric_option import add_metric_option
from harness.session.options import add_catalog_options, add_results_option, add_seed_option, positive, share
from harness.stats.judge import Pair
from harness.stats.verdict import Margins

SIDE_HELP = (
    "comma-separated: a Python (python3.13), requirements (aiohttp==3.9.5), a git ref, a variant, a client file; "
    "'here' changes nothing"
)


def add_sided_options(parser: argparse.ArgumentParser) -> None:
    """Add what ``gate`` and ``matrix`` share."""
    parser.add_argument(
        "--margin", type=share, metavar="P", help="differences up to this are ignored, e.g. 5%%"
    )
    parser.add_argument(
        "--variants", nargs="+", metavar="GLOB", help="instead of those of [gate] in suite.toml"
    )
    parser.add_argument("--workloads", nargs="+", metavar="NAME", help="the same")
    add_metric_option(parser, "those of [gate], time_per_image_s alone if it names none")
    parser.add_argument(
        "--rounds", type=positive, metavar="N", help="instead of suite.toml's (of a gate: fresh ones)"
    )
    add_seed_option(parser)
    add_results_option(parser, "where runs are kept")
    add_cache_option(parser)
    add_catalog_options(parser)


def add_cache_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--cache``."""
    parser.add_argument(
        "--cache",
        type=Path,
        metavar="DIR",
        help="environments of the sides (default: in the user's cache folder)",
    )


def gate_fields(file: SuiteFile, options: argparse.Namespace) -> GateFields:
    """Take ``[gate]`` with what the command line says instead."""
    asked = {
        "variants": options.variants,
        "workloads": options.workloads,
        "metrics": options.metric and [metric.key for metric in options.metric],
        "margin": options.margin,
        "margins": options.margin and {},  # one that is said holds for all
        "cell_margins": options.margin and {},
        "decide_rounds": options.rounds,
        "budget_s": getattr(options, "budget", None),
    }
    return with_options(file.gate, asked, {"decide_rounds": "--rounds", "budget_s": "--budget"})


def pairs_of(groups: Iterable[tuple[Cell, ...]], fields: GateFields) -> tuple[Pair, ...]:
    """What is judged of groups of a base and a head: each by every metric."""
    return tuple(
        Pair(base=base, head=head, metric=judged_metric(key))
        for base, head in groups
        for key in dict.fromkeys(fields.metrics)
    )


def margins_of(fields: GateFields, cells: Iterable[Cell]) -> Margins:
    """The margins that ``[gate]`` asks for; the first of its cell_margins that names a cell holds for it."""
    of_cells = {
        (cell, key): margin
        for cell in cells
        for glob, margin in reversed(fields.cell_margins.items())
        if names_cell(glob, cell)
        for key in fields.metrics
    }
    return Margins(default=fields.margin, of_metric=fields.margins, of_pair=of_cells)
