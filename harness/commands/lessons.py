"""Run the article's claims and traps, each in a fresh process, and say what happened here."""

import argparse
import platform
import sys
from pathlib import Path

from harness import ledger
from harness.commands.conduct import machine_lock
from harness.commands.console import to_errors
from harness.lessons.face import main_lessons
from harness.measure.launch import ROOT
from harness.measure.machine import cpu_split, fingerprint

NAME = "lessons"
HELP = "the article's claims and traps, each really done, with its number"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``lessons``."""
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these lessons (default: all)")
    parser.add_argument("--markdown", type=Path, metavar="PATH", help="write the page to this file")
    parser.add_argument(
        "--results",
        type=Path,
        default=ROOT / "results",
        metavar="DIR",
        help="where the records of all lessons are kept for later reports (default: results/ of the checkout)",
    )


def run(options: argparse.Namespace) -> int:
    """Run them and print one line for each."""
    facts = fingerprint({}, *cpu_split())
    machine = {
        "processor": f"{facts['cpu']}, {facts['cpus']} CPUs",
        "system": str(facts["kernel"]),
        "Python": str(facts["python"]),
    }
    folder = ledger.article_folder(options.results, "lessons", platform.python_version())
    with machine_lock(to_errors()):
        return main_lessons(
            python=sys.executable,
            machine=machine,
            output=sys.stdout,
            names=options.names,
            markdown=options.markdown,
            json=None if options.names else folder / "lessons.json",
        )
