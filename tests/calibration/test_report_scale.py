"""The synthetic runs that a report is timed with are runs: what reads ledgers reads them."""

from pathlib import Path

from harness import ledger
from harness.calibration import report_scale


def test_a_synthetic_run_can_be_read_whole(tmp_path: Path) -> None:
    made = report_scale.write(tmp_path, 1)
    recorded = ledger.read(tmp_path)
    assert made == len(recorded.trials) == 3 * len(recorded.run.plan.cells)
    assert not recorded.cut
