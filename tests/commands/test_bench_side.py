"""``bench --side``: a run of something else than what is here, which says what that was, and goes on with it."""

from pathlib import Path

import pytest

from harness import ledger
from harness.measure.server import Server
from tests.commands.conftest import in_process
from tests.shared_server import shared

CLIENT = '''\
"""Mine."""
import os
import urllib.request
from contextlib import contextmanager

@contextmanager
def open_client(*, concurrency, timeout_s, ca_file):
    assert os.environ["WHO"] == "me"
    yield lambda url: urllib.request.urlopen(url, timeout=timeout_s).read()
'''

pytestmark = pytest.mark.usefixtures("probed_once", "unpainted")


def test_a_side_is_measured_recorded_and_resumed(
    suite_file: Path, server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    client = tmp_path / "mine.py"
    client.write_text(CLIENT)
    side = f"{client},thread_pool/mine,env:WHO=me"
    asked = ("--workloads", "tiny-memory", "--rounds", "1", "--quiet")
    with shared(server):
        assert (
            in_process("bench", "--suite-file", suite_file, "--results", tmp_path, "--side", side, *asked)
            == 0
        )
        run = ledger.read(tmp_path / "latest")
        assert [(trial.cell.id, trial.reason) for trial in run.trials] == [
            ("tiny-memory:thread_pool/mine", None)
        ]
        assert run.run.environment["sides"]["here"]["side"] == side
        assert run.run.on("here")["variables"] == {"WHO": "me"}
        assert "side,here,side," in (tmp_path / "latest" / "facts.csv").read_text()
        (tmp_path / "latest" / "trials.jsonl").write_text("")
        assert in_process("bench", "--results", tmp_path, "--resume", "latest", "--quiet") == 0
        assert len(ledger.read(tmp_path / "latest").trials) == 1
    assert capsys.readouterr() == ("", "")
    assert in_process("bench", "--results", tmp_path, "--resume", "latest", "--side", "here") == 2
    assert "leave out --side" in capsys.readouterr().err


def test_what_is_no_side_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert in_process("bench", "--results", tmp_path, "--side", "nope") == 2
    assert capsys.readouterr().err.startswith("fetchbench: 'nope' is no git ref of fetchbench (in /")
