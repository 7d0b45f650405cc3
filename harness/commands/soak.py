"""Keep one client at work over very many images, with faults, and see whether anything grows or is lost."""

import argparse
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from harness.files import refuse_unwritable, write_all
from harness.locks import machine_lock
from harness.measure.job import RoundJob
from harness.measure.planning.catalog import Catalog, match_one
from harness.measure.planning.plan import lone_job
from harness.measure.planning.suite import read_suite_file
from harness.measure.soak import SERIES, Account, Sample, soak
from harness.model import HarnessError, TrialRules
from harness.report.csvs import to_csv, to_json
from harness.report.narrow import print_rows
from harness.report.soak import HEADS, account_lines, chart, frame, growth_rows, markdown, record
from harness.session.console import Console, kept, to_errors, to_output
from harness.session.exits import FAILED, FINE, NOTHING, REGRESSED, UNDECIDED, USAGE
from harness.session.options import add_catalog_options, add_results_option, catalog_from, positive
from harness.stats.growth import Growth, growths
from harness.workload import Workload

TOLD_EVERY_S = 10.0
LEAST_EVERY_S, MOST_EVERY_S = 0.1, 3_600.0
WORKLOAD = "soak-memory"
EXITS = {"grows": REGRESSED, "undecided": UNDECIDED, "too few samples": UNDECIDED, "flat": FINE}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``soak``."""
    parser.add_argument(
        "--images", dest="total", type=positive, default=200_000, metavar="N", help="in all (default: 200000)"
    )
    parser.add_argument(
        "--variant",
        default="queue_workers/aiohttp_session/asyncio",
        metavar="VARIANT",
        help="default: %(default)s",
    )
    parser.add_argument(
        "--workload",
        default=WORKLOAD,
        metavar="NAME",
        help="of the suite file, batch after batch (default: %(default)s)",
    )
    parser.add_argument(
        "--every",
        type=_seconds,
        default=1.0,
        metavar="SECONDS",
        help="from one sample to the next (default: 1)",
    )
    add_catalog_options(parser)
    add_results_option(parser, "where the soak's folder is made")


def run(options: argparse.Namespace) -> int:
    """Soak, and write what was seen, also if it was interrupted."""
    console = to_errors()
    file = read_suite_file(options.suite_file)
    workload = file.workload(options.workload)
    catalog = catalog_from(options)
    job = _job(options.variant, workload, catalog, file.rules)
    refuse_unwritable(options.results)
    folder = options.results / f"soak-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    samples: list[Sample] = []
    teller = _Teller(console, samples, options.total)
    account: Account | None = None
    with kept("what was sampled is kept") as ending, machine_lock(console.say):
        account = soak(job, options.total, every_s=options.every, tell=teller.tell)
    if not samples:
        raise HarnessError(
            "nothing was sampled: ask for more --images, or a smaller --every",
            exit_code=ending.code or NOTHING,
        )
    series = {name: [getattr(sample, name) for sample in samples] for name in SERIES}
    found = growths([sample.requests for sample in samples], series)
    title = f"Soak of {options.variant} on {workload.name}"
    _show(to_output(), account, found)  # first: a disk that is full takes nothing of it away
    _write(folder, title, samples, account, found)
    console.say(f"written to {folder}")
    if ending.code:
        return ending.code
    return max(
        FINE if account.is_whole else FAILED, *(EXITS[growth.word] for growth in found.values()), key=_gravest
    )


def _gravest(code: int) -> int:
    return (FINE, UNDECIDED, REGRESSED, FAILED).index(code)


class _Teller:
    """Keeps each sample, and says now and then how far it is.

    Args:
        samples: that grow.
        total: images that are asked for.
    """

    def __init__(self, console: Console, samples: list[Sample], total: int) -> None:
        self._console, self._samples, self._total = console, samples, total
        self._told_at = 0.0

    def tell(self, sample: Sample) -> None:
        """Take one more."""
        self._samples.append(sample)
        if sample.elapsed_s - self._told_at >= TOLD_EVERY_S:
            self._told_at = sample.elapsed_s
            self._console.say(
                f"{sample.elapsed_s:5.0f} s: {sample.requests:,} requests for {self._total:,} images; client "
                f"{sample.client_rss_bytes / 2**20:.0f} MiB, server {sample.server_rss_bytes / 2**20:.0f} MiB"
            )


def _job(name: str, workload: Workload, catalog: Catalog, rules: TrialRules) -> RoundJob:
    """The one trial that is kept up."""
    variant = match_one(name, catalog.variants)
    if variant.unavailable:
        raise HarnessError(f"--variant: {variant.id} cannot run here: {variant.unavailable}", exit_code=USAGE)
    return lone_job("soak", workload, variant, rules, catalog)


def _write(
    folder: Path, title: str, samples: Sequence[Sample], account: Account | None, found: Mapping[str, Growth]
) -> None:
    files = {
        "samples.csv": to_csv(frame(samples)),
        "soak.json": to_json(record(account, found)),
        "soak.svg": chart(samples, title),
        "soak.md": markdown(title, account, found).encode(),
    }
    write_all(folder, files)


def _show(console: Console, account: Account | None, found: Mapping[str, Growth]) -> None:
    for line in account_lines(account) if account else ():
        console.say(line)
    print_rows(console, HEADS, growth_rows(found))


def _seconds(text: str) -> float:
    """Read a time from 0.1 to 3,600, for argparse."""
    with suppress(ValueError):
        value = float(text)
        if LEAST_EVERY_S <= value <= MOST_EVERY_S:
            return value
    raise argparse.ArgumentTypeError(
        f"{text!r} is no number of seconds from {LEAST_EVERY_S:g} to {MOST_EVERY_S:,g}"
    )
