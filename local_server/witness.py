"""What the server saw of one workload since somebody last asked. It costs a few additions per request."""

import time
from collections import Counter
from collections.abc import Mapping

from aiohttp.http import RawRequestMessage
from aiohttp.web import BaseRequest, RequestHandler

Head = BaseRequest | RawRequestMessage

# Values of any other header may be a secret, and are not told.
HARMLESS_HEADERS = frozenset(
    {
        *("accept", "accept-encoding", "accept-language", "cache-control", "connection", "content-length"),
        *("content-type", "host", "keep-alive", "pragma", "range", "te", "transfer-encoding", "upgrade"),
        "user-agent",
    }
)

SWEEP_AT = 10_000  # connections remembered before those that have closed are looked for


class Window:
    """The requests that arrived between two readings, and what became of them.

    A request belongs to the window in which it arrived, whenever it is answered: what a failed program left behind is
    never counted against the next one.
    """

    __slots__ = (
        *("_in_flight", "bytes", "connections", "cpu_s", "first", "first_at", "last_at", "paths"),
        *("peak_in_flight", "statuses"),
    )

    def __init__(self) -> None:
        self.connections = 0
        self.bytes = 0
        self.peak_in_flight = 0
        self.statuses: Counter[int] = Counter()
        self.first: Head | None = None
        self.cpu_s = time.process_time()  # user and system, all threads, when the window was opened
        self.first_at = self.last_at = 0.0
        self.paths: set[str] = set()
        self._in_flight = 0

    def arrived(self, head: Head, path: str) -> None:
        """Note a request before anything is done about it."""
        self.last_at = time.perf_counter()
        if self.first is None:
            self.first, self.first_at = head, self.last_at
        self.paths.add(path)
        self._in_flight += 1
        self.peak_in_flight = max(self.peak_in_flight, self._in_flight)

    def answered(self, status: int, size: int) -> None:
        """Note that the answer has been written, or that its client has gone; ``size`` counts the head too."""
        self._in_flight -= 1
        self.bytes += size
        self.statuses[status] += 1


class Witness:
    """The open window, and the connections that were seen before it."""

    def __init__(self) -> None:
        self._known: set[RequestHandler] = set()  # type: ignore[type-arg,unused-ignore] # generic in some versions
        self._sweep_at = SWEEP_AT
        self._window = Window()

    def arrived(self, connection: RequestHandler, head: Head, path: str) -> Window:  # type: ignore[type-arg,unused-ignore] # generic in some versions
        """Note a request before anything is done about it; return the window that wants to know of its answer."""
        window = self._window
        if connection not in self._known:
            self._meet(connection)
        window.arrived(head, path)
        return window

    def _meet(self, connection: RequestHandler) -> None:  # type: ignore[type-arg,unused-ignore] # as above
        self._known.add(connection)
        self._window.connections += 1
        if len(self._known) >= self._sweep_at:  # nobody reads the windows of a server that runs alone
            self._forget_closed()
            self._sweep_at = max(SWEEP_AT, 2 * len(self._known))

    def _forget_closed(self) -> None:
        self._known = {one for one in self._known if one.transport is not None}

    def close_window(self) -> Mapping[str, object]:
        """Return what was seen since the last call, and start anew; a connection counts in its first window only."""
        window, first = self._window, self._window.first
        seen = {
            "connections": window.connections,
            "requests": window.statuses.total(),
            "bytes": window.bytes,
            "peak_in_flight": window.peak_in_flight,
            "statuses": {str(status): count for status, count in sorted(window.statuses.items())},
            "server_cpu_s": time.process_time() - window.cpu_s,
            "http_version": f"{first.version.major}.{first.version.minor}" if first else None,
            "headers": _told(first.headers) if first else {},
            "different": len(window.paths),
            "arriving_s": window.last_at - window.first_at,
        }
        self._forget_closed()
        self._window = Window()
        return seen


def _told(headers: Mapping[str, str]) -> dict[str, str]:
    """All names, and the harmless values without the bytes that are no text, which JSON could not hold."""
    return {
        _text(name.lower()): _text(value) if name.lower() in HARMLESS_HEADERS else "(not recorded)"
        for name, value in headers.items()
    }


def _text(value: str) -> str:
    return value.encode(errors="replace").decode()
