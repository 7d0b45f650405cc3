"""One server for all tests of a module, with a small workload."""

from collections.abc import Iterator

import pytest

from tests.local_server.running import WORKLOAD, Running, running


@pytest.fixture(scope="module")
def one() -> Iterator[Running]:
    with running("--exit-with-stdin") as server:
        yield server


@pytest.fixture
def paths(one: Running) -> list[str]:
    status, answer = one.control("PUT", "small", WORKLOAD)
    assert status == 200
    return [image["path"] for image in answer["images"]]
