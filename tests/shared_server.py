"""One server for all rounds of a test: starting one for each takes most of a second, and is the business of other tests."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from harness.measure import ends
from harness.measure.server import Server


@contextmanager
def shared(server: Server) -> Iterator[None]:
    """Let every round that is run in this process use a server that runs already."""

    @contextmanager
    def running(**_: object) -> Iterator[Callable[[], Server]]:
        yield lambda: server

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ends, "starting_server", running)
        yield
