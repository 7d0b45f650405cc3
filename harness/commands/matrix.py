"""Compare several sides in one run: the same variants over Pythons or library versions, against the first that works."""

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from harness import ledger
from harness.files import write_all
from harness.locks import machine_lock
from harness.measure.planning.plan import make_sided_plan
from harness.measure.planning.suite import GateFields, read_suite_file
from harness.metrics import judged_metric
from harness.model import Cell, HarnessError
from harness.report.csvs import to_csv
from harness.report.drawings.charts import render
from harness.report.drawings.style import looks
from harness.report.frames.findings import EFFECT, comparison_frame
from harness.report.gate.matrix import matrix_findings, matrix_html, matrix_json, matrix_md, slopes
from harness.session.console import Result, add_script_options, kept, to_progress, to_result
from harness.session.exits import FAILED, FINE, NOTHING, USAGE
from harness.session.lineup import chosen_variants, line_up, twins
from harness.session.options import seed_from
from harness.session.recorded import dated_folder
from harness.session.sided import Ready, facts_of, measure_sides, ready_sides
from harness.session.sided_options import SIDE_HELP, add_sided_options, gate_fields, margins_of
from harness.text import redacted_argument

LEAST_SIDES = 2  # of a comparison


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``matrix``."""
    parser.add_argument(
        "--side", action="append", required=True, metavar="SIDE", help=f"two or more; {SIDE_HELP}"
    )
    add_sided_options(parser)
    add_script_options(parser)


def run(options: argparse.Namespace) -> int:
    """Measure all sides in the same rounds; table, slope graph and CSV, even after Ctrl-C."""
    texts = {redacted_argument(text): text for text in options.side}
    if len(texts) < LEAST_SIDES or len(texts) < len(options.side):
        raise HarnessError(
            "--side: give two or more different sides, each with a --side of its own", exit_code=USAGE
        )
    console = to_progress(options)
    file = read_suite_file(options.suite_file)
    fields = gate_fields(file, options)
    asked = [file.workload(name) for name in dict.fromkeys(fields.workloads)]
    failed: dict[str, str] = {}
    sides = ready_sides(texts, options, console, failed)
    if len(sides) < LEAST_SIDES:
        raise HarnessError(f"nothing to compare: {len(sides)} of {len(texts)} sides can be measured")
    lineup = line_up(sides, fields.variants, asked, options)
    left_out = {group: obstacle.reason for group, obstacle in lineup.left_out.items()}
    for group, reason in left_out.items():
        console.say(f"skipped: {group[0].workload}: {reason}")
    for name in twins(sides, lineup.groups):
        line = f"side {name!r} measures the very thing that {sides[0].name!r} measures: the noise alone"
        console.say(line)
    if not lineup.groups:
        raise HarnessError("nothing to measure: no variant runs on every side", exit_code=NOTHING)
    plan = make_sided_plan(
        suite="matrix",
        baseline=lineup.groups[0][0].variant,
        seed=seed_from(options),
        rules=replace(file.rules, trial_s=fields.trial_s),
        workloads=asked,
        variants=chosen_variants(sides, lineup.groups),
        groups=lineup.groups,
        rounds=options.rounds or fields.decide_rounds,
    )
    folder = dated_folder(options.results / "matrices") / "run"
    with machine_lock(console.say):
        with kept("what was measured is kept and reported") as ending:
            measure_sides(console, folder, options.results, plan, sides, cache=options.cache)
        if ending.code and not any(trial.reason is None for trial in ledger.read(folder).trials):
            return ending.code  # there is nothing to report, and the reason has been told
        told = _tell(folder, sides, lineup.groups, fields, failed, left_out, to_result(options))
    return ending.code or told


def _tell(
    folder: Path,
    sides: tuple[Ready, ...],
    groups: tuple[tuple[Cell, ...], ...],
    fields: GateFields,
    failed: Mapping[str, str],
    left_out: Mapping[tuple[Cell, ...], str],
    result: Result,
) -> int:
    """Write the table, the CSV and the figure."""
    recorded = ledger.read(folder)
    metrics = [judged_metric(key) for key in dict.fromkeys(fields.metrics)]
    margins = margins_of(fields, recorded.run.plan.cells)
    findings = matrix_findings(recorded, groups, metrics, margins, failed, left_out)
    frame = comparison_frame(findings, EFFECT)
    if not frame["ratio"].notna().any():
        raise HarnessError("nothing was measured on two sides", exit_code=NOTHING)
    place = folder.parent
    facts = {side.name: facts_of(side) for side in sides}
    text = matrix_md(findings, facts | {name: {"failed": why} for name, why in failed.items()})
    shown = looks(recorded.run.contenders, recorded.run.plan.variants)
    compared = frame[frame["verdict"] != "skipped"]
    chart = render(slopes, compared, shown, f"Over {frame['reference_side'].iloc[0]}")
    files = {"matrix.csv": to_csv(frame), "matrix.md": text, "matrix.html": matrix_html(findings)}
    write_all(place, files | {"matrix.svg": chart})
    result.console.say(text.decode())
    result.console.say(f"written to {place}")
    result.tell(matrix_json(findings, facts, failed) | {"folder": str(place)})
    return FAILED if failed or any(trial.reason for trial in recorded.trials) else FINE
