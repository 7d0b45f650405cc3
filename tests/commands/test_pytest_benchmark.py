"""The face for pytest-benchmark: a variant of the catalogue, verified, in the record that its own tools read."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.measure.processes.launch import ROOT

ONE = "benchmarks/test_download.py::test_download[thread_pool/requests_session]"


@pytest.mark.long
def test_a_default_variant_is_timed_and_compared(tmp_path: Path) -> None:
    alone = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}

    def run(*options: str, env: dict[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                ONE,
                "-q",
                "-p",
                "no:cacheprovider",
                "--benchmark-enable",
                *options,
            ],
            cwd=ROOT,
            env=alone | {"TMPDIR": str(tmp_path)} | (env or {}),
            capture_output=True,
            text=True,
            check=False,
        )

    storage = f"--benchmark-storage={tmp_path}"
    first = run(f"--benchmark-json={tmp_path / 'out.json'}", storage, "--benchmark-save=one")
    assert first.returncode == 0, first.stdout
    [found] = json.loads((tmp_path / "out.json").read_text())["benchmarks"]
    assert found["group"] == "thumbs-50ms-memory"
    assert found["extra_info"] == {"images": 100}
    assert found["stats"]["rounds"] == 5
    users = {"HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": "10.0.0.0/8", "PYTHONASYNCIODEBUG": "1"}
    refused = run(env=users)
    assert refused.returncode == 2
    assert "these change what is timed; unset them: PYTHONASYNCIODEBUG" in refused.stdout
    del users["PYTHONASYNCIODEBUG"]
    second = run(storage, "--benchmark-compare=0001", env=users)
    assert second.returncode == 0, second.stdout
    assert "0001_one" in second.stdout


def test_its_own_program_works_in_the_checkout_without_the_packages_of_the_tests(tmp_path: Path) -> None:
    hidden = "import sys; sys.modules['hypothesis'] = None; from pytest_benchmark.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", hidden, "--storage", str(tmp_path), "compare"],
        cwd=ROOT,
        env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Legend" in done.stdout
