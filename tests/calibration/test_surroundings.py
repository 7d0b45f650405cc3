"""The proof that nothing of the user's environment counts runs as it is documented; its ratios are no business of a test."""

import json
import os
import subprocess
import sys
from pathlib import Path

from harness.calibration.surroundings import kinds
from harness.measure.launch import ROOT


def test_it_pairs_a_variant_with_itself(tmp_path: Path) -> None:
    options = (
        "--rounds",
        "3",
        "--passes",
        "1",
        "--kinds",
        "netrc",
        "--variants",
        "sequential/requests_get",
        "--json",
    )
    done = subprocess.run(
        [sys.executable, "-m", "harness.calibration", "surroundings", *options],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    [found] = json.loads(done.stdout)
    assert (found["kind"], found["variant"]) == ("netrc", "sequential/requests_get")
    assert 0 < found["low"] < found["ratio"] < found["high"]


def test_the_netrc_answers_for_every_host(tmp_path: Path) -> None:
    variables = kinds(tmp_path)["netrc"]
    lines = Path(variables["NETRC"]).read_text().splitlines()
    assert (len(lines), lines[-1].split()[0]) == (401, "default")
    assert variables["HOME"] == str(tmp_path)
