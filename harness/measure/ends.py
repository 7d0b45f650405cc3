"""The other side of the wire: a server on this host, and one at the far end of each line that is asked for."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass

from harness.link import Link
from harness.measure.link.line import Line, LinkUnavailable, open_link
from harness.measure.remote.server import RemoteServer, remote_server
from harness.measure.server import Server, starting_server
from harness.model import Resource
from harness.workload import Workload


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """A server, and the line that leads to it.

    Attributes:
        line: None if client and server are on one host.
    """

    server: Server | RemoteServer
    line: Line | None


class Ends:
    """Those of a round, each started when it is first asked for, and ended with the stack.

    Args:
        cpus: that servers and relays may use.
        resources: of a remote server, which is asked instead of any of ours; () for ours.
    """

    def __init__(self, stack: ExitStack, cpus: Sequence[int], resources: Sequence[Resource] = ()) -> None:
        self._stack = stack
        self._resources = resources
        self._cpus = cpus
        self._starting: dict[Link, tuple[Callable[[], Server | RemoteServer], Line | None]] = {}
        self._ends: dict[Link, End] = {}

    def line(self, link: Link) -> Line | None:
        """Start what is at the end of this link, without waiting for its server; return the line to it."""
        if link not in self._starting:
            line = self._stack.enter_context(open_link(link, cpus=self._cpus)) if link.is_line else None
            starting: AbstractContextManager[Callable[[], Server | RemoteServer]] = (
                remote_server(self._resources)
                if self._resources
                else starting_server(cpus=self._cpus, line=line)
            )
            self._starting[link] = self._stack.enter_context(starting), line
        return self._starting[link][1]

    def end(self, link: Link) -> End:
        """Wait until the server at the end of this link is ready."""
        line = self.line(link)
        if link not in self._ends:
            self._ends[link] = End(server=self._starting[link][0](), line=line)
        return self._ends[link]

    def pids(self) -> Iterator[int]:
        """Yield the processes that serve or relay; their CPU time is ours, not the host's."""
        for end in self._ends.values():
            if end.server.pid is not None:
                yield end.server.pid
            if end.line is not None:
                yield end.line.pid


def lacking(workloads: Sequence[Workload]) -> dict[str, str]:
    """Workload -> why this machine cannot have the line that it asks for; only those of which that is so."""
    behind_lines = [workload for workload in workloads if workload.link.is_line]
    if not behind_lines:
        return {}
    try:
        with open_link(behind_lines[0].link):  # where one can be had, any can
            return {}
    except LinkUnavailable as refusal:
        return {workload.name: str(refusal) for workload in behind_lines}
