"""A tiny suite with a gate, and client files with a known difference."""

from pathlib import Path

import pytest

from harness.cli import main
from harness.commands import gate, matrix
from tests.gate.measuring import Gate, Measuring

SUITE = """\
[workloads.tiny-memory]
images = 40
image_bytes = 4_096
latency_s = 0.0
concurrency = 32
sink = "memory"

[trial]
warmups = 1
trial_s = 0.02
max_passes = 4
timeout_s = 20.0

[gate]
variants = ["thread_pool/requests_session"]
workloads = ["tiny-memory"]
margin = 0.30
screen_rounds = 6
decide_rounds = 6
trial_s = 0.02
budget_s = 60.0

[suites.default]
baseline = "thread_pool/requests_session"
rounds = 3
workloads = ["tiny-memory"]
variants = ["thread_pool/requests_session"]
"""

CLIENT = '''\
"""Keep one connection per thread, and do TURNS turns of an empty loop more for each image."""

import http.client
import threading
from contextlib import contextmanager
from urllib.parse import urlsplit

TURNS = {turns}


@contextmanager
def open_client(*, concurrency, timeout_s, ca_file):
    local = threading.local()

    def fetch(url):
        for _ in range(TURNS):
            pass
        parts = urlsplit(url)
        if not hasattr(local, "connection"):
            local.connection = http.client.HTTPConnection(parts.netloc, timeout=timeout_s)
        local.connection.request("GET", parts.path)
        answer = local.connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise OSError(answer.status)
        return body

    yield fetch
'''


@pytest.fixture(scope="session")
def suite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("suite") / "suite.toml"
    path.write_text(SUITE)
    return path


def client(folder: Path, name: str, turns: int) -> Path:
    """Write a client that burns so many turns per image."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.py"
    path.write_text(CLIENT.format(turns=turns))
    return path


@pytest.fixture
def measuring(monkeypatch: pytest.MonkeyPatch) -> Measuring:
    stand_in = Measuring(stages={})
    for command in (gate, matrix):
        monkeypatch.setattr(command, "measure_sides", stand_in)
    return stand_in


@pytest.fixture
def run(tmp_path: Path, suite_file: Path) -> Gate:
    sides = [client(tmp_path, name, turns) for name, turns in (("one", 0), ("other", 1))]
    flags = {"gate": ("--base", "--head"), "matrix": ("--side", "--side")}

    def command(name: str, *options: str) -> int:
        asked = [part for pair in zip(flags[name], map(str, sides), strict=True) for part in pair]
        where = ["--suite-file", str(suite_file), "--results", str(tmp_path)]
        return main([name, *asked, *where, *options])

    return command
