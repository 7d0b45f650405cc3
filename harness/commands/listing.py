"""Show variants (and why some cannot run here), workloads, links and suites."""

import argparse
import json
from dataclasses import asdict

from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.measure.planning.catalog import Catalog
from harness.measure.planning.plan import skipped_cells
from harness.measure.planning.suite import SuiteFile, read_suite_file
from harness.model import Skipped
from harness.report.narrow import print_table
from harness.report.words.absences import absences
from harness.report.words.formats import PLAIN
from harness.report.words.sentences import asked, shares
from harness.session.console import to_output
from harness.session.exits import FINE
from harness.session.options import add_catalog_options, catalog_from


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``list``."""
    parser.add_argument("--json", action="store_true", help="machine-readable, on standard output")
    add_catalog_options(parser)


def run(options: argparse.Namespace) -> int:
    """Print the catalogue."""
    suites = read_suite_file(options.suite_file)
    catalog = catalog_from(options)
    if options.json:
        print(json.dumps(_as_json(suites, catalog), indent=1))
    else:
        _print(to_output(), suites, catalog)
    return FINE


def _as_json(suites: SuiteFile, catalog: Catalog) -> dict[str, object]:
    contenders = [asdict(contender) for contender in catalog.contenders]
    for contender in contenders:
        del contender["source"]
    return {
        "contenders": contenders,
        "variants": [asdict(variant) for variant in catalog.variants],
        "skipped": [
            {"workload": each.cell.workload, "variant": each.cell.variant, "reason": each.reason}
            for each in _skipped(suites, catalog)
        ],
        "packages": dict(catalog.packages),
    } | suites.model_dump()


def _print(console: Console, suites: SuiteFile, catalog: Catalog) -> None:
    contenders = Table(
        "axis", "name", "what it is", "state", box=None, header_style="bold", title_justify="left"
    )
    for contender in catalog.contenders:
        told = (contender.axis, contender.name, contender.label, contender.unavailable or "available")
        contenders.add_row(*(Text(part) for part in told))
    print_table(console, contenders)
    console.print("\n[bold]variants[/] (concurrency/client/loop)")
    for variant in catalog.variants:
        reason = f"  unavailable: {variant.unavailable}" if variant.unavailable else ""
        console.print(f"  {variant.id}{reason}", markup=False, highlight=False)
    workloads = Table("workload", "what it asks", box=None, header_style="bold")
    for name in suites.workloads:
        workloads.add_row(name, asked(suites.workload(name).flat, PLAIN))
    console.print()
    print_table(console, workloads)
    lines = Table("link", "what a workload has that names it", box=None, header_style="bold")
    for name, fields in suites.links.items():
        lines.add_row(name, asked(fields, PLAIN).strip())
    console.print()
    print_table(console, lines)
    mixes = Table("faults", "what goes wrong where a workload names it", box=None, header_style="bold")
    for name, mix in suites.faults.items():
        mixes.add_row(name, shares(mix, PLAIN))
    console.print()
    print_table(console, mixes)
    skipped = _skipped(suites, catalog)
    for line in absences(("skipped", each.cell.workload, each.reason) for each in skipped):
        console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)
    table = Table(
        "suite", "workloads", "variant patterns", "rounds", "baseline", box=None, header_style="bold"
    )
    for name, suite in suites.suites.items():
        table.add_row(
            name, ", ".join(suite.workloads), str(len(suite.variants)), str(suite.rounds), suite.baseline
        )
    console.print()
    print_table(console, table)


def _skipped(suites: SuiteFile, catalog: Catalog) -> tuple[Skipped, ...]:
    return skipped_cells([suites.workload(name) for name in suites.workloads], catalog.variants)
