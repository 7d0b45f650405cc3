"""What holds for everything that pytest-benchmark measures here: nothing else of this project measures meanwhile."""

import contextlib
from collections.abc import Iterator

import pytest

from harness.commands.conduct import machine_lock
from harness.commands.console import to_errors


@pytest.fixture(scope="session", autouse=True)
def alone(pytestconfig: pytest.Config) -> Iterator[None]:
    """Hold the machine's lock while there is something to time; where another holds it, say so and wait."""
    with contextlib.ExitStack() as stack:
        if not pytestconfig.getoption("benchmark_disable"):
            with pytestconfig.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
                stack.enter_context(machine_lock(to_errors()))
        yield
