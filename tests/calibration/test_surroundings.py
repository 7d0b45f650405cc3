"""The proof that nothing of the user's environment counts runs as it is documented; its ratios are no business of a test."""

from pathlib import Path

import pytest

from harness.calibration.surroundings import kinds
from tests.calibration.program import found_by


@pytest.mark.long
def test_it_pairs_a_variant_with_itself(tmp_path: Path) -> None:
    variant = "thread_pool/requests_session"
    [found] = found_by("surroundings", f"--rounds 3 --passes 1 --kinds netrc --variants {variant}", tmp_path)
    assert (found["kind"], found["variant"]) == ("netrc", variant)
    assert 0 < found["low"] < found["ratio"] < found["high"]


def test_the_netrc_answers_for_every_host(tmp_path: Path) -> None:
    variables = kinds(tmp_path)["netrc"]
    lines = Path(variables["NETRC"]).read_text().splitlines()
    assert (len(lines), lines[-1].split()[0]) == (401, "default")
    assert variables["HOME"] == str(tmp_path)
