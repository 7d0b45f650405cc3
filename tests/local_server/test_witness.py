"""The witness: what comes late is not counted against the next; it tells when, and of how old connections."""

from types import SimpleNamespace
from typing import Any

from local_server import witness

HEAD: Any = SimpleNamespace(version=SimpleNamespace(major=1, minor=1), headers={})


class _Connection:
    def __init__(self, made_at: float = 1.0, host: str = "127.0.0.1") -> None:
        self.made_at = made_at
        self.opened_at = made_at + 0.5
        self.address = (host, 80)
        self.tls: str | None = None
        self.is_resumed: bool | None = False
        self.met: witness.Window | None = None

    def opening(self, *, is_first: bool) -> witness.Opening:
        return (self.made_at, self.opened_at) if is_first else (None, None)


def test_a_request_belongs_to_the_window_in_which_it_arrived() -> None:
    observer = witness.Witness()
    late = observer.arrived(_Connection(), HEAD, "/a")
    assert observer.close_window()["peak_in_flight"] == 1
    observer.arrived(_Connection(), HEAD, "/a").answered(200, 10, at=5.0)
    late.answered(200, 10, at=6.0)
    window = observer.close_window()
    assert (window["requests"], window["bytes"], window["peak_in_flight"]) == (1, 10, 1)
    assert window["answered_at"] == 5.0


def test_a_window_tells_when_it_was_reached_and_last_answered_and_how_long_it_kept_waiting() -> None:
    observer = witness.Witness()
    windows = [observer.arrived(_Connection(made_at), HEAD, "/a") for made_at in (7.0, 3.0, 5.0)]
    for window, at, waited_s in zip(windows, (8.0, 9.5, 9.0), (0.25, 1.0, 0.5), strict=True):
        window.answered(200, 10, at=at, waited_s=waited_s)
    seen = observer.close_window()
    assert (seen["reached_at"], seen["answered_at"], seen["waited_s"]) == (3.0, 9.5, 1.75)
    nothing = observer.close_window()
    assert (nothing["reached_at"], nothing["answered_at"], nothing["waited_s"]) == (None, None, 0.0)


def test_a_connection_counts_once_in_each_window_that_it_is_used_in() -> None:
    observer, kept = witness.Witness(), _Connection(made_at=2.0)
    for _ in range(3):
        observer.arrived(kept, HEAD, "/a")
    observer.arrived(_Connection(), HEAD, "/a")
    assert observer.close_window()["connections"] == 2
    observer.arrived(kept, HEAD, "/a")
    seen = observer.close_window()
    assert (seen["connections"], seen["reached_at"]) == (1, 2.0)


def test_moments_are_kept_where_a_window_is_watched_and_nowhere_else() -> None:
    observer, connection = witness.Witness(), _Connection(made_at=2.0)
    observer.arrived(connection, HEAD, "/a")
    assert "moments" not in observer.close_window(is_watched=True)
    first = observer.arrived(connection, HEAD, "/a")
    arrived_at = first.arrived_at
    first.answered(200, 10, at=arrived_at + 1, path="/a")
    observer.arrived(connection, HEAD, "/b").answered(200, 10, at=9.0)
    found = observer.close_window()["moments"]
    assert isinstance(found, dict)
    assert found["/a"] == [2.0, 2.5, arrived_at, arrived_at + 1]
    assert (*found["/b"][:2], found["/b"][3]) == (None, None, None)
    assert "moments" not in observer.close_window()
