"""Compare two recorded runs. Unlike machines or packages are refused; to decide on a change, use ``gate``."""

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness import ledger
from harness.files import write_all
from harness.ledger import Ledger
from harness.metrics import TIME_PER_IMAGE
from harness.model import HERE, HarnessError
from harness.outcomes import OUTCOMES
from harness.report.compare import (
    Compared,
    compare_csv,
    compare_html,
    compare_json,
    compare_md,
    print_compare,
)
from harness.session.console import add_script_options, to_result
from harness.session.exits import UNDECIDED, USAGE
from harness.session.metric_option import add_metric_option
from harness.session.options import add_results_option, share
from harness.session.recorded import run_folder
from harness.stats.gate import overall
from harness.stats.judge_runs import judge_runs
from harness.stats.verdict import Margins


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``compare``."""
    parser.add_argument("base", metavar="BASE_RUN", help="folder or id of a run")
    parser.add_argument("head", metavar="HEAD_RUN", help="folder or id of the run that is judged")
    parser.add_argument(
        "--margin",
        type=share,
        default=0.05,
        metavar="P",
        help="differences up to this are ignored (default: 5%%)",
    )
    add_metric_option(parser, TIME_PER_IMAGE.key)
    parser.add_argument(
        "--force", action="store_true", help="show unlike runs side by side, every row marked not comparable"
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="for compare.csv, compare.md and compare.html (default: the head run's folder)",
    )
    add_results_option(parser)
    add_script_options(parser)


def run(options: argparse.Namespace) -> int:
    """Compare, write, print; the exit code says what was found."""
    folder = run_folder(options.head, options.results)
    base, head = ledger.read(run_folder(options.base, options.results)), ledger.read(folder)
    if base.run.id == head.run.id:
        raise HarnessError(f"{base.run.id} is compared with itself: give two runs", exit_code=USAGE)
    differing = list(dict.fromkeys(_unlike_sides(base, head)))
    if differing and not options.force:
        raise HarnessError(
            f"{base.run.id} and {head.run.id} are not comparable: {'; '.join(differing)} "
            "(--force shows them side by side without a verdict)",
            exit_code=UNDECIDED,
        )
    findings = judge_runs(
        base,
        head,
        metrics=options.metric or (TIME_PER_IMAGE,),
        margins=Margins(default=options.margin),
        unlike="; ".join(differing) or None,
    )
    compared = Compared(
        base=base.run.id, head=head.run.id, notes=list(_notes(base, head, differing)), findings=findings
    )
    place = options.out or folder
    files = {
        "compare.csv": compare_csv(compared),
        "compare.md": compare_md(compared),
        "compare.html": compare_html(compared),
    }
    write_all(place, files)
    result = to_result(options)
    print_compare(result.console, compared)
    result.console.say(f"written to {place}")
    word = overall(findings)
    result.tell(compare_json(compared, word))
    return OUTCOMES[word].exit_code


def _unlike_sides(base: Ledger, head: Ledger) -> Iterator[str]:
    """In what the machine, the Python or the packages differ, on any side that both runs have."""
    there, here = ({cell.side for cell in recorded.run.plan.cells} for recorded in (base, head))
    for side in sorted(there & here) or [HERE]:
        yield from differences(base.run.on(side), head.run.on(side))


def differences(base: Mapping[str, Any], head: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """The keys in which two fingerprints differ, with both values; inner keys are joined with a dot."""
    for key in sorted(base.keys() | head.keys()):
        old, new = base.get(key, "absent"), head.get(key, "absent")
        if isinstance(old, Mapping) or isinstance(new, Mapping):
            there, here = (found if isinstance(found, Mapping) else {} for found in (old, new))
            yield from differences(there, here, f"{prefix}{key}.")
        elif old != new:
            yield f"{prefix}{key}: {old} against {new}"


def _notes(base: Ledger, head: Ledger, differing: list[str]) -> Iterator[str]:
    yield from (f"unlike: {difference}" for difference in differing)
    if base.run.plan.rules != head.run.plan.rules:
        yield "the rules of a trial differ between the runs (warm-ups, length or passes)"
    for name, recorded in (("base", base), ("head", head)):
        if recorded.cut:
            yield f"the last line of the {name} run's ledger was cut; it is left out"
