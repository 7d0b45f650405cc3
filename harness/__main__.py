"""``python -m harness``."""

import sys

from harness import streams
from harness.interrupts import interrupts


def main() -> int:
    """Run the command line, or say in one line what it needs."""
    output = streams.secure()
    interrupts.is_loading = True
    interrupts.install()
    try:
        from harness.cli import main as run  # noqa: PLC0415 - all that follows from it may be missing
    except ModuleNotFoundError as error:
        sys.stderr.write(
            f"fetchbench: the package {error.name} is not installed for {sys.executable}; "
            "nox makes an environment that has all: nox -s list\n"
        )
        return 1
    interrupts.is_loading = False
    code = run(sys.argv[1:])
    sys.stdout.flush()
    if output.failure is None or isinstance(
        output.failure, BrokenPipeError
    ):  # who closes a pipe has read enough
        return code
    sys.stderr.write(f"fetchbench: cannot write to standard output: {output.failure.strerror}\n")
    return code or 1


if __name__ == "__main__":  # processes that draw charts load this module too, but need no commands
    sys.exit(main())
