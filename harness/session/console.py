"""Where text goes: results to standard output, progress and complaints to standard error; and less of it for scripts."""

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import rich.console
from rich.console import ConsoleOptions, RenderableType
from rich.segment import Segment

from harness.model import HarnessError
from harness.report.csvs import to_json
from harness.report.narrow import say
from harness.session.exits import FAILED, FINE, INTERRUPTED
from harness.text import printable_lines, printable_values

PIPE_WIDTH = 200  # columns of a table that no terminal cuts


class Console(rich.console.Console):
    """A console that the text it shows cannot steer: only its own styles make escape codes."""

    def say(self, line: str) -> None:
        """Print text as it is, however long."""
        say(self, line)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Render, with every sign that a terminal would act on told by its code."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(printable_lines(segment.text), segment.style)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Where the result of a command goes.

    Attributes:
        console: for people; silent if a script asked for JSON or for nothing.
        is_json: whether one JSON document is asked for on standard output.
    """

    console: Console
    is_json: bool

    def tell(self, data: Mapping[str, Any]) -> None:
        """Write the result for a script, if one asked for it."""
        if self.is_json:
            sys.stdout.write(to_json(printable_values(data)).decode())


@dataclass(slots=True)
class Ending:
    """How a command's measuring ended: FINE, or the exit code for why it broke off."""

    code: int = FINE


@contextmanager
def kept(what: str) -> Iterator[Ending]:
    """Let a command go on after Ctrl-C or a failure, which are told, with what there is.

    Args:
        what: becomes of what was measured, for who interrupts.
    """
    ending = Ending()
    try:
        yield ending
    except KeyboardInterrupt:
        ending.code = INTERRUPTED
        to_errors().say(f"interrupted; {what}")
    except HarnessError as error:
        ending.code = error.exit_code
        to_errors().say(f"fetchbench: {error}")
    except OSError as error:  # no more files, processes or room for us
        ending.code = FAILED
        to_errors().say(f"fetchbench: {error}")


def add_script_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--quiet`` and ``--json``."""
    parser.add_argument(
        "--quiet",
        action="store_true",
        help="no progress and no table: only what went wrong, and the exit code",
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="the result as one JSON document on standard output, instead of a table",
    )


def to_result(options: argparse.Namespace) -> Result:
    """Return where the result goes that these options ask for."""
    silent = options.quiet or options.json
    return Result(console=_console(stderr=False, silent=silent), is_json=options.json)


def to_progress(options: argparse.Namespace) -> Console:
    """Return the console for progress, which ``--quiet`` silences; what went wrong goes to ``to_errors``."""
    return _console(stderr=True, silent=options.quiet)


def to_output() -> Console:
    """Return the console for results."""
    return _console(stderr=False)


def to_errors() -> Console:
    """Return the console for progress and complaints."""
    return _console(stderr=True)


def _console(*, stderr: bool, silent: bool = False) -> Console:
    console = Console(stderr=stderr, quiet=silent)
    return console if console.is_terminal else Console(stderr=stderr, quiet=silent, width=PIPE_WIDTH)
