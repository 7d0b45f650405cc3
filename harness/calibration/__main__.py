"""``python -m harness.calibration NAME``: one of the programs that measure the instrument, with its own options."""

import argparse
import importlib
import sys
from functools import partial

from harness.__main__ import Program, start

PROGRAMS = (
    *("verdicts", "gate_proof", "kill_resume", "instrument_cost"),
    *(
        "server_rate",
        "tls_rate",
        "link",
        "replay",
        "surroundings",
        "trial_value",
        "report_scale",
        "fault_counts",
        "first_hour",
    ),
)


def _program() -> Program:
    parser = argparse.ArgumentParser(
        prog="python -m harness.calibration", description=__doc__, allow_abbrev=False
    )
    parser.add_argument("name", choices=PROGRAMS, metavar="NAME", help=", ".join(PROGRAMS))
    name = parser.parse_args(sys.argv[1:2]).name
    from harness.cli import guarded  # noqa: PLC0415 - where a package is missing, ``start`` says which

    sys.argv = [f"{parser.prog} {name}", *sys.argv[2:]]
    main = importlib.import_module(f"harness.calibration.{name}").main
    return partial(guarded, lambda: main() or 0)


if __name__ == "__main__":
    sys.exit(start(_program))
