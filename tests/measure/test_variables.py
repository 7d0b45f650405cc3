"""What is started to time, serve or calibrate sees nothing of the user's environment and home but what it needs."""

import json
import os
import sys
from pathlib import Path

import pytest

from harness.measure.machine import environment
from harness.measure.processes.launch import Worker
from harness.measure.processes.variables import clean_environment
from harness.measure.server import running_server
from harness.model import HarnessError

USERS = {
    "HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": "10.0.0.0/8", "PYTHONDEVMODE": "1",
    "PYTHONASYNCIODEBUG": "1", "SSL_CERT_FILE": "/nowhere", "LANG": "de_DE.UTF-8", "MY_OWN": "1",
}  # fmt: skip
SHOW = "import json, os, pathlib; told = json.dumps([dict(os.environ), os.listdir(pathlib.Path.home())])"


@pytest.fixture(autouse=True)
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user with settings of every kind, and a netrc."""
    (tmp_path / ".netrc").write_text("default login me password secret\n")
    for name, value in {**USERS, "HOME": str(tmp_path), "NETRC": str(tmp_path / ".netrc")}.items():
        monkeypatch.setenv(name, value)


def is_clean(told: str) -> bool:
    """Whether the variables are those that are set and kept, and the home is empty; C locales may add LC_CTYPE."""
    variables, home = json.loads(told)
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR", "LD_LIBRARY_PATH") if name in os.environ}
    own = variables.pop("HOME")
    variables.pop("LC_CTYPE", None)
    return bool(variables == kept | {"PYTHONUTF8": "1"} and home == [] and own != os.environ["HOME"])


def told_by_worker(tmp_path: Path, **variables: str) -> str:
    path = tmp_path / "loop.py"
    path.write_text(f"{SHOW}\n__doc__ = told\ndef run(main): ...\n")
    with Worker(sys.executable, variables) as worker:
        return str(worker.ask("probe", axis="loop", path=str(path), within_s=30.0)["label"])


def test_the_measured_process_starts_clean(tmp_path: Path) -> None:
    assert is_clean(told_by_worker(tmp_path))


def test_what_is_asked_for_gets_through(tmp_path: Path) -> None:
    variables, _ = json.loads(told_by_worker(tmp_path, HTTP_PROXY="http://proxy.invalid", HOME="/"))
    assert (variables["HTTP_PROXY"], variables["HOME"]) == ("http://proxy.invalid", "/")
    assert "NO_PROXY" not in variables


def test_a_home_that_is_not_there_is_named(tmp_path: Path) -> None:
    gone = str(tmp_path / "gone")
    with pytest.raises(HarnessError, match=f"^cannot start {sys.executable} in {gone}: No such file"):
        told_by_worker(tmp_path, HOME=gone)


def test_the_server_starts_clean() -> None:
    code = f"{SHOW}; print(json.dumps(dict(url='http://127.0.0.1:9', token=told)), flush=True); input()"
    with running_server(cpus=(), command=[sys.executable, "-c", code]) as server:
        assert is_clean(server._headers["Authorization"].removeprefix("Bearer "))


def test_a_home_is_of_one_process_and_goes_with_it() -> None:
    with clean_environment() as first, clean_environment() as other:
        homes = {first["HOME"], other["HOME"]}
        assert len(homes) == 2
        Path(first["HOME"], ".netrc").write_text("left behind")
    assert not any(map(os.path.exists, homes))


def test_what_was_kept_is_recorded() -> None:
    assert environment()["variables"]["PATH"] == os.environ["PATH"]
    assert "HTTP_PROXY" not in environment()["variables"]


def test_a_package_folder_without_metadata_has_no_name_and_hurts_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ghost-1.0.dist-info").mkdir()
    (tmp_path / "ghost-1.0.dist-info" / "top_level.txt").write_text("ghost\n")
    (tmp_path / "ghost.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    assert None not in environment()["distributions"]
    loop = tmp_path / "loop.py"
    loop.write_text('"""a loop"""\nimport ghost\ndef run(main): ...\n')
    with Worker(sys.executable, {"PYTHONPATH": str(tmp_path)}) as worker:
        found = worker.ask("probe", axis="loop", path=str(loop), within_s=30.0)
        assert (found["label"], found["modules"]) == ("a loop", {})
        assert "reason" not in worker.ask("interpreter", roots=["ghost"], within_s=30.0)
