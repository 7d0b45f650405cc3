"""The first hour, done as the page says: each command is run, and each line that it is said to print is printed.

Only what takes long is made short: the suite is a tiny one, each workload has one round, no file is derived, and what the
gate measures is written by a stand-in (``tests/gate/test_command.py`` has a gate that measures).
"""

import io
import shlex
import subprocess
from pathlib import Path

import pytest

from harness.calibration.first_hour import PAGE, PROJECT
from harness.calibration.instructions import steps
from harness.commands import gate
from harness.measure.server import Server
from harness.session import reporting
from tests.commands.conftest import in_process
from tests.gate.measuring import Measuring
from tests.shared_server import shared
from tests.site import Said, site

SUITE = """\
[workloads.thumbs-memory]
images = 33
image_bytes = 6_144
concurrency = 32
sink = "memory"

[trial]
warmups = 1
trial_s = 0.01
max_passes = 1
timeout_s = 20.0

[gate]
variants = ["thread_pool/requests_session"]
workloads = ["thumbs-memory"]
margin = 0.9
screen_rounds = 6
decide_rounds = 6
trial_s = 0.01
budget_s = 60.0

[suites.quick]
baseline = "thread_pool/requests_session"
rounds = 1
workloads = ["thumbs-memory"]
variants = ["thread_pool/requests_session"]
"""
SUITES = SUITE + SUITE[SUITE.index("[suites.quick]") :].replace("quick", "default")
IMAGES = {f"/img_{number}.jpg": bytes([number]) * 500 for number in range(6)}


class Terminal(io.StringIO):
    """Somebody who says yes."""

    def isatty(self) -> bool:
        return True


@pytest.mark.usefixtures("probed_once")
def test_each_command_of_the_page_prints_what_the_page_says(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(gate, "measure_sides", Measuring(stages={}))
    monkeypatch.setattr(reporting, "build", lambda _recorded, _tables: {})
    monkeypatch.setenv("TTY_COMPATIBLE", "1")  # what the page shows is what a terminal does
    monkeypatch.setenv("COLUMNS", "120")
    Path("suite.toml").write_text(SUITES)
    install, *page = steps(PAGE.read_text(encoding="utf-8"))
    assert install.command.startswith(f"git clone {PROJECT} ")
    codes: list[int] = []
    with shared(server), site(lambda path, _: Said(IMAGES.get(path, b""))) as there:
        Path("urls.txt").write_text("".join(f"{there.origin}{path}\n" for path in IMAGES))
        for step in page:
            for block in step.files:
                block.write(tmp_path)
            for program, *words in map(shlex.split, step.command.splitlines()):
                if program != "fetchbench":
                    subprocess.run([program, *words], check=True)
                    continue
                monkeypatch.setattr("sys.stdin", Terminal("y\n"))
                rounds = ["--rounds", "1"] if words[0] == "bench" else []
                where = ["--suite-file", "suite.toml", "--results", "results"]
                codes.append(in_process(*words, *rounds, *where))
            said = capsys.readouterr()
            assert step.missing(said.out + said.err) == [], said
            assert codes[-1] in step.codes
    assert codes == [0, 5, 0, 0, 0, 0]
