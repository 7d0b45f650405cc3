"""The witness: what is in flight outlives a window, what has closed is forgotten."""

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


def test_a_request_in_flight_belongs_to_every_window_until_it_is_answered() -> None:
    one = witness.Witness()
    one.arrived(connection(open_=True), HEAD)
    windows = [one.close_window(), one.close_window()]
    one.answered(200, 10)
    windows += [one.close_window(), one.close_window()]
    assert [window["peak_in_flight"] for window in windows] == [1, 1, 1, 0]
    assert [window["requests"] for window in windows] == [0, 0, 1, 0]


def test_closed_connections_are_forgotten_and_open_ones_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witness, "SWEEP_AT", 10)
    one = witness.Witness()
    kept = [connection(open_=True) for _ in range(3)]
    for each in [*kept, *(connection(open_=False) for _ in range(1_000)), *kept]:
        one.arrived(each, HEAD)
    assert one._connections == 1_003
    assert len(one._known) < 10
    assert set(kept) <= one._known
