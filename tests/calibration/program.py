"""A program of the calibration, run as it is documented."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from harness.measure.launch import ROOT


def found_by(name: str, options: str, tmp_path: Path) -> Any:
    """Run it with these options and ``--json``, with a lock of its own; return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "harness.calibration", name, *options.split(), "--json"],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
