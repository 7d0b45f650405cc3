"""A program of the calibration, run as it is documented."""

import json
import os
import subprocess
import sys
from collections.abc import Container
from pathlib import Path
from typing import Any

from harness.measure.processes.launch import ROOT


def found_by(name: str, options: str, tmp_path: Path, codes: Container[int] = (0,)) -> Any:
    """Run it with these options and ``--json``, with a lock of its own; return what it printed.

    Args:
        codes: exit codes that are right; more than 0 where a verdict depends on how busy the machine is.
    """
    done = subprocess.run(
        [sys.executable, "-m", "harness.calibration", name, *options.split(), "--json"],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in codes, done.stderr
    return json.loads(done.stdout)
