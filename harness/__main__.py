"""``python -m harness``."""

import sys


def main() -> int:
    """Run the command line, or say in one line what it needs."""
    try:
        from harness.cli import main as run  # noqa: PLC0415 - all that follows from it may be missing
    except ModuleNotFoundError as error:
        sys.stderr.write(
            f"fetchbench: the package {error.name} is not installed for {sys.executable}; "
            "nox makes an environment that has all: nox -s list\n"
        )
        return 1
    return run(sys.argv[1:])


if __name__ == "__main__":  # processes that draw charts load this module too, but need no commands
    sys.exit(main())
