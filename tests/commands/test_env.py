"""``--env``: what is asked for reaches what is measured, is recorded, and is part of what a run is."""

import json
from pathlib import Path

import pytest

from harness.cli import main
from tests.commands.conftest import Command, in_process

CLIENT = '''"""works only where it is greeted, and reads no proxy of the user"""

import os
from contextlib import contextmanager

import requests


@contextmanager
def open_client(*, concurrency, timeout_s, ca_file):
    if (os.environ.get("GREETING"), os.environ.get("API_TOKEN")) != ("hello there", "abc"):
        raise RuntimeError(f"not greeted with {os.environ.get('API_TOKEN')}")
    with requests.Session() as session:

        def fetch(url):
            response = session.get(url)
            response.raise_for_status()
            return response.content

        yield fetch
'''
USERS = {"HTTP_PROXY": "http://127.0.0.1:9", "PYTHONDEVMODE": "1", "GIT_DIR": "/nowhere"}
MINE = ("--variants", "thread_pool/mine", "--baseline", "thread_pool/mine", "--workloads", "tiny-memory")


@pytest.fixture(scope="module")
def run(harness: Command, suite_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of a client that two variables keep going, one of them a secret."""
    folder = tmp_path_factory.mktemp("env")
    (folder / "mine.py").write_text(CLIENT)
    asked = ("--env", "GREETING=hello there", "--env", "API_TOKEN=abc", "--rounds", "1")
    where = ("--suite-file", suite_file, "--results", folder, "--client", folder / "mine.py")
    done = harness("bench", *MINE, *asked, *where, env=USERS)
    assert done.returncode == 0, done.stderr
    return folder / "latest"


def test_it_is_recorded_without_secrets(run: Path) -> None:
    record = json.loads((run / "run.json").read_text())
    assert record["fingerprint"]["variables"] == {"API_TOKEN": "***", "GREETING": "hello there"}
    assert "'GREETING=hello there' --env 'API_TOKEN=***'" in record["command"]
    assert {"PATH"} <= set(record["environment"]["variables"]) <= {"PATH", "TMPDIR", "LD_LIBRARY_PATH"}
    kept = [path.read_text(errors="replace") for path in run.rglob("*") if path.is_file()]
    assert not any("API_TOKEN=abc" in text for text in kept)


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        ([], 2, "--env API_TOKEN: its value is a secret and was not recorded; give it again"),
        (["--env", "API_TOKEN=abc", "--env", "GREETING=hi"], 2, "leave out --env GREETING"),
        (["--env", "API_TOKEN=abc"], 0, ""),
    ],
)
def test_a_resumed_run_has_the_same_variables(
    run: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    code: int,
    words: str,
) -> None:
    monkeypatch.setenv("GIT_DIR", USERS["GIT_DIR"])
    assert main(["bench", "--resume", str(run), *options]) == code
    assert words in (capsys.readouterr().err.splitlines() or [""])[-1]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--env", "A"], "'A' is no environment variable; write NAME=VALUE"),
        (["--env", "MY TOKEN=abc"], "is no environment variable; write NAME=VALUE"),
        (["--env", "A=1", "--env", "A=2"], "--env: A is given twice; one is enough"),
    ],
)
def test_what_is_no_variable_is_one_line(
    capsys: pytest.CaptureFixture[str], options: list[str], words: str
) -> None:
    assert in_process("bench", *options) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert words in said
    assert "abc" not in said
