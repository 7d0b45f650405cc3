"""The benchmark of the harness's own cost runs as it is documented; what it finds is no business of a test."""

import json
import os
import subprocess
import sys
from pathlib import Path

from harness.measure.launch import ROOT


def test_it_pairs_the_harness_with_a_bare_script(tmp_path: Path) -> None:
    options = ("--rounds", "3", "--passes", "1", "--variants", "gather/aiohttp_session/asyncio", "--json")
    done = subprocess.run(
        [sys.executable, "-m", "harness.calibration", "instrument_cost", *options],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    [found] = json.loads(done.stdout)
    assert found["variant"] == "gather/aiohttp_session/asyncio"
    assert found["rounds"] == 3
    assert 0 < found["low"] < found["ratio"] < found["high"]
