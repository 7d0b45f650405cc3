"""Show variants (and why some cannot run here), workloads, links and suites."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict

from harness.measure.planning.catalog import Catalog
from harness.measure.planning.plan import skipped_cells
from harness.measure.planning.suite import SuiteFile, read_suite_file
from harness.model import Skipped
from harness.report.csvs import to_json
from harness.report.narrow import print_rows
from harness.report.words.absences import absences
from harness.report.words.formats import PLAIN
from harness.report.words.sentences import asked, shares
from harness.session.console import Console, to_output
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
        sys.stdout.write(to_json(_as_json(suites, catalog)).decode())
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
            {"workload": skip.cell.workload, "variant": skip.cell.variant, "reason": skip.reason}
            for skip in _skipped(suites, catalog)
        ],
        "packages": dict(catalog.packages),
    } | suites.model_dump()


def _print(console: Console, suites: SuiteFile, catalog: Catalog) -> None:
    rows: list[Sequence[str]] = [
        (contender.axis, contender.name, contender.label, contender.unavailable or "available")
        for contender in catalog.contenders
    ]
    print_rows(console, ("axis", "name", "what it is", "state"), rows)
    console.print("\n[bold]variants[/] (concurrency/client/loop)")
    for variant in catalog.variants:
        reason = f"  unavailable: {variant.unavailable}" if variant.unavailable else ""
        console.say(f"  {variant.id}{reason}")
    console.print()
    rows = [(name, asked(suites.workload(name).flat, PLAIN)) for name in suites.workloads]
    print_rows(console, ("workload", "what it asks"), rows)
    console.print()
    rows = [(name, asked(fields, PLAIN).strip()) for name, fields in suites.links.items()]
    print_rows(console, ("link", "what a workload has that names it"), rows)
    console.print()
    rows = [(name, shares(mix, PLAIN)) for name, mix in suites.faults.items()]
    print_rows(console, ("faults", "what goes wrong where a workload names it"), rows)
    skipped = _skipped(suites, catalog)
    for line in absences(("skipped", skip.cell.workload, skip.reason) for skip in skipped):
        console.say(f"  {line}")
    console.print()
    rows = [
        (name, ", ".join(suite.workloads), str(len(suite.variants)), str(suite.rounds), suite.baseline)
        for name, suite in suites.suites.items()
    ]
    print_rows(console, ("suite", "workloads", "variant patterns", "rounds", "baseline"), rows)


def _skipped(suites: SuiteFile, catalog: Catalog) -> tuple[Skipped, ...]:
    return skipped_cells([suites.workload(name) for name in suites.workloads], catalog.variants)
