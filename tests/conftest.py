"""The live server and the catalogue, started once for all tests that need them."""

import sys
import tempfile
from collections.abc import Iterator

import pytest

from harness.measure.catalog import Catalog, open_catalog
from harness.measure.server import Server, running_server


@pytest.fixture(scope="session", autouse=True)
def _own_lock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test waits for another process of the tests, or for a real run, to end its measuring."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(tmp_path_factory.getbasetemp()))
        yield


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with running_server(cpus=()) as running:
        yield running


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return open_catalog(sys.executable)
