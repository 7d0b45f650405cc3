"""What was measured, as frozen records: what a server and a line saw, passes, trials, and how fit the host was."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from annotated_types import MinLen

from harness.fields import HttpVersion
from harness.model import Cell
from harness.quantities import Count, Positive, Reason, Seconds, Share, UnixTime
from harness.workload import AnswerKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """What the server saw between two readings; the client has no part in it.

    Attributes:
        connections: connections on which any of the requests arrived.
        requests: all that arrived, also those that got no answer.
        peak_in_flight: most requests that were being answered at one time.
        statuses: HTTP status -> answers, of each of which the head was sent whole.
        server_cpu_s: CPU seconds (user and system) that the server process used.
        http_version: of the first request, e.g. "1.1".
        headers: of the first request, names in lower case; values that may be secret are left out.
        different: images that were asked for at least once; None in ledgers older than this field.
        strangers: requests of others, who know no path of any workload; none of them is in ``requests``. None as above.
        reached_at: when the first of the connections was made, in seconds of the machine's monotonic clock, which counts
            the same for all its processes; over HTTP/2, where that is not seen, when it was first seen open or used. None
            as above, and without a request.
        answered_at: when the last answer began, on the same clock; None likewise, and if nothing was answered.
        waited_s: seconds from arrival to answer, all requests together; None in ledgers older than this field.
        hosts: address of the server -> connections that were made to it; None likewise.
        tls: version of TLS -> connections that spoke it; None likewise.
        resumed: connections whose handshake took up a session of before; None likewise, and over HTTP/2, where the server
            does not see it.
        faults: fault -> requests that met it; None in ledgers older than this field.
    """

    connections: Count
    requests: Count
    bytes: Count
    peak_in_flight: Count
    statuses: Mapping[str, Count]
    server_cpu_s: Seconds
    http_version: str | None
    headers: Mapping[str, str]
    different: Count | None = None
    strangers: Count | None = None
    reached_at: Seconds | None = None
    answered_at: Seconds | None = None
    waited_s: Seconds | None = None
    hosts: Mapping[str, Count] | None = None
    tls: Mapping[str, Count] | None = None
    resumed: Count | None = None
    faults: Mapping[str, Count] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """What went over a line in one direction.

    Attributes:
        packets: that arrived, ``bytes`` their sizes with all headers.
        dropped: packets that did not: lost as asked, or too many before them.
        late: packets that arrived a millisecond or more after they were due; None if the kernel keeps the times.
        most_late_s: of the worst of them.
    """

    packets: Count
    bytes: Count
    dropped: Count
    late: Count | None = None
    most_late_s: Seconds | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineWitness:
    """What the line between client and server carried between two readings.

    Attributes:
        up: from the client to the server.
        elapsed_s: between the readings.
        relay_cpu_s: CPU seconds of the relay in that time; both are None if the kernel is the relay.
    """

    up: Flow
    down: Flow
    elapsed_s: Seconds | None = None
    relay_cpu_s: Seconds | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempts:
    """What came of each image of a pass, and of each attempt at one, where an image that cannot be had is forgiven.

    Each image is counted once: ``verified``, ``wrong``, all of ``failed`` and ``never`` are ``asked`` together. An error is
    named by its class with the package that it comes from, and by the HTTP status that it tells:
    "aiohttp.ClientResponseError 404".

    Attributes:
        asked: images of the workload.
        verified: whose body is the right one.
        wrong: whose body was taken for good, and is not.
        failed: error of the last attempt -> images.
        never: images that the model did not call fetch for.
        image: of each attempt, in the order in which they ended: place of its image in the order of the URLs.
        start_s: of each attempt: seconds from the start of the pass.
        took_s: of each attempt: seconds.
        error: of each attempt; "" where it returned a body.
        raised: error of an image that the model let out, which ended the download; None if it returned.
        hidden_requests: requests that the server saw beyond those of the attempts and of redirects: so many at least did
            the client send by itself. None if it was not witnessed.
    """

    asked: Count
    verified: Count
    wrong: Count
    failed: Mapping[str, Count]
    never: Count
    image: tuple[Count, ...]
    start_s: tuple[Seconds, ...]
    took_s: tuple[Seconds, ...]
    error: tuple[str, ...]
    raised: str | None
    hidden_requests: Count | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """One execution of the workload: loop started, client opened, all images fetched, client and loop closed.

    Attributes:
        warmup: recorded, but no part of the trial's value.
        wall_s: from before the loop starts to after it ended.
        client_cpu_s: CPU seconds of the worker and all that descends from it, as the system counts them.
        peak_in_flight: most fetches under way at one time as the worker saw it.
        start_s: per verified image in URL order (all are, unless ``attempts`` says otherwise), seconds from the start of the
            pass to the call of fetch.
        latency_s: of the same, seconds from the call of fetch until the body is in the sink, all attempts together.
        voluntary_switches: context switches because the process waited.
        involuntary_switches: context switches because the kernel took the CPU away.
        witness: None where the server is not ours.
        began_at: when it began, in seconds of the machine's monotonic clock; None in ledgers older than this field.
        line: what the line to the server carried meanwhile; None without one.
        attempts: None where no image may fail, and each is tried once; and in ledgers older than this field.
    """

    warmup: bool
    wall_s: Positive
    client_cpu_s: Seconds
    peak_in_flight: Count
    start_s: tuple[Seconds, ...]
    latency_s: tuple[Seconds, ...]
    voluntary_switches: Count
    involuntary_switches: Count
    witness: Witness | None
    began_at: Seconds | None = None
    line: LineWitness | None = None
    attempts: Attempts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Phases:
    """Where the time of each image went, in a pass that was watched and belongs to no value. In the order of the URLs.

    They make up the image's latency. Of an image behind a redirect each is the sum over its two requests. A connection that
    was opened for an earlier image takes no time of this one.

    Attributes:
        unsent_s: inside the client before the request was sent, while no handshake was under way: waiting for a place in its
            pool or for its turn on the CPU, and its own work.
        opening_s: from the call of fetch until its connection was open, where what is in that cannot be told apart: over
            HTTP/2, where the server does not see a connection being made. None elsewhere.
        connecting_s: the handshake of TCP. None over HTTP/2.
        tls_s: the handshake of TLS, with what both sides compute for it; 0 without TLS. None over HTTP/2.
        waiting_s: from when the request was sent until the first byte of the answer could be there: the round trip, and the
            server's thinking.
        receiving_s: until fetch had returned the body.
        saving_s: until it was in the sink.
    """

    unsent_s: tuple[Seconds, ...]
    opening_s: tuple[Seconds, ...] | None = None
    connecting_s: tuple[Seconds, ...] | None = None
    tls_s: tuple[Seconds, ...] | None = None
    waiting_s: tuple[Seconds, ...]
    receiving_s: tuple[Seconds, ...]
    saving_s: tuple[Seconds, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One cell in one round, in one fresh process. Failed if ``reason`` is not None; then it has no speed.

    Attributes:
        position: place in the round's order, from 0.
        started_at: Unix time.
        peak_rss_bytes: most resident memory of the worker over its life.
        threads: OS threads of the worker in the middle of the warm-up pass.
        executor_size: threads of asyncio's default executor in this process.
        cpus: CPUs that any thread of the worker or its descendants could use after the last pass.
        sink_filesystem: type of the file system of a disk sink; None for memory.
        parity: what was in force in the worker (versions, C extensions, limits), for the parity audit.
        advice: what its client had better do, though nothing was wrong with what it fetched; None without.
        watched: of one more pass, which was watched; in the first round alone, and None where nobody can watch.
    """

    cell: Cell
    round: Count
    position: Count
    started_at: UnixTime
    reason: Reason | None
    passes: tuple[Pass, ...]
    peak_rss_bytes: Count
    threads: Count
    executor_size: Count
    cpus: tuple[Count, ...]
    sink_filesystem: str | None
    parity: Mapping[str, str]
    advice: Reason | None = None
    watched: Phases | None = None

    @property
    def timed(self) -> tuple[Pass, ...]:
        """The passes that make the trial's value."""
        # A list: half the time of a generator, and each value asks.
        return tuple([pass_ for pass_ in self.passes if not pass_.warmup])


