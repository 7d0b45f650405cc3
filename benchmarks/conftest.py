"""What holds for everything that pytest-benchmark measures here: a clean environment, and nothing else that measures."""

import contextlib
import os
from collections.abc import Iterator

import pytest

from harness.locks import machine_lock
from harness.measure.processes.variables import clean_environment
from harness.session.console import to_errors

# Python reads its own variables once, when it starts; these make nothing slower or faster.
HARMLESS = {
    *("PYTHONDONTWRITEBYTECODE", "PYTHONHASHSEED", "PYTHONHOME", "PYTHONIOENCODING", "PYTHONNOUSERSITE"),
    *("PYTHONPATH", "PYTHONPYCACHEPREFIX", "PYTHONSAFEPATH", "PYTHONUNBUFFERED", "PYTHONUTF8"),
}


@pytest.fixture(scope="session", autouse=True)
def alone_and_clean(pytestconfig: pytest.Config) -> Iterator[None]:
    """Hold the machine's lock while there is something to time, and take the user's surroundings out of this process.

    In this order, because the lock lies in the user's own folder. Where another holds it, that is said while we wait.
    """
    with contextlib.ExitStack() as stack:
        # As pytest-benchmark reads them: our configuration disables, and the command line enables.
        if pytestconfig.getoption("benchmark_enable") or not pytestconfig.getoption("benchmark_disable"):
            read = {name for name in os.environ if name.startswith("PYTHON")} - HARMLESS
            if read:
                pytest.exit(f"these change what is timed; unset them: {', '.join(sorted(read))}", 2)
            with pytestconfig.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
                stack.enter_context(machine_lock(to_errors().say))
        stack.enter_context(_clean())
        yield


@contextlib.contextmanager
def _clean() -> Iterator[None]:
    """Take the user's proxies, netrc and settings out; pytest's own variables stay."""
    before = dict(os.environ)
    with clean_environment({name: before[name] for name in before if name.startswith("PYTEST_")}) as ours:
        os.environ.clear()
        os.environ.update(ours)
        yield
        now = {name: os.environ[name] for name in os.environ if name.startswith("PYTEST_")}
        os.environ.clear()
        os.environ.update(before | now)
