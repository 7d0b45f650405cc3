"""The witness forgets connections that have closed, even if nobody reads its windows."""

from types import SimpleNamespace
from typing import Any

import pytest

from local_server import witness


def request(*, open_: bool) -> Any:
    return SimpleNamespace(protocol=_Connection(object() if open_ else None), version=None, headers={})


class _Connection:
    def __init__(self, transport: object) -> None:
        self.transport = transport


def test_closed_connections_are_forgotten_and_open_ones_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witness, "SWEEP_AT", 10)
    one = witness.Witness()
    kept = [request(open_=True) for _ in range(3)]
    for each in [*kept, *(request(open_=False) for _ in range(1_000)), *kept]:
        one.arrived(each)
    assert one._connections == 1_003
    assert len(one._known) < 10
    assert {each.protocol for each in kept} <= one._known
