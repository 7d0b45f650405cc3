"""Measure a suite: every variant on every workload, in rounds, each trial in a process of its own."""

import argparse
import random
import shlex
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import filelock
from rich.console import Console

from harness import ledger
from harness.commands.catalog_options import add_catalog_options, catalog_from
from harness.commands.exits import FINE, INTERRUPTED, NOTHING
from harness.commands.report import write_report
from harness.measure.catalog import Catalog, match
from harness.measure.launch import ROOT
from harness.measure.machine import cpu_split, environment, fingerprint
from harness.measure.plan import make_plan
from harness.measure.run import Bench, measure
from harness.measure.sentinel import Watch
from harness.measure.server import running_server
from harness.measure.suite import read_suite_file
from harness.model import HERE, Cell, HarnessError, Plan, Run, Trial, Variant
from harness.report.progress import Lines, Screen

NAME = "bench"
HELP = "measure a suite and write CSVs, charts and a table"

LOCK_FILE = Path(tempfile.gettempdir(), "fetchbench.lock")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``bench``."""
    parser.add_argument("--suite", default="default", metavar="NAME", help="of suite.toml (default: default)")
    parser.add_argument(
        "--variants", nargs="+", metavar="GLOB", help="instead of the suite's: '*/aiohttp_session/*'"
    )
    parser.add_argument("--workloads", nargs="+", metavar="NAME", help="instead of the suite's")
    parser.add_argument("--rounds", type=positive, metavar="N", help="instead of the suite's")
    parser.add_argument("--baseline", metavar="VARIANT", help="what ratios refer to, instead of the suite's")
    parser.add_argument("--seed", type=int, metavar="N", help="of the order inside rounds (default: drawn)")
    parser.add_argument(
        "--results",
        type=Path,
        default=ROOT / "results",
        metavar="DIR",
        help="default: results/ of the checkout",
    )
    add_catalog_options(parser)


def positive(text: str) -> int:
    """Read a whole number above 0, for argparse."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number above 0")
    return int(text)


def run(options: argparse.Namespace) -> int:
    """Measure, keep every trial, and report what there is, even after Ctrl-C or a failure."""
    console = Console(stderr=True)
    catalog = catalog_from(options)
    plan = _plan(options, catalog)
    with machine_lock(console):
        folder = _start(options.results, plan, catalog)
        try:
            conduct(console, folder, plan, catalog)
            code = FINE
        except KeyboardInterrupt:
            console.print("interrupted; what was measured is kept and reported")
            code = INTERRUPTED
        except HarnessError as error:
            console.print(f"fetchbench: {error}", markup=False, highlight=False, soft_wrap=True)
            code = error.exit_code
    reported = write_report(folder, Console())
    return code or reported


def conduct(console: Console, folder: Path, plan: Plan, catalog: Catalog) -> None:
    """Run the plan and put every record on the disk before the next is measured."""
    client_cpus, server_cpus = cpu_split()
    failed: set[Cell] = set()
    screen = Screen if console.is_terminal else Lines
    with (
        running_server(cpus=server_cpus) as server,
        tempfile.TemporaryDirectory(prefix="sink-", dir=folder) as sink,
        screen(console, plan, time.monotonic) as reporter,
    ):
        bench = Bench(
            plan=plan,
            pythons={HERE: sys.executable},
            catalogs={HERE: catalog},
            server=server,
            manifests={one.name: server.register(one) for one in plan.workloads},
            client_cpus=client_cpus,
            sink=Path(sink),
        )
        watch = Watch((*client_cpus[:1], *server_cpus), server.pid)
        # A cell that failed has lost its rank already; measuring it again would only take time.
        for record in measure(bench, watch, lambda _, cell: cell not in failed, reporter.next):
            ledger.append(folder, record)
            if isinstance(record, Trial):
                reporter.done(record)
                if record.reason is not None:
                    failed.add(record.cell)


@contextmanager
def machine_lock(console: Console) -> Iterator[None]:
    """Let only one measuring job run on this machine; say so while waiting for another to end."""
    lock = filelock.FileLock(LOCK_FILE, mode=0o666)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        console.print(
            f"another fetchbench is measuring on this machine (lock {LOCK_FILE}); waiting for it to end"
        )
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _plan(options: argparse.Namespace, catalog: Catalog) -> Plan:
    file = read_suite_file(options.suite_file)
    suite = file.suite(options.suite)
    variants = match(options.variants or suite.variants, catalog.variants)
    variants = with_own(variants, catalog, options)
    if options.baseline:
        variants = tuple({*variants, *match([options.baseline], catalog.variants)})
    plan = make_plan(
        suite=options.suite,
        baseline=options.baseline or suite.baseline,
        seed=random.randrange(2**32) if options.seed is None else options.seed,
        rules=file.rules,
        workloads=[file.workload(name) for name in dict.fromkeys(options.workloads or suite.workloads)],
        variants=sorted(variants, key=lambda one: one.id),
        rounds=options.rounds or suite.rounds,
    )
    if not plan.cells:
        reasons = "; ".join(sorted({one.unavailable for one in variants if one.unavailable}))
        raise HarnessError(f"nothing can be measured here: {reasons}", exit_code=NOTHING)
    return plan


def with_own(
    variants: tuple[Variant, ...], catalog: Catalog, options: argparse.Namespace
) -> tuple[Variant, ...]:
    """Add the user's own files: a client joins every model and loop that is measured, a model every client."""
    clients = {path.stem for path in options.client}
    models = {path.stem for path in options.concurrency_model}
    ways = {(one.concurrency, one.loop) for one in variants}
    known = {one.client for one in variants} | clients
    own = {
        one
        for one in catalog.variants
        if (one.client in clients and (one.concurrency, one.loop) in ways)
        or (one.concurrency in models and one.client in known)
    }
    return tuple({*variants, *own})


def _start(results: Path, plan: Plan, catalog: Catalog) -> Path:
    """Make the run's folder with all that is known before the first trial, and let ``latest`` point to it."""
    now = time.time()
    name = f"{datetime.fromtimestamp(now, UTC):%Y%m%dT%H%M%SZ}-{plan.suite}"
    folder = results / "runs" / name
    run = Run(
        id=name,
        version=ledger.VERSION,
        created_at=now,
        command=shlex.join(["python", "-m", "harness", *sys.argv[1:]]),
        plan=plan,
        contenders=catalog.contenders,
        fingerprint=fingerprint(catalog.packages, *cpu_split()),
        environment=environment(),
    )
    ledger.create(folder, run)
    latest = results / "latest"
    latest.unlink(missing_ok=True)
    latest.symlink_to(Path("runs", name), target_is_directory=True)
    return folder
