"""One server for all tests of a module, with a small workload."""

from collections.abc import Iterator

import pytest

from tests.local_server.running import WORKLOAD, Running, running


@pytest.fixture(scope="module")
def image_server() -> Iterator[Running]:
    with running("--exit-with-stdin") as server:
        yield server


@pytest.fixture
def paths(image_server: Running) -> list[str]:
    status, answer = image_server.control("PUT", "small", WORKLOAD)
    assert status == 200
    return [image["path"] for image in answer["images"]]
