"""Servers that are not ours, in the place of ours in a round: nothing is registered, witnessed or changed there."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import urlsplit

from harness.faults import Met
from harness.measure.job import Pause
from harness.measure.manifest import Manifest
from harness.measure.remote.fetch import Fetcher
from harness.measure.remote.hop import FetchError
from harness.measure.remote.pauses import LONGEST_PAUSE_S, MOST_PAUSES, asked_pause_s
from harness.measure.remote.urls import shown
from harness.measure.server import ServerError
from harness.model import Resource
from harness.workload import Workload

KEPT = "what was measured is kept; go on with --resume"


class RemoteServer:
    """What the URLs of a list name, with the interface of ``harness.measure.server.Server``.

    Args:
        resources: what each URL gave when it was first fetched.

    Attributes:
        pause: that was asked for by an answer to the last pass; None if none was.
    """

    pid: ClassVar[None] = None

    def __init__(self, resources: Sequence[Resource], fetcher: Fetcher) -> None:
        self._resources = resources
        self._fetcher = fetcher
        self._pauses = 0
        self.pause: Pause | None = None

    def register(self, workload: Workload) -> Manifest:
        """What is fetched, as it was found."""
        return Manifest(
            urls=tuple(resource.url for resource in self._resources),
            digests=tuple(resource.sha256 for resource in self._resources),
            meets=tuple(self.meets(workload.name)),
        )

    def digests(self, workload: str) -> Sequence[str]:
        """SHA-256 of the body that each URL gave when it was first fetched."""
        del workload
        return [resource.sha256 for resource in self._resources]

    def meets(self, workload: str) -> Sequence[Met | None]:
        """Nothing, as far as is known: an image that cannot be had is not in the list."""
        del workload
        return [None for _ in self._resources]

    def window(self, workload: str, *, seed: int | None = None) -> None:
        """Nothing is seen there, and no image changes its place."""
        del workload, seed

    def excuses(self, reason: str, answer: Mapping[str, Any], suspect: int) -> bool:
        """Whether a pass failed because the server asked to wait, so that it does not count; ``pause`` says how long.

        The server is asked for that image, once: a client need not tell what it was answered.

        Args:
            reason: why the pass failed.
            answer: of the worker to the pass, which may tell the status and Retry-After that its client was given.
            suspect: place of the image with which it went wrong, as far as is known.

        Raises:
            ServerError: it does not answer any more, or not as before: no contender is to blame.
        """
        first = self._resources[suspect]
        host = urlsplit(first.url).hostname or ""
        try:
            found = self._fetcher.fetch(first.url)
        except FetchError as error:
            raise ServerError(f"the server stopped answering: {shown(first.url)} {error}; {KEPT}") from None
        now = datetime.now(UTC)
        pause_s = asked_pause_s(found.status, found.hops[-1].retry_after, now)
        if pause_s is None and found.sha256 != first.sha256:
            raise ServerError(
                f"{shown(first.url)} now answers {found.status} with another body than at first; {KEPT}"
            )
        if pause_s is None:
            told = re.search(r"\b(429|503)\b", reason)
            status = answer.get("status") or (int(told[1]) if told else None)
            pause_s = asked_pause_s(status, answer.get("retry_after"), now)
        if pause_s is None:
            return False
        self._pauses += 1
        if pause_s > LONGEST_PAUSE_S or self._pauses > MOST_PAUSES:
            raise ServerError(
                f"{host} asks to wait for {pause_s:.0f} s, for the {self._pauses}. time in this round; {KEPT}, later"
            )
        self.pause = Pause(host=host, seconds=pause_s)
        return True


@contextmanager
def remote_server(resources: Sequence[Resource]) -> Iterator[Callable[[], RemoteServer]]:
    """Yield what gives the server, as ``harness.measure.server.starting_server`` does."""
    with closing(Fetcher()) as fetcher:
        server = RemoteServer(resources, fetcher)
        yield lambda: server
