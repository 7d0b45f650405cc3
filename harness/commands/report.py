"""Rebuild every derived file of a run from its ledger alone."""

import argparse

from harness.session.console import add_script_options, to_result
from harness.session.metric_option import add_judge_option
from harness.session.options import add_results_option
from harness.session.recorded import bench_folder
from harness.session.reporting import write_report


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``report``."""
    parser.add_argument("run_id", metavar="RUN", help="folder or id of a run of bench, or latest")
    add_judge_option(parser, "what the run was asked to judge by")
    add_results_option(parser)
    add_script_options(parser)


def run(options: argparse.Namespace) -> int:
    """Read the ledger and write what follows from it."""
    return write_report(bench_folder(options.run_id, options.results), to_result(options), options.judge)
