"""Whole commands, run as a user would run them."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from harness.cli import main
from harness.measure import ceiling
from harness.measure.processes.launch import ROOT

SUITE = """\
[workloads.tiny-memory]
images = 40
image_bytes = 4_096
latency_s = 0.005
concurrency = 32
sink = "memory"

[workloads.tiny-disk]
images = 40
image_bytes = 4_096
latency_s = 0.0
concurrency = 32
sink = "disk"

[trial]
warmups = 1
trial_s = 0.01
max_passes = 2
timeout_s = 20.0

[suites.default]
baseline = "thread_pool/requests_session"
rounds = 3
workloads = ["tiny-memory", "tiny-disk"]
variants = ["thread_pool/requests_session", "gather/aiohttp_session/uvloop"]
"""

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module", autouse=True)
def _short_ceilings() -> Iterator[None]:
    """The server's ceiling is measured for a fifth of the time; ``tests/measure/test_ceiling.py`` has whole ones."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ceiling, "SECONDS", 0.12)
        yield


@pytest.fixture(scope="session")
def suite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("suite") / "suite.toml"
    path.write_text(SUITE)
    return path


@pytest.fixture(scope="session")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Command:
    """Run ``python -m harness`` with a temporary folder of its own, so that no lock is shared with a real run."""
    temporary = tmp_path_factory.mktemp("tmp")

    def run(*arguments: str | Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command(*arguments),
            cwd=ROOT,
            env=os.environ | {"TMPDIR": str(temporary)} | (env or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    return run


def in_process(*arguments: str | Path) -> int:
    """Run a command that ends before anything is measured, in this process: its exit code."""
    try:
        return main([*map(str, arguments)])
    except SystemExit as left:  # by argparse
        return int(left.code or 0)


def command(*arguments: str | Path) -> Sequence[str]:
    """The command line of ``python -m harness ARGUMENTS``."""
    return [sys.executable, "-m", "harness", *map(str, arguments)]
