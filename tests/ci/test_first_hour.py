"""The first hour, done as the page says: each command is run, and each line that it is said to print is printed.

Only what takes long is made short: the suite is a tiny one, each workload has one round, no file is derived, and what the
gate measures is written by a stand-in (``tests/gate/test_command.py`` has a gate that measures).
"""

import io
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.commands import gate
from harness.measure.server import Server
from harness.session import reporting
from tests.ci.sessions import ROOT
from tests.commands.conftest import in_process
from tests.gate.measuring import Measuring
from tests.shared_server import shared
from tests.site import Said, site

PAGE = (ROOT / "docs" / "first-hour.md").read_text(encoding="utf-8")
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


def steps() -> Iterator[tuple[str, str]]:
    """Language and text of each block of code."""
    yield from re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL)


def plain(line: str) -> str:
    """A line without its figures, which differ from machine to machine, and in one space where there are several."""
    return " ".join(re.sub(r"\d[\d,.]*", "#", line).split())


def is_printed(line: str, printed: list[str]) -> bool:
    pattern = ".*".join(re.escape(part.strip()) for part in plain(line).split("…"))
    return any(re.fullmatch(pattern.replace(r".*", r"\s*.*\s*"), one) for one in printed)


@pytest.mark.usefixtures("probed_once")
def test_each_command_of_the_page_prints_what_the_page_says(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(gate, "measure_sides", Measuring(stages={}))
    monkeypatch.setattr(reporting, "build", lambda _recorded, _tables: {})
    Path("suite.toml").write_text(SUITES)
    codes: list[int] = []
    printed: list[str] = []
    with shared(server), site(lambda path, _: Said(IMAGES.get(path, b""))) as there:
        Path("urls.txt").write_text("".join(f"{there.origin}{path}\n" for path in IMAGES))
        for language, text in steps():
            if language == "python":
                Path("my_client.py").write_text(text)
            elif language == "sh":
                program, command, *options = shlex.split(text)
                assert program == "fetchbench"
                monkeypatch.setattr("sys.stdin", Terminal("y\n"))
                rounds = ["--rounds", "1"] if command == "bench" else []
                where = ["--suite-file", "suite.toml", "--results", "results"]
                codes.append(in_process(command, *options, *rounds, *where))
                said = capsys.readouterr()
                printed = list(map(plain, (said.out + said.err).splitlines()))
                # As the page then says.
                whole = Path("my_client.py")
                if whole.exists():
                    whole.write_text(whole.read_text().replace("response.text", "response.content"))
                    Path("my_new_client.py").write_text(whole.read_text())
            else:
                assert language == "text"
                missing = [line for line in text.splitlines() if not is_printed(line, printed)]
                assert missing == [], "\n".join(printed)
    assert codes == [0, 5, 0, 0, 0, 0]
