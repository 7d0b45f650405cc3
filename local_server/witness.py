"""What the server saw of one workload since somebody last asked. It costs a few additions per request.

Moments (``_at``) are seconds of ``time.perf_counter``, which is one clock for all processes of a machine.
"""

import math
import time
from collections import Counter
from collections.abc import Mapping
from typing import Protocol

from aiohttp import HttpVersion

# When a connection was accepted, and when it was open; None where that is not seen, or is no matter to a request.
Opening = tuple[float | None, float | None]


class Head(Protocol):
    """What a witness wants of a request."""

    @property
    def version(self) -> HttpVersion:
        """Of HTTP."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Names and values."""


class Connection(Protocol):
    """What a witness wants of a connection.

    Attributes:
        address: of ours, to which it was made: host and port.
        made_at: when it was accepted.
        opened_at: when the first request could be sent over it: over TLS when its handshake had ended.
        tls: version of the protocol, None without it.
        is_resumed: whether the handshake took up a session of before; None if that cannot be seen.
        met: the window that has counted it; so a witness holds no connection, and a closed one is forgotten.
    """

    address: tuple[str, int]
    made_at: float
    opened_at: float
    tls: str | None
    is_resumed: bool | None
    met: "Window | None"

    def opening(self, *, is_first: bool) -> "Opening":
        """When it was accepted and when it was open, as far as a request can have waited for that; see ``Opening``.

        Args:
            is_first: whether the request is the first over it.
        """


# Values of any other header may be a secret, and are not told.
HARMLESS_HEADERS = frozenset(
    {
        *("accept", "accept-encoding", "accept-language", "cache-control", "connection", "content-length"),
        *("content-type", "host", "keep-alive", "pragma", "range", "te", "transfer-encoding", "upgrade"),
        "user-agent",
    }
)

ANSWERED = 3  # place among the moments of a request


class Window:
    """The requests that arrived between two readings, and what became of them.

    A request belongs to the window in which it arrived, whenever it is answered: what a failed program left behind is
    never counted against the next one.
    """

    __slots__ = (
        *(
            "_in_flight",
            "answered_at",
            "arrived_at",
            "bytes",
            "connections",
            "cpu_s",
            "faults",
            "first",
            "headless",
            "hosts",
            "moments",
            "paths",
        ),
        *("peak_in_flight", "reached_at", "resumed", "statuses", "tls", "waited_s"),
    )

    def __init__(self, *, is_watched: bool = False) -> None:
        # Path -> when its connection was accepted and open (``Opening``), when it arrived, and when its answer began (None:
        # at once). Of the last request for it; None where nobody asks.
        self.moments: dict[str, list[float | None]] | None = {} if is_watched else None
        self.connections = 0
        self.bytes = 0
        self.peak_in_flight = 0
        self.statuses: Counter[int] = Counter()
        self.headless = 0  # requests that got no whole head
        self.faults: Counter[str] = Counter()  # fault -> requests that met it
        self.first: Head | None = None
        self.cpu_s = time.process_time()  # user and system, all threads, when the window was opened
        self.reached_at = math.inf  # when the first of its connections was made
        self.arrived_at = 0.0  # when the last request arrived
        self.answered_at = 0.0  # when the last answer began
        self.waited_s = 0.0  # from arrival to answer, all requests together
        self.paths: set[str] = set()
        self.hosts: Counter[str] = Counter()  # address -> connections
        self.tls: Counter[str] = Counter()  # version -> connections
        self.resumed: int | None = 0  # None if it cannot be seen
        self._in_flight = 0

    def meet(self, connection: Connection) -> None:
        """Note a connection on which a first request of this window has come."""
        connection.met = self
        self.connections += 1
        self.hosts[connection.address[0]] += 1
        if connection.tls:
            self.tls[connection.tls] += 1
            if connection.is_resumed is None:
                self.resumed = None
            elif self.resumed is not None:
                self.resumed += connection.is_resumed
        self.reached_at = min(self.reached_at, connection.made_at)

    @property
    def requests(self) -> int:
        """All that arrived: what was answered, what got no answer, and what is still to get one."""
        return self.statuses.total() + self.headless + self._in_flight

    def arrived(self, head: Head, path: str) -> None:
        """Note a request before anything is done about it."""
        self.arrived_at = time.perf_counter()
        if self.first is None:
            self.first = head
        self.paths.add(path)
        self._in_flight += 1
        self.peak_in_flight = max(self.peak_in_flight, self._in_flight)

    def answered(
        self, status: int | None, size: int, *, at: float, waited_s: float = 0.0, path: str | None = None
    ) -> None:
        """Note that the answer has been written, or that its client has gone.

        Args:
            status: of HTTP; None if its head was not sent whole.
            size: bytes, the head too.
            at: when the first of them was about to be written: no client can have had its answer before. 0 if none was.
            waited_s: from the arrival until then.
            path: that was asked for, if there may have been a wait.
        """
        self._in_flight -= 1
        if path is not None and self.moments is not None:
            self.moments[path][ANSWERED] = at
        self.waited_s += waited_s
        self.answered_at = max(self.answered_at, at)
        self.bytes += size
        if status is None:
            self.headless += 1
        else:
            self.statuses[status] += 1


class Witness:
    """The open window of a workload."""

    def __init__(self) -> None:
        self._window = Window()

    def arrived(self, connection: Connection, head: Head, path: str, fault: str | None = None) -> Window:
        """Note a request before anything is done about it; return the window that wants to know of its answer.

        Args:
            fault: that it meets; None without.
        """
        window = self._window
        is_first = connection.met is not window
        if is_first:
            window.meet(connection)
        window.arrived(head, path)
        if window.moments is not None:
            window.moments[path] = [*connection.opening(is_first=is_first), window.arrived_at, None]
        if fault is not None:
            window.faults[fault] += 1
        return window

    def close_window(self, *, is_watched: bool = False) -> Mapping[str, object]:
        """Return what was seen since the last call, and start anew.

        Args:
            is_watched: whether the moments of each request are kept in the new window.
        """
        window, first = self._window, self._window.first
        seen = {
            "connections": window.connections,
            "requests": window.requests,
            "bytes": window.bytes,
            "peak_in_flight": window.peak_in_flight,
            "statuses": {str(status): count for status, count in sorted(window.statuses.items())},
            "server_cpu_s": time.process_time() - window.cpu_s,
            "http_version": _version(first.version) if first else None,
            "headers": _told(first.headers) if first else {},
            "different": len(window.paths),
            "hosts": dict(window.hosts),
            "tls": dict(window.tls),
            "resumed": window.resumed,
            "reached_at": window.reached_at if first else None,
            "answered_at": window.answered_at or None,
            "waited_s": window.waited_s,
            "faults": dict(window.faults),
        }
        if window.moments is not None:
            seen["moments"] = window.moments
        self._window = Window(is_watched=is_watched)
        return seen


def _version(version: HttpVersion) -> str:
    """As in "HTTP/1.1" and "HTTP/2": later versions have no minor one (RFC 9113, 3.1)."""
    return f"{version.major}.{version.minor}" if version.major == 1 else str(version.major)


def _told(headers: Mapping[str, str]) -> dict[str, str]:
    """All names, and the harmless values without the bytes that are no text, which JSON could not hold."""
    return {
        _text(name.lower()): _text(value) if name.lower() in HARMLESS_HEADERS else "(not recorded)"
        for name, value in headers.items()
    }


def _text(value: str) -> str:
    return value.encode(errors="replace").decode()
