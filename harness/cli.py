"""The command line: options to a command, errors to one line, outcomes to exit codes."""

import argparse
import io
import os
import signal
import sys
from collections.abc import Sequence

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
from harness.text import printable

COMMANDS = (listing, bench, gate, matrix, compare, history, export, report, selfcheck, lessons, primitives)


def main(arguments: Sequence[str]) -> int:
    """Run one command; return its exit code."""
    signal.signal(signal.SIGTERM, _interrupt)  # a CI that gives up gets the same care as Ctrl-C
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a sign that a terminal lacks is no reason to stop
    try:
        options = _parser().parse_args(arguments)
        code: int = options.run(options)
        sys.stdout.flush()
    except HarnessError as error:
        print(f"fetchbench: {printable(str(error))}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("fetchbench: interrupted", file=sys.stderr)
        return INTERRUPTED
    except OSError as error:  # of standard output: whoever opens a file says himself what went wrong
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # so that Python's own flush at exit is quiet too
        if not isinstance(error, BrokenPipeError):
            print(f"fetchbench: {printable(str(error))}", file=sys.stderr)
        return FAILED
    return code


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


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
