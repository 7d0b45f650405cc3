"""Measure a suite: every variant on every workload, in rounds, each trial in a process of its own."""

import argparse
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from harness import ledger
from harness.files import refuse_unwritable
from harness.locks import machine_lock
from harness.measure.ends import lacking
from harness.measure.machine import cpu_split, environment, fingerprint
from harness.measure.planning.catalog import Catalog, match
from harness.measure.planning.plan import make_plan
from harness.measure.planning.suite import read_suite_file, with_options
from harness.measure.processes.launch import ROOT
from harness.metrics import TIME_PER_IMAGE
from harness.model import HERE, Axis, HarnessError, Plan, Run
from harness.session.console import Console, add_script_options, kept, to_errors, to_progress, to_result
from harness.session.driver import drive, opened
from harness.session.exits import UNDECIDED, USAGE
from harness.session.metric_option import add_judge_option
from harness.session.options import (
    add_catalog_options,
    add_results_option,
    add_seed_option,
    catalog_from,
    positive,
    seed_from,
    share,
    with_own,
)
from harness.session.recorded import bench_folder, start
from harness.session.remote import add_remote_options, refuse_without_urls, remote_plan, resumed_resources
from harness.session.reporting import write_report
from harness.session.sided import Ready, ready_sides, record_of
from harness.session.sided_options import SIDE_HELP, add_cache_option
from harness.session.workload_options import OPTIONS, add_workload_options, given_fields, own_workload
from harness.sides.prepare import cache_in
from harness.sides.trees import place_of
from harness.text import REDACTED

