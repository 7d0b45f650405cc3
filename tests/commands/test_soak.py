"""``soak``: a small one with faults, as a user would run it; and what is refused."""

import json
from pathlib import Path

import pandas as pd
import pytest

from tests.commands.conftest import Command, in_process

SUITE = """\
[workloads.tiny-memory]
images = 100
image_bytes = 2_048
concurrency = 16
sink = "memory"
attempts = 3
backoff_s = 0.001
attempt_timeout_s = 5.0
retry_after_s = 0
faults = { not_found = 0.03, unavailable = 0.1, reset_in_body = 0.05, short_body = 0.05 }
"""


@pytest.mark.long
@pytest.mark.parametrize("variant", ["queue_workers/aiohttp_session/uvloop", "thread_pool/requests_session"])
def test_a_soak_accounts_for_every_image_and_judges_what_was_held(
    variant: str, harness: Command, tmp_path: Path
) -> None:
    suite = tmp_path / "suite.toml"
    suite.write_text(SUITE)
    done = harness(
        *("soak", "--images", "1950", "--variant", variant, "--workload", "tiny-memory"),
        *("--suite-file", suite, "--results", tmp_path, "--every", "0.1"),
    )
    [folder] = tmp_path.glob("soak-*")
    record = json.loads((folder / "soak.json").read_text())
    account = record["account"]
    assert account["is_whole"], done.stdout
    assert (account["asked"], account["verified"], account["wrong"]) == (2_000, 1_940, 0)
    assert sum(account["failed"].values()) == 60
    assert account["faults"] == {
        "not_found": 60, "reset_in_body": 100, "short_body": 100, "unavailable": 200
    }  # fmt: skip
    assert account["requests"] == account["attempts"] == 2_400
    samples = pd.read_csv(folder / "samples.csv")
    assert samples["requests"].is_monotonic_increasing
    assert (samples[["client_rss_bytes", "server_rss_bytes", "client_descriptors"]] > 0).all(axis=None)
    assert "2,000 images asked: 1,940 verified, 60 failed" in done.stdout
    assert set(record["growth"]) >= {"client_rss_bytes", "server_connections"}
    assert (folder / "soak.svg").read_text().startswith("<?xml")
    assert done.returncode in {0, 3, 4}, done.stderr  # so small a soak need not be flat


@pytest.mark.usefixtures("probed_once")
@pytest.mark.parametrize(
    ("option", "said"),
    [
        (("--variant", "*"), "give one"),
        (("--workload", "none"), "no workload 'none'"),
        (("--every", "0"), "no number of seconds"),
        (("--images", "0"), "no whole number above 0"),
    ],
)
def test_what_cannot_be_soaked_is_one_line(
    option: tuple[str, str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert in_process("soak", *option) == 2
    assert said in capsys.readouterr().err.splitlines()[-1]
