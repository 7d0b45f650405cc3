"""``python -m harness``."""

import os
import signal
import sys
from types import FrameType


def main() -> int:
    """Run the command line, or say in one line what it needs."""
    signal.signal(signal.SIGINT, _leave)  # while it loads there is nothing to keep
    try:
        from harness.cli import main as run  # noqa: PLC0415 - all that follows from it may be missing
    except ModuleNotFoundError as error:
        sys.stderr.write(
            f"fetchbench: the package {error.name} is not installed for {sys.executable}; "
            "nox makes an environment that has all: nox -s list\n"
        )
        return 1
    signal.signal(signal.SIGINT, signal.default_int_handler)
    return run(sys.argv[1:])


def _leave(_signal: int, _frame: FrameType | None) -> None:
    os.write(2, b"fetchbench: interrupted\n")
    os._exit(130)


if __name__ == "__main__":  # processes that draw charts load this module too, but need no commands
    sys.exit(main())
