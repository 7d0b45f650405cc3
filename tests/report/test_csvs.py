"""How values stand in CSV files."""

import pandas as pd

from harness.report.csvs import to_csv
from tests.report.ledgers import csvs_of, make_book


def test_a_distribution_is_its_quantiles_and_text_is_never_run() -> None:
    frame = pd.DataFrame([{"bytes": (1024, 2048.5), "said": "=1+1"}, {"bytes": 6144, "said": "plain"}])
    assert to_csv(frame) == b"bytes,said\n1024 2048.5,'=1+1\n6144,plain\n"


def test_the_axes_stand_beside_each_variant_and_are_never_empty() -> None:
    frame = pd.DataFrame(
        {"variant": ["gather/aiohttp_session/uvloop", "thread_pool/requests_session", "(all)", "none"]}
    )
    assert to_csv(frame).decode().splitlines() == [
        "variant,concurrency,client,loop",
        "gather/aiohttp_session/uvloop,gather,aiohttp_session,uvloop",
        "thread_pool/requests_session,thread_pool,requests_session,none",
        "(all),(all),(all),(all)",
        "none,none,none,none",
    ]


def test_every_file_of_a_run_with_a_row_per_cell_has_the_axes() -> None:
    heads = {name: data.decode().partition("\n")[0].split(",") for name, data in csvs_of(make_book()).items()}
    of_cells = {name for name, head in heads.items() if "variant" in head}
    assert {"summary.csv", "passes.csv", "effects.csv", "latency.csv", "notes.csv", "parity.csv"} <= of_cells
    for name in of_cells:
        assert {"concurrency", "client", "loop"} <= set(heads[name]), name
