"""Every primitive is run a few times, and what pytest-benchmark wrote becomes the table and the charts."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from harness.measure.processes.launch import ROOT
from harness.report.primitives import charts, table

pytestmark = pytest.mark.long
SHORT = ("--benchmark-enable", "--benchmark-max-time=0", "--benchmark-min-rounds=1", "--benchmark-warmup=off")


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The JSON of the shortest run there is."""
    path = tmp_path_factory.mktemp("primitives") / "primitives.json"
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "benchmarks/primitives",
        *SHORT,
        f"--benchmark-json={path}",
    ]
    # Under xdist pytest-benchmark would not measure; this pytest is one of its own, and knows nothing of ours.
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_XDIST")}
    env["TMPDIR"] = str(path.parent)  # no lock is shared with a real run
    done = subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout[-3000:]
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def test_every_kind_of_primitive_is_there_on_every_loop_that_has_it(record: dict[str, Any]) -> None:
    frame = table(record)

    found = {group: set(rows["loop"]) for group, rows in frame.groupby("group")}
    assert found == {
        "awaitables": {"asyncio", "uvloop", "trio"},
        "depth": {"asyncio", "uvloop", "trio"},
        "dispatch": {"asyncio", "uvloop", "trio", "none"},
        "executor_filling": {"asyncio", "uvloop", "trio", "none"},
        "giving_way": {"asyncio", "uvloop", "trio"},
        "starting": {"asyncio", "uvloop", "trio"},
        "together": {"asyncio", "uvloop", "trio"},
    }
    assert sorted(frame[frame["group"] == "together"]["size"].unique()) == [3, 10, 100, 1_000, 10_000]
    eager = "await eager Task" in set(frame["primitive"])
    assert eager == (sys.version_info >= (3, 12))


def test_the_figures_beside_the_time_are_kept(record: dict[str, Any]) -> None:
    frame = table(record)

    assert frame[frame["primitive"].str.startswith("computing")]["longest_stall_s"].notna().all()
    filling = frame[frame["group"] == "executor_filling"]
    assert (filling["queue_wait_max_s"] >= filling["queue_wait_p50_s"]).all()


def test_its_charts_are_drawn(record: dict[str, Any]) -> None:
    drawn = charts(table(record))

    assert sorted(drawn) == [f"primitives-{name}.svg" for name in ("ladder", "together", "waiting")]
    assert b"TaskGroup" in drawn["primitives-together.svg"]
    assert b"nursery" in drawn["primitives-together.svg"]
    assert b"run_in_executor + partial" in drawn["primitives-ladder.svg"]
    assert b"ThreadPoolExecutor.submit" in drawn["primitives-waiting.svg"]
