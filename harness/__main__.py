"""``python -m harness``."""

import sys
from collections.abc import Callable

from harness import streams
from harness.interrupts import interrupts

Program = Callable[[], int]
POSIX = {"fcntl", "resource"}  # of the standard library, where a system has them


def start(load: Callable[[], Program]) -> int:
    """Load a program and run it, or say in one line what it needs; return its exit code.

    Args:
        load: imports what the program needs; an interrupt meanwhile ends the process, for there is nothing to keep.
    """
    output = streams.secure()
    interrupts.is_loading = True
    interrupts.install()
    try:
        program = load()
    except ModuleNotFoundError as error:
        if error.name in POSIX:
            sys.stderr.write(f"fetchbench: {sys.platform} is not supported; on Windows use WSL 2\n")
            return 1
        sys.stderr.write(
            f"fetchbench: the package {error.name} is not installed for {sys.executable}; "
            "nox makes an environment that has all: nox -s list\n"
        )
        return 1
    interrupts.is_loading = False
    code = program()
    sys.stdout.flush()
    if output.failure is None or isinstance(
        output.failure, BrokenPipeError
    ):  # who closes a pipe has read enough
        return code
    sys.stderr.write(f"fetchbench: cannot write to standard output: {output.failure.strerror}\n")
    return code or 1


def _command_line() -> Program:
    from harness.cli import load  # noqa: PLC0415 - where a package is missing, ``start`` says which

    return load(sys.argv[1:])


if __name__ == "__main__":  # processes that draw charts load this module too, but need no commands
    sys.exit(start(_command_line))
