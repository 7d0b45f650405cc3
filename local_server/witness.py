"""What the server saw of one workload since somebody last asked. It costs a few additions per request."""

import time
from collections import Counter
from collections.abc import Mapping

from aiohttp.http import RawRequestMessage
from aiohttp.web import BaseRequest, RequestHandler

Head = BaseRequest | RawRequestMessage

SWEEP_AT = 10_000  # connections remembered before those that have closed are looked for


class Witness:
    """Counts of one window, and the connections that were seen before it."""

    def __init__(self) -> None:
        self._known: set[RequestHandler] = set()  # type: ignore[type-arg,unused-ignore] # generic in some versions
        self._sweep_at = SWEEP_AT
        self._in_flight = 0
        self._open_window()

    def _open_window(self) -> None:
        self._connections = 0
        self._bytes = 0
        self._peak_in_flight = self._in_flight
        self._statuses: Counter[int] = Counter()
        self._first: Head | None = None
        self._cpu_s = time.process_time()  # user and system, all threads

    def arrived(self, connection: RequestHandler, head: Head) -> None:  # type: ignore[type-arg,unused-ignore] # generic in some versions
        """Note a request before anything is done about it."""
        if connection not in self._known:
            self._meet(connection)
        if self._first is None:
            self._first = head
        self._in_flight += 1
        self._peak_in_flight = max(self._peak_in_flight, self._in_flight)

    def _meet(self, connection: RequestHandler) -> None:  # type: ignore[type-arg,unused-ignore] # as above
        self._known.add(connection)
        self._connections += 1
        if len(self._known) >= self._sweep_at:  # nobody reads the windows of a server that runs alone
            self._forget_closed()
            self._sweep_at = max(SWEEP_AT, 2 * len(self._known))

    def _forget_closed(self) -> None:
        self._known = {one for one in self._known if one.transport is not None}

    def answered(self, status: int, size: int) -> None:
        """Note that the answer has been written, or that its client has gone; ``size`` counts the head too."""
        self._in_flight -= 1
        self._bytes += size
        self._statuses[status] += 1

    def close_window(self) -> Mapping[str, object]:
        """Return what was seen since the last call, and start anew; a connection counts in its first window only."""
        first = self._first
        seen = {
            "connections": self._connections,
            "requests": self._statuses.total(),
            "bytes": self._bytes,
            "peak_in_flight": self._peak_in_flight,
            "statuses": {str(status): count for status, count in sorted(self._statuses.items())},
            "server_cpu_s": time.process_time() - self._cpu_s,
            "http_version": f"{first.version.major}.{first.version.minor}" if first else None,
            "headers": {name.lower(): value for name, value in first.headers.items()} if first else {},
        }
        self._forget_closed()
        self._open_window()
        return seen
