"""The nox sessions: which there are, and that an environment is installed when it must be and never else."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from harness import cli
from harness.calibration.__main__ import PROGRAMS
from tests.ci.sessions import ROOT, sessions


@pytest.fixture
def noxfile(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The project's noxfile, loaded anew."""
    import nox.registry  # noqa: PLC0415

    monkeypatch.setattr(nox.registry, "_REGISTRY", {})
    monkeypatch.chdir(ROOT)
    spec = importlib.util.spec_from_file_location("noxfile", ROOT / "noxfile.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Session:
    """Stands in for nox's: notes what is installed; ``installs`` False is ``--no-install``."""

    def __init__(self, folder: Path) -> None:
        self.env_dir = folder
        self.installed: list[tuple[str, ...]] = []
        self.installs = True
        self.works = True

    def install(self, *arguments: str) -> None:
        if not self.works:
            raise ConnectionError
        if self.installs:
            self.installed.append(arguments)

    def run_install(
        self, _python: str, _c: str, _code: str, path: str, text: str, **_options: object
    ) -> None:
        if self.installs:
            Path(path).write_text(text)


def test_every_command_has_a_session_and_each_session_a_group() -> None:
    assert cli.COMMANDS.keys() <= sessions().keys()
    assert {tag for tags in sessions().values() for tag in tags} == {"use", "prove", "develop"}
    assert all(len(tags) == 1 for tags in sessions().values())
    assert {session for session, tags in sessions().items() if tags == ["prove"]} == {*PROGRAMS, "selfcheck"}


def test_an_environment_is_installed_once_and_anew_when_what_is_asked_has_changed(
    noxfile: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session(tmp_path)
    noxfile.install(session, "measure")
    noxfile.install(session, "measure")
    assert len(session.installed) == 1
    pins = tmp_path / "constraints.txt"
    pins.write_text("requests==2.0\n")
    monkeypatch.setattr(noxfile, "CONSTRAINTS", pins)
    noxfile.install(session, "measure")
    assert len(session.installed) == 2
    assert any(argument.startswith("requests>=") for argument in session.installed[1])


@pytest.mark.parametrize("trouble", ["works", "installs"])
def test_an_installation_that_broke_off_or_was_left_out_is_made_the_next_time(
    noxfile: ModuleType, tmp_path: Path, trouble: str
) -> None:
    session = Session(tmp_path)
    setattr(session, trouble, False)
    try:
        noxfile.install(session, "bench")
    except ConnectionError:
        assert trouble == "works"
    setattr(session, trouble, True)
    noxfile.install(session, "bench")
    assert len(session.installed) == 1
