"""Check this project's own verdicts on this machine: twins of one variant, and slow-downs of a known size."""

import argparse
import math
import sys
import tempfile
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from rich.table import Table

from harness import ledger
from harness.files import refuse_unwritable
from harness.locks import machine_lock
from harness.measure.planning.catalog import Catalog, match, match_one, open_catalog
from harness.measure.planning.plan import make_plan
from harness.measure.planning.planted import PROBE_TURNS, plant, turns_per_share
from harness.measure.planning.suite import (
    OF_SELFCHECK,
    SelfCheckFields,
    SuiteFile,
    read_suite_file,
    with_options,
)
from harness.measured import Trial
from harness.model import HERE, HarnessError, SelfCheck
from harness.report.units import percent
from harness.session.console import Console, to_errors, to_output
from harness.session.driver import drive, opened
from harness.session.exits import FAILED, FINE, UNDECIDED
from harness.session.options import add_results_option, add_suite_file_option, positive, share
from harness.session.recorded import start
from harness.stats.fitness import host_notes
from harness.stats.selfcheck import assess

BASE = "selfcheck_base"
PROBE = "selfcheck_probe"
PILOT_ROUNDS = 6
# Fewer twins too, so that a slow machine keeps to two minutes: 4 verdicts on twins instead of 15.
QUICK = {"families": 2, "rounds": 8, "twins": 2}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``selfcheck``."""
    parser.add_argument(
        "--quick", action="store_true", help="within two minutes: fewer rounds, a wider answer"
    )
    parser.add_argument("--families", type=positive, metavar="N", help="repetitions, each judged on its own")
    parser.add_argument("--rounds", type=positive, metavar="N", help="rounds per family")
    parser.add_argument("--margin", type=share, metavar="P", help="of the verdicts, e.g. 2%%")
    parser.add_argument("--variant", metavar="VARIANT", help="instead of the one in suite.toml")
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="of the order inside rounds (default: 0)"
    )
    add_results_option(parser, "where runs are kept")
    add_suite_file_option(parser)


def run(options: argparse.Namespace) -> int:
    """Measure, judge each family, say what was found, and keep it for later reports to quote."""
    console = to_errors()
    file = read_suite_file(options.suite_file)
    asked = {name: getattr(options, name) for name in ("families", "rounds", "margin", "variant")}
    asked = (QUICK if options.quick else {}) | {name: value for name, value in asked.items() if value}
    fields = with_options(file.selfcheck, asked, {name: f"--{name}" for name in asked})
    tree = open_catalog(sys.executable)
    refuse_unwritable(options.results)
    with machine_lock(console.say), tempfile.TemporaryDirectory(prefix="fetchbench-") as folder:
        began = time.monotonic()
        console.print("pilot: how much work is a share of an image, so that a slow-down can be planted")
        first = {BASE: 0, PROBE: PROBE_TURNS}
        plant_and_measure = partial(_measure, console, tree, file, fields, options.seed, Path(folder))
        pilot = plant_and_measure(Path(folder), first, PILOT_ROUNDS)
        per_share = turns_per_share(_of(pilot, BASE), _of(pilot, PROBE))
        turns = {name: round(part * per_share) for name, part in truths(fields).items()}
        rounds = fields.families * fields.rounds
        measured = plant_and_measure(options.results, turns, rounds)
    return _conclude(options.results, measured, fields, time.monotonic() - began)


def truths(fields: SelfCheckFields) -> dict[str, float]:
    """Name of each planted client -> its slow-down as a share; 0 for the baseline and its twins."""
    twins = {f"twin_{number}": 0.0 for number in range(1, fields.twins + 1)}
    slower = {
        f"slower_by_{format(100 * part, 'g').replace('.', '_')}_percent": part for part in fields.slowdowns
    }
    return {BASE: 0.0} | twins | slower


def _measure(
    console: Console,
    tree: Catalog,
    file: SuiteFile,
    fields: SelfCheckFields,
    seed: int,
    folder: Path,
    results: Path,
    turns: Mapping[str, int],
    rounds: int,
) -> Path:
    """Plant the clients and measure them as any other; return the run's folder."""
    chosen = match_one(fields.variant, tree.variants)
    files = [plant(tree, chosen.client, name, more, folder) for name, more in turns.items()]
    catalog = open_catalog(sys.executable, clients=files)
    ids = [chosen.id_with(name) for name in turns]
    plan = make_plan(
        suite=OF_SELFCHECK,
        baseline=chosen.id_with(BASE),
        seed=seed,
        rules=file.rules,
        workloads=[file.workload(fields.workload)],
        variants=match(ids, catalog.variants),
        rounds=rounds,
    )
    run = start(results, plan, catalog)
    with opened(run, console) as writer:
        drive(console, writer, {HERE: catalog})
    return run


