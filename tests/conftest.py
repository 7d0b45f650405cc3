"""The live server and the catalogue, started once for all tests that need them."""

import gc
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.measure.planning import catalog as catalogs
from harness.measure.planning import probe as probes
from harness.measure.planning.catalog import Catalog, open_catalog
from harness.measure.processes.launch import ROOT
from harness.measure.server import Server, running_server
from tests.report.ledgers import leave_unpainted

HERE = Path(__file__).parent
FIRST = (
    "commands",
    "measure",
    "gate",
    "calibration",
    "conformance",
    "primitives",
)  # folders whose tests start processes


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let what takes long come first: a worker that began such a file last would keep all waiting."""
    items.sort(key=lambda item: item.path.relative_to(HERE).parts[0] not in FIRST)


def pytest_configure() -> None:
    """Undo what a shell does to what it starts in the background: it would ignore the signals that tests send."""
    for number in (signal.SIGHUP, signal.SIGINT):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


def pytest_collection_finish() -> None:
    """Let no collection of garbage walk through what has been imported: it stays until the end."""
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def _own_lock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing that a test does or starts waits for another process of the tests, or for a real run, to end its measuring."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(tmp_path_factory.getbasetemp()))
        patch.setenv("TMPDIR", str(tmp_path_factory.getbasetemp()))
        yield


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with running_server(cpus=()) as running:
        yield running


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return open_catalog(sys.executable)


@pytest.fixture(scope="session")
def _answers() -> dict[object, Any]:
    """What probes have answered, by what they were asked."""
    return {}


@pytest.fixture
def probed_once(monkeypatch: pytest.MonkeyPatch, _answers: dict[object, Any]) -> None:
    """Files that were probed before, with the same text, are not imported again: that takes a second."""
    probe = probes.probe

    def remembered(python: str, variables: Mapping[str, str], files: Sequence[tuple[Any, Path]]) -> Any:
        texts = tuple((axis, path.name, path.read_bytes()) for axis, path in files)
        asked = (python, *sorted(variables.items()), texts)
        if asked not in _answers:
            _answers[asked] = probe(python, variables, files)
        answers, interpreter = _answers[asked]
        return list(answers), dict(interpreter)

    monkeypatch.setattr(catalogs, "probe", remembered)


@pytest.fixture
def unpainted(monkeypatch: pytest.MonkeyPatch) -> None:
    """No figure is painted; ``tests/report`` looks at the pictures."""
    leave_unpainted(monkeypatch)


@pytest.fixture
def small_tree(tmp_path: Path) -> Path:
    """A tree with one client and one model, quick to probe."""
    for folder, name in (("clients", "requests_session.py"), ("concurrency", "thread_pool.py")):
        (tmp_path / "tree" / folder).mkdir(parents=True)
        shutil.copy(ROOT / "benchmarks" / folder / name, tmp_path / "tree" / folder)
    return tmp_path / "tree"