PRECISE_ROUNDS = 40  # most rounds of a run that stops by precision
SUITE = "default"
PLAN_OPTIONS = (
    *("suite", "variants", "workloads", "rounds", "baseline", "judge", "precision", "seed"),
    *("link", "most_requests", "client", "concurrency_model", "loop", "side"),
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``bench``."""
    parser.add_argument("--suite", metavar="NAME", help=f"of suite.toml (default: {SUITE})")
    parser.add_argument(
        "--variants", nargs="+", metavar="GLOB", help="instead of the suite's: '*/aiohttp_session/*'"
    )
    parser.add_argument("--workloads", nargs="+", metavar="NAME", help="instead of the suite's")
    parser.add_argument("--rounds", type=positive, metavar="N", help="instead of the suite's")
    parser.add_argument("--baseline", metavar="VARIANT", help="what ratios refer to, instead of the suite's")
    add_judge_option(parser, TIME_PER_IMAGE.key)
    parser.add_argument(
        "--precision",
        type=share,
        metavar="P",
        help=f"stop once every ratio's interval is this narrow, e.g. 2%%; at most --rounds (then {PRECISE_ROUNDS})",
    )
    parser.add_argument(
        "--resume",
        metavar="RUN",
        help="measure exactly what this run lacks: folder, id or latest; only --results goes with it (and --yes, --urls)",
    )
    add_seed_option(parser)
    parser.add_argument("--side", metavar="SIDE", help=f"measure this instead of what is here; {SIDE_HELP}")
    add_cache_option(parser)
    add_results_option(parser, "where runs are kept")
    add_catalog_options(parser)
    add_workload_options(parser)
    add_remote_options(parser)
    add_script_options(parser)


def run(options: argparse.Namespace) -> int:
    """Measure, keep every trial, and report what there is, even after Ctrl-C or a failure."""
    console = to_progress(options)
    old = None if options.resume is None else to_resume(options)
    side = ready_side(options, console)
    catalog = side.catalog if side else catalog_from(options)
    if old:
        recorded = ledger.read(old)
        resources = resumed_resources(recorded.run, len(recorded.trials), options, to_errors())
        begin = partial(resume, old, catalog, side)
    else:
        refuse_unwritable(options.results)
        plan = plan_from(options, catalog, to_errors())
        resources = plan.resources
        begin = partial(begin_latest, options.results, plan, catalog, side)
    with machine_lock(console.say):  # until the report is written: drawing it would slow another run down
        folder = begin()
        with (
            kept(f"what was measured is kept (go on with --resume {folder})") as ending,
            opened(folder, console) as writer,
        ):
            drive(console, writer, {HERE: catalog}, cache_folder=options.cache, resources=resources)
        if ending.code and not any(trial.reason is None for trial in ledger.read(folder).trials):
            return ending.code  # there is nothing to report, and the reason has been told
        reported = write_report(folder, to_result(options))
    return ending.code or reported


def plan_from(options: argparse.Namespace, catalog: Catalog, console: Console) -> Plan:
    """Make the plan that the options ask for; with a list of URLs, once the user has said yes to what will be sent."""
    file = read_suite_file(options.suite_file)
    name = SUITE if options.suite is None else options.suite
    suite = with_options(file.suite(name), {"rounds": options.rounds}, {"rounds": "--rounds"})
    asked = "--variants" if options.variants else f"{options.suite_file}: suites.{name}.variants"
    variants = with_own(match(options.variants or suite.variants, catalog.variants, asked), catalog, options)
    baseline = suite.baseline if options.baseline is None else options.baseline
    if baseline not in {variant.id for variant in catalog.variants}:
        asked = (
            "--baseline" if options.baseline is not None else f"{options.suite_file}: suites.{name}.baseline"
        )
        raise HarnessError(f"{asked}: no variant {baseline!r}; `list` shows their ids", exit_code=USAGE)
    if options.baseline:
        variants = tuple({*variants, *match([baseline], catalog.variants)})
    rounds = PRECISE_ROUNDS if options.precision and not options.rounds else suite.rounds
    make = partial(
        make_plan,
        suite=name,
        baseline=baseline,
        seed=seed_from(options),
        variants=sorted(variants, key=lambda variant: variant.id),
        precision=options.precision,
        metric=options.judge.key if options.judge else None,
    )
    if options.urls:
        return remote_plan(options, file.rules, rounds, make, console)
    refuse_without_urls(options)
    own = own_workload(options, file.links, file.faults)
    names = dict.fromkeys(options.workloads or suite.workloads)
    workloads = [own] if own else [file.workload(workload) for workload in names]
    return make(rules=file.rules, workloads=workloads, lacking=lacking(workloads), rounds=rounds)


def ready_side(options: argparse.Namespace, console: Console) -> Ready | None:
    """Make the side ready that is to be measured; its client and variant are those of the run. None without ``--side``."""
    if options.side is None:
        return None
    [ready] = ready_sides({HERE: options.side}, options, console)
    if ready.side.client:
        options.client = [*options.client, ready.side.client]
    if ready.side.variant and not options.resume:
        options.variants = options.variants or [ready.side.variant]
    return ready


def begin_latest(results: Path, plan: Plan, catalog: Catalog, side: Ready | None) -> Path:
    """Make the run's folder, and let ``latest`` point to it."""
    folder = start(results, plan, catalog, record_of(side) if side else None)
    latest = results / "latest"
    if latest.is_symlink() or not latest.exists():  # else it is something of the user's own
        with suppress(OSError):  # a convenience, which a folder may not allow
            latest.unlink(missing_ok=True)
            latest.symlink_to(folder.relative_to(results), target_is_directory=True)
    return folder


def to_resume(options: argparse.Namespace) -> Path:
    """Return the folder of the run that is to go on; the user's own files are those that it measures.

    Raises:
        HarnessError: there is no such run, or an option would change what it measures.
    """
    given = [
        f"--{name.replace('_', '-')}" for name in PLAN_OPTIONS if getattr(options, name) not in (None, [])
    ]
    given += [OPTIONS[name] for name in given_fields(options)]
    if given:
        raise HarnessError(f"--resume continues the recorded plan; leave out {given[0]}", exit_code=USAGE)
    folder = bench_folder(options.resume, options.results)
    recorded = ledger.read_run(folder)
    options.env = list(variables_of(recorded, dict(options.env)).items())
    side = recorded_side(recorded)
    commit = str(side.get("identity", {}).get("commit", ""))
    root = place_of(commit, cache_in(options.cache)) if commit else ROOT
    options.client = from_outside(recorded, "client", root)
    options.concurrency_model = from_outside(recorded, "concurrency", root)
    options.loop = from_outside(recorded, "loop", root)
    options.side = side.get("side")
    if options.side and REDACTED in options.side:
        raise HarnessError(
            f"cannot resume {folder}: its side has a secret, which was not recorded; start a new run",
            exit_code=USAGE,
        )
    return folder


def variables_of(run: Run, told: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that a run was asked for; secrets were not recorded, and are told again.

    Raises:
        HarnessError: exit code 2: a secret is missing, or something else is told.
    """
    known = run.fingerprint.get("variables")
    recorded = {str(name): str(value) for name, value in known.items()} if isinstance(known, Mapping) else {}
    secrets = {name for name, value in recorded.items() if REDACTED in value}
    for name in sorted(secrets ^ set(told)):
        advice = (
            f"--env {name}: its value is a secret and was not recorded; give it again"
            if name in secrets
            else f"--resume continues with the recorded variables; leave out --env {name}"
        )
        raise HarnessError(advice, exit_code=USAGE)
    return {**recorded, **told}


def recorded_side(run: Run) -> Mapping[str, Any]:
    """What a run says of the side that it measured; nothing if that was none."""
    sides = run.environment.get("sides")
    side = sides.get(HERE) if isinstance(sides, Mapping) else None
    return side if isinstance(side, Mapping) else {}


def resume(folder: Path, catalog: Catalog, side: Ready | None) -> Path:
    """Make sure that the run can go on as it began, and return its folder.

    Raises:
        HarnessError: machine, code, packages or a contender differ.
    """
    run = ledger.read_run(folder)
    differing = differences(run, catalog)
    if side and recorded_side(run).get("identity") != side.prepared.identity:
        differing.append("the side")
    if differing:
        raise HarnessError(
            f"cannot resume {folder}: these differ from when it began: {', '.join(differing)}; start a new run",
            exit_code=UNDECIDED,
        )
    return folder


def differences(run: Run, catalog: Catalog) -> list[str]:
    """Names of the facts of machine, code and contenders in which now differs from then."""
    now = fingerprint(catalog.interpreter, *cpu_split())
    keys = [key for key in sorted({*run.fingerprint, *now}) if run.fingerprint.get(key) != now.get(key)]
    if run.environment.get("revision") != environment()["revision"]:
        keys.append("revision")
    sources = {(contender.axis, contender.name): contender.source for contender in catalog.contenders}
    used = {
        name for variant in run.plan.variants for name in (variant.client, variant.concurrency, variant.loop)
    }
    return keys + [
        f"{contender.axis} {contender.name}"
        for contender in run.contenders
        if contender.name in used and sources.get((contender.axis, contender.name)) != contender.source
    ]


def from_outside(run: Run, axis: Axis, root: Path) -> list[Path]:
    """Files of the user's own that the run measures, to be found again when it is resumed.

    Args:
        root: of the project's files that it measures.
    """
    tree = root / "benchmarks"
    paths = [Path(contender.path) for contender in run.contenders if contender.axis == axis]
    return [path for path in paths if not path.is_relative_to(tree)]
