"""The programs of the calibration: found by name, and with the errors of any command."""

import subprocess
import sys

import pytest

from harness.calibration.__main__ import PROGRAMS
from harness.measure.processes.launch import ROOT


def program(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "harness.calibration", *arguments],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_every_program_is_there() -> None:
    stems = {path.stem for path in (ROOT / "harness" / "calibration").glob("*.py")}
    assert stems >= set(PROGRAMS)
    assert {
        stem for stem in stems if "def main(" in (ROOT / "harness" / "calibration" / f"{stem}.py").read_text()
    } == set(PROGRAMS)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("nothing",), 2, "invalid choice: 'nothing'"),
        (("trial_value", "--variant", "no/such"), 2, "fetchbench: "),
    ],
)
def test_a_refusal_is_one_line(arguments: tuple[str, ...], code: int, message: str) -> None:
    done = program(*arguments)
    assert done.returncode == code
    assert message in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
