"""The command line: options to a command, errors to one line, outcomes to exit codes."""

import argparse
import sys
from collections.abc import Callable, Sequence

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
from harness.commands.exits import FAILED, INTERRUPTED
from harness.model import HarnessError

COMMANDS = (listing, bench, gate, matrix, compare, history, export, report, selfcheck, lessons, primitives)


def main(arguments: Sequence[str]) -> int:
    """Run one command; return its exit code."""

    def run() -> int:
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
        print(f"fetchbench: {error}", file=sys.stderr)
        return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
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
