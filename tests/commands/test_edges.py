"""What surrounds a command: its lock, its refusals, its first moments. In the process, so that nothing is waited for."""

import errno
import io
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from harness import ledger
from harness.cli import main
from harness.locks import machine_lock
from harness.measure.processes.launch import ROOT
from harness.model import HarnessError
from harness.session import driver
from harness.session.console import Console, to_errors
from tests.test_ledger import RUN


def test_a_lock_that_cannot_be_used_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "fetchbench.lock").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with (
        pytest.raises(
            HarnessError, match=r"^cannot use the lock .*: Is a directory; remove it, or set TMPDIR$"
        ),
        machine_lock(to_errors().say),
    ):
        pytest.fail("it was used")


@pytest.mark.usefixtures("probed_once")
@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["selfcheck", "--variant", "*"], 2, "names"),
        (["selfcheck", "--rounds", "5"], 2, "--rounds: Input should be greater than or equal to 6"),
        (["bench", "--rounds", "999999999999"], 2, "--rounds: Input should be less than or equal to 1000"),
        (["gate", "--base", "", "--head", "here"], 2, "a side is empty; write here"),
        (["gate", "--base", "here", "--head", "here", "--rounds", "1"], 2, "--rounds: Input should be"),
        (["report", "no-such-run"], 2, "no-such-run is no run"),
        (["bench", "--resume", "latest", "--suite", "full"], 2, "leave out --suite"),
        (["bench", "--resume", "latest", "--client", "x.py"], 2, "leave out --client"),
        (["bench", "--resume", "latest", "--loop", "x.py"], 2, "leave out --loop"),
        (["report", "\x1b[2J\n\udcff"], 2, r"\x1b[2J \udcff is no run"),
        (
            ["lessons", "sleep_zero", "--markdown", "/dev/null/page.md"],
            1,
            "cannot write to /dev/null: /dev/null is no folder",
        ),
        *(
            (["bench", option, ""], 2, message)
            for option, message in (
                *(
                    ("--resume", "'' is no run"),
                    ("--suite", "no suite ''"),
                    ("--baseline", "--baseline: no variant ''"),
                ),
                ("--link", "--link: there is no link ''"),
            )
        ),
    ],
)
def test_a_refusal_is_one_line(
    arguments: list[str],
    code: int,
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert main([*arguments, "--results", str(tmp_path)]) == code
    assert message in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["bench", "--\x1b[2J"], r"arguments: --\x1b[2J"),
        (["report"], "required: RUN"),
        (["compare", "a", "b", "\x1b[2J"], r"arguments: \x1b[2J"),
        (["matrix", "--side=--", "--side=here"], "--side=--: -- is no value"),
        (["mend"], "invalid choice: 'mend'"),
        ([], "required: COMMAND"),
    ],
)
def test_a_wrong_command_line_is_quoted_without_its_codes(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    told = capsys.readouterr().err
    assert told.replace("\n", "").isprintable()
    assert words in told.splitlines()[-1]


def test_without_its_packages_it_says_in_one_line_what_to_do() -> None:
    done = subprocess.run(
        [sys.executable, "-S", "-m", "harness", "list"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert line.startswith("fetchbench: the package ")
    assert line.endswith("nox -s list")


def test_who_measures_one_run_takes_turns(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    ledger.create(folder, RUN)
    order: list[str] = []
    said = io.StringIO()

    def measured() -> None:
        with driver.opened(folder, Console(file=said)):
            order.append("begin")
            time.sleep(0.1)  # as long as another would need to begin too
            order.append("end")

    both = [threading.Thread(target=measured) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert order == ["begin", "end", "begin", "end"]
    assert said.getvalue() == (
        f"another fetchbench is measuring this run (lock {folder / '.lock'}); waiting for it to end\n"
    )


def test_a_disk_that_has_turned_read_only_hides_no_cause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    def fail() -> None:
        with monkeypatch.context() as patch, driver._folder_for_images(tmp_path):
            for name in ("rmdir", "unlink"):
                patch.setattr(os, name, refused)
            raise HarnessError("the cause")

    with pytest.raises(HarnessError, match=r"^the cause$"):
        fail()
    monkeypatch.setattr(os, "mkdir", refused)
    with (
        pytest.raises(HarnessError, match=r"^cannot make a folder for images in .*: Read-only file system$"),
        driver._folder_for_images(tmp_path),
    ):
        pytest.fail("it was made")
