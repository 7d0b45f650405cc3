"""What a program that cannot be loaded says, in one line."""

import subprocess
import sys

import pytest

from tests.ci.sessions import ROOT

LOADS = """
import sys
from harness.__main__ import start
def load():
    raise ModuleNotFoundError(name=sys.argv[1])
sys.exit(start(load))
"""


ADVICE = "nox makes an environment that has all: nox -s list"


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ("fcntl", f"fetchbench: {sys.platform} is not supported; on Windows use WSL 2\n"),
        ("pydantic", f"fetchbench: the package pydantic is not installed for {sys.executable}; {ADVICE}\n"),
    ],
)
def test_what_is_missing_is_told(missing: str, said: str) -> None:
    command = [sys.executable, "-c", LOADS, missing]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", said)
