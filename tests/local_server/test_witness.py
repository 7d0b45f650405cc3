"""The witness: what comes late is not counted against the next, what has closed is forgotten."""

from types import SimpleNamespace
from typing import Any

import pytest

from local_server import witness

HEAD: Any = SimpleNamespace(version=SimpleNamespace(major=1, minor=1), headers={})


class _Connection:
    def __init__(self, transport: object) -> None:
        self.transport = transport


def connection(*, open_: bool) -> Any:
    return _Connection(object() if open_ else None)


def test_a_request_belongs_to_the_window_in_which_it_arrived() -> None:
    one = witness.Witness()
    late = one.arrived(connection(open_=True), HEAD, "/a")
    assert one.close_window()["peak_in_flight"] == 1
    one.arrived(connection(open_=True), HEAD, "/a").answered(200, 10)
    late.answered(200, 10)
    window = one.close_window()
    assert (window["requests"], window["bytes"], window["peak_in_flight"]) == (1, 10, 1)


def test_closed_connections_are_forgotten_and_open_ones_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witness, "SWEEP_AT", 10)
    one = witness.Witness()
    kept = [connection(open_=True) for _ in range(3)]
    for each in [*kept, *(connection(open_=False) for _ in range(1_000)), *kept]:
        one.arrived(each, HEAD, "/a")
    assert one._window.connections == 1_003
    assert len(one._known) < 10
    assert set(kept) <= one._known
