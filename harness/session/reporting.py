"""Make every derived file of a run from its ledger alone, after bench and for report."""

import gc
from dataclasses import replace
from pathlib import Path

from harness import ledger
from harness.files import write_all
from harness.metrics import Metric
from harness.model import HarnessError
from harness.report.derived import build
from harness.report.frames.audit import is_unfinished
from harness.report.frames.tables import make_tables
from harness.report.scripts import run_json
from harness.report.terminal import print_report
from harness.session.console import Result
from harness.session.exits import FAILED, FINE, NOTHING
from harness.stats.judge import judge_run


def write_report(folder: Path, result: Result, metric: Metric | None = None) -> int:
    """Write all derived files of a run, tell its result; return FINE, FAILED or NOTHING.

    Args:
        result: where it is told.
        metric: what rows are ranked and compared by, instead of what the run was asked to judge by.
    """
    gc.disable()  # nearly all that is made stays until the end; walking through it again and again takes a tenth of the time
    try:
        return _write_report(folder, result, metric)
    finally:
        gc.enable()


def _write_report(folder: Path, result: Result, metric: Metric | None) -> int:
    recorded = ledger.read(folder)
    if metric:
        plan = replace(recorded.run.plan, metric=metric.key)
        recorded = replace(recorded, run=replace(recorded.run, plan=plan))
    if not any(trial.reason is None for trial in recorded.trials):
        reasons = sorted({f"{trial.cell.id}: {trial.reason}" for trial in recorded.trials if trial.reason})
        raise HarnessError(
            "nothing was measured" + "".join(f"; {reason}" for reason in reasons), exit_code=NOTHING
        )
    tables = make_tables(recorded, judge_run(recorded))
    write_all(folder, build(recorded, tables))
    unfinished = is_unfinished(recorded)
    print_report(result.console, tables, unfinished=unfinished)
    result.console.say(f"written to {folder}; open {folder / 'report.html'}")
    result.tell(run_json(recorded.run.id, folder, tables, unfinished=unfinished))
    return FAILED if any(trial.reason for trial in recorded.trials) else FINE
