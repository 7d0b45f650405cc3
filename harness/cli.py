"""The command line: options to a command, errors to one line, outcomes to exit codes."""

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from harness.commands import (
    bench,
    compare,
    export,
    gate,
    history,
    lessons,
    listing,
    matrix,
    primitives,
    report,
    selfcheck,
)
from harness.model import HarnessError
from harness.session.exits import FAILED, INTERRUPTED, USAGE
from harness.text import printable

COMMANDS = (listing, bench, gate, matrix, compare, history, export, report, selfcheck, lessons, primitives)


def main(arguments: Sequence[str]) -> int:
    """Run one command; return its exit code."""

    def run() -> int:
        for one in arguments:
            if one.startswith("--") and one.endswith(
                "=--"
            ):  # argparse of Python 3.11 makes an empty list of it
                raise HarnessError(f"{printable(one)}: -- is no value", exit_code=USAGE)
        options = _parser().parse_args(arguments)
        code: int = options.run(options)
        return code

    return guarded(run)


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
        """Tell what is wrong with the command line, and end."""
        super().error(printable(message))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m harness",
        description="Measure and compare ways of downloading many images concurrently in Python.",
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        one = commands.add_parser(
            command.NAME, help=command.HELP, description=command.__doc__, allow_abbrev=False
        )
        command.add_options(one)
        one.set_defaults(run=command.run)
    return parser
