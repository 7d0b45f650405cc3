"""How values stand in CSV files."""

import pandas as pd

from harness.report.csvs import to_csv


def test_a_distribution_is_its_quantiles_and_text_is_never_run() -> None:
    frame = pd.DataFrame([{"bytes": (1024, 2048.5), "said": "=1+1"}, {"bytes": 6144, "said": "plain"}])
    assert to_csv(frame) == b"bytes,said\n1024 2048.5,'=1+1\n6144,plain\n"
