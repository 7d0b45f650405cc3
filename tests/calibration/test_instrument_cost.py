"""The benchmark of the harness's own cost runs as it is documented; what it finds is no business of a test."""

from pathlib import Path

import pytest

from tests.calibration.program import found_by


@pytest.mark.long
def test_it_pairs_the_harness_with_a_bare_script(tmp_path: Path) -> None:
    variant = "gather/aiohttp_session/asyncio"
    [found] = found_by("instrument_cost", f"--rounds 3 --passes 1 --variants {variant}", tmp_path)
    assert (found["variant"], found["rounds"]) == (variant, 3)
    assert 0 < found["low"] < found["ratio"] < found["high"]
