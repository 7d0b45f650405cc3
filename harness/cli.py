"""The command line: options to a command, errors to one line, outcomes to exit codes."""

import argparse
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import NoReturn

from harness.model import HarnessError
from harness.session.exits import FAILED, INTERRUPTED, USAGE
from harness.text import printable

# Name of each command -> its module in ``harness.commands``, and what it is for. Only the one that runs is imported.
COMMANDS = {
    "list": ("listing", "show variants (and why some cannot run here), workloads and suites"),
    "bench": ("bench", "measure a suite and write CSVs, charts and a table"),
    "record": (
        "record",
        "look once at the URLs of a list, and write a suite file that asks the same of a local copy",
    ),
    "gate": ("gate", "base against head, interleaved in the same rounds: the gate of a CI"),
    "matrix": (
        "matrix",
        "the same variants over several Pythons or library versions: what an upgrade is worth",
    ),
    "compare": ("compare", "compare two recorded runs of like machines"),
    "history": ("history", "keep runs over time, and show trends with their changes"),
    "export": (
        "export",
        "write a run for pytest-benchmark, pyperf, Bencher, github-action-benchmark or Otava; a row per image; schemas",
    ),
    "report": ("report", "rebuild every derived file of a run from its ledger alone"),
    "selfcheck": (
        "selfcheck",
        "known truths on this machine: false alarms, and the smallest slow-down that is surely found",
    ),
    "conformance": (
        "conformance",
        "what each client does with each fault, each model with one bad image, and programs under limits of the machine",
    ),
    "soak": ("soak", "one client over very many images, with faults: does anything grow, is anything lost?"),
    "lessons": ("lessons", "the article's claims and traps, each really done, with its number"),
    "primitives": ("primitives", "a CSV and charts of what `nox -s primitives` measured"),
}


def main(arguments: Sequence[str]) -> int:
    """Run one command; return its exit code."""
    return load(arguments)()


def load(arguments: Sequence[str]) -> Callable[[], int]:
    """Read the command line, for which the module of the command that it names is imported; what is returned runs it."""
    options = parse(arguments)
    return partial(guarded, partial(options.run, options))


def guarded(run: Callable[[], int]) -> int:
    """Run it; return its exit code, or tell in one line why it has ended."""
    try:
        return run()
    except HarnessError as error:
        print(f"fetchbench: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("fetchbench: interrupted", file=sys.stderr)
        return INTERRUPTED
    except OSError as error:  # who opens a file says himself what went wrong; this is for what nobody expects
        print(f"fetchbench: {printable(str(error))}", file=sys.stderr)
        return FAILED


class _Parser(argparse.ArgumentParser):
    """Quotes what was typed so that it cannot steer the terminal; its commands' parsers are of the same class."""

    def error(self, message: str) -> NoReturn:
        """Tell in one line what is wrong with the command line, and end; the usage has more lines than anybody reads."""
        self.exit(USAGE, f"{self.prog}: error: {printable(message)}; {self.prog} --help shows all options\n")


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line, for which only the module of the command that it names is imported."""
    parser = _Parser(
        prog=os.environ.get("FETCHBENCH_COMMAND", "python -m harness"),
        description="Measure and compare ways of downloading many images concurrently in Python.",
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    asked = next((argument for argument in arguments if not argument.startswith("-")), None)
    for name, (module, text) in COMMANDS.items():
        added = commands.add_parser(name, help=text, allow_abbrev=False)
        if name == asked:
            command = importlib.import_module(f"harness.commands.{module}")
            added.description = command.__doc__
            command.add_options(added)
            added.set_defaults(run=command.run)
    for argument in arguments:  # argparse of Python 3.11 makes an empty list of it
        if argument.startswith("--") and argument.endswith("=--"):
            parser.error(f"{argument}: -- is no value")
    options, unknown = parser.parse_known_args(arguments)
    if unknown:  # told by the command, whose help shows what there is; argparse would have the top tell it
        (commands.choices[asked] if asked in COMMANDS else parser).error(
            f"unrecognized arguments: {' '.join(unknown)}"
        )
    return options