def _of(folder: Path, client: str) -> list[Trial]:
    """Trials of one planted client, by round."""
    trials = [trial for trial in ledger.read(folder).trials if client in trial.cell.variant.split("/")]
    return sorted(trials, key=lambda trial: trial.round)


def _conclude(results: Path, folder: Path, fields: SelfCheckFields, seconds: float) -> int:
    """Assess, keep and print."""
    recorded = ledger.read(folder)
    failed = next((trial.reason for trial in recorded.trials if trial.reason), None)
    if failed:
        raise HarnessError(f"the self-check itself failed: {failed}; see {folder}")
    known = truths(fields)
    found = assess(
        recorded.trials,
        planted={trial.cell.variant: known[trial.cell.variant.split("/")[1]] for trial in recorded.trials},
        baseline=recorded.run.plan.baseline,
        rounds=fields.rounds,
        margin=fields.margin,
    )
    check = SelfCheck(
        fingerprint=recorded.run.fingerprint,
        created_at=recorded.run.created_at,
        variant=fields.variant,
        workload=fields.workload,
        families=fields.families,
        rounds=fields.rounds,
        margin=fields.margin,
        twin_verdicts=found.twin_verdicts,
        false_alarms=found.false_alarms,
        detected={str(level): rate for level, rate in found.detected.items()},
        measured={str(level): slowdown for level, slowdown in found.measured.items()},
        aa_half_width=found.aa_half_width,
        smallest_seen=found.smallest_seen,
        seconds=seconds,
        half_widths={key: width for key, width in found.half_widths.items() if math.isfinite(width)},
    )
    ledger.keep_selfcheck(folder, check)
    console = to_output()
    _print(console, check)
    unfit = [
        f"the machine was not quiet enough to be checked: {note.text}; {note.advice}"
        for note in host_notes(recorded.sentinels)
    ]
    objections = [*unfit, *([check.too_small] if check.too_small else [])]
    if not objections:
        ledger.keep_selfcheck(results, check)
    for line in objections:
        console.say(line)
    if objections:
        console.say("so this self-check is not kept: no later run is judged by it")
    if check.false_alarms:
        return FAILED
    return UNDECIDED if unfit else FINE


def _change(share: float) -> str:
    return f"{'+' if share > 0 else ''}{percent(share)}"


def _print(console: Console, check: SelfCheck) -> None:
    """Say what a verdict is worth here."""
    table = Table("planted", "measured", "found", box=None, header_style="bold", pad_edge=False)
    for level, rate in check.detected.items():
        times = f"{round(rate * check.families)} of {check.families}"
        table.add_row(_change(float(level)), _change(check.measured[level]), times)
    console.print(table)
    console.print(
        f"false alarms: {check.false_alarms} of {check.twin_verdicts} verdicts on twins "
        f"(margin {percent(check.margin)}, {check.rounds} rounds each)"
    )
    console.print(f"a twin's ratio is known to ±{percent(check.aa_half_width)}")
    smallest = check.smallest_seen
    seen = (
        f"+{percent(smallest)}"
        if smallest
        else f"none of those planted, up to +{percent(max(map(float, check.detected)))}"
    )
    console.print(f"smallest slow-down found every time: {seen}")
    console.print(f"it took {check.seconds:.0f} s")