def good_by_cell(trials: Iterable[Trial]) -> dict[Cell, list[Trial]]:
    """The trials that have a value, by cell, in their order."""
    found: dict[Cell, list[Trial]] = {}
    for trial in trials:
        if trial.reason is None and trial.timed:
            found.setdefault(trial.cell, []).append(trial)
    return found


# The fields of a trial whose worker never came to its end.
NOTHING_KNOWN: Mapping[str, Any] = {
    "passes": (),
    "peak_rss_bytes": 0,
    "threads": 0,
    "executor_size": 0,
    "cpus": (),
    "parity": {},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentinel:
    """A fixed piece of work done once in each round: it changes only if the host does.

    Attributes:
        cpu_s: seconds of a fixed CPU loop, one value per repeat, on the client's CPUs.
        echo_s: seconds of a fixed number of loopback echoes, one value per repeat.
        steal: share of CPU time taken by the hypervisor during the round, 0 to 1; None if unknown.
        busy_elsewhere: CPU seconds per second used by processes that are not ours during the round.
        cpu_own_s: CPU seconds of each repeat of the CPU loop, less than its ``cpu_s`` where others took turns with it; None
            in ledgers older than this field.
    """

    round: Count
    started_at: UnixTime
    cpu_s: Annotated[tuple[Positive, ...], MinLen(1)]
    echo_s: Annotated[tuple[Positive, ...], MinLen(1)]
    steal: Share | None
    busy_elsewhere: Seconds | None
    cpu_own_s: tuple[Seconds, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceiling:
    """What the server itself can give of a workload's images, without thinking time: no client can be faster.

    Attributes:
        image_bytes: size of the images.
        requests_per_s: answers per second to pipelined requests.
        tls: whether over HTTPS.
        http: version of HTTP.
    """

    image_bytes: Count
    started_at: UnixTime
    requests_per_s: Positive
    tls: bool = False
    http: HttpVersion = "1.1"

    @property
    def answer_kind(self) -> AnswerKind:
        """Of which it is the ceiling."""
        return AnswerKind(self.image_bytes, self.tls, self.http)
