"""What was seen of servers as the amounts that a workload is made of. Pure."""

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.link import LEAST_BITS_PER_S
from harness.measure.remote.fetch import Fetched
from harness.measure.remote.hop import Hop, Origin
from harness.schema import MOST_QUANTILES

LEAST_BYTES = 1_024  # bounds of what a server of ours gives
MOST_HOSTS = 64
LEAST_S = 0.0002  # under it a time is that of this machine
LEAST_RATED_BYTES = 64 * 1024
MOST_RATED_BITS_PER_S = 1e9  # over it no line was in the way that could be told
OVERHEAD = 1500 / 1448  # an IP packet over what it carries of a TCP stream, on Ethernet


def distribution(amounts: Sequence[float]) -> tuple[float, ...]:
    """Return quantiles at even steps of which ``harness.draws.drawn`` makes these amounts again.

    Exactly so of up to 50 amounts; of more as nearly as so many quantiles can. Between two amounts they are linear, and
    an amount stands in the middle of its part (Hazen 1914; Hyndman & Fan 1996, type 5).

    Returns:
        At least two, all the same if the amounts are.
    """
    ordered = sorted(amounts)
    last = len(ordered) - 1
    steps = min(2 * len(ordered), MOST_QUANTILES - 1)
    found = []
    for step in range(steps + 1):
        place = min(max(step / steps * len(ordered) - 1 / 2, 0), last)
        low = min(int(place), max(last - 1, 0))
        high = min(low + 1, last)
        found.append(ordered[low] + (place - low) * (ordered[high] - ordered[low]))
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What was seen of servers, in the fields of a workload where there is one.

    Attributes:
        small: images of under 1,024 bytes, the least that a server of ours gives.
        tls: versions of TLS that were spoken.
        has_http2: whether each host would speak HTTP/2 as well; None without TLS.
        rated: bodies of which the rate was made; 0 if none was large enough, and then the rate is 0, without limit.
    """

    images: int
    small: int
    image_bytes: tuple[int, ...]
    hosts: int
    tls: tuple[str, ...]
    has_http2: bool | None
    round_trip_s: float
    down_bits_per_s: float
    rated: int
    latency_s: tuple[float, ...]
    gzip_share: float
    chunked_share: float
    redirect_share: float
    redirect_host_share: float


def profile(
    fetched: Sequence[Fetched], connects: Mapping[Origin, Sequence[float]], *, has_http2: bool | None
) -> Profile:
    """Estimate a workload from one fetch of each image.

    Args:
        connects: origin -> seconds of TCP connects to it, beside those of the fetches.
        has_http2: see ``Profile``.
    """
    hops = [hop for fetch in fetched for hop in fetch.hops]
    known: dict[Origin, list[float]] = {hop.origin: list(connects.get(hop.origin, ())) for hop in hops}
    for hop in hops:
        if hop.connect_s is not None:
            known[hop.origin].append(hop.connect_s)
    least = {origin: min(seconds) for origin, seconds in known.items()}
    round_trip = statistics.median(least.values())
    rates = rates_of([fetch.hops[-1].pieces for fetch in fetched])
    sizes = [fetch.size for fetch in fetched]
    last = [fetch.hops[-1] for fetch in fetched]
    ways = Counter(_way(fetch) for fetch in fetched)
    return Profile(
        images=len(fetched),
        small=sum(size < LEAST_BYTES for size in sizes),
        image_bytes=tuple(round(size) for size in distribution([max(LEAST_BYTES, size) for size in sizes])),
        hosts=min(MOST_HOSTS, len({hop.origin.host for hop in hops})),
        tls=tuple(sorted({hop.tls for hop in hops if hop.tls})),
        has_http2=has_http2,
        round_trip_s=round_trip if round_trip >= LEAST_S else 0.0,
        down_bits_per_s=_down(rates),
        rated=len(rates),
        latency_s=distribution([_thinking_s(hop, least[hop.origin]) for hop in last]),
        gzip_share=sum(hop.is_gzipped for hop in last) / len(last),
        chunked_share=sum(hop.is_chunked for hop in last) / len(last),
        redirect_share=ways["same host"] / len(fetched),
        redirect_host_share=ways["other host"] / len(fetched),
    )


def rates_of(bodies: Sequence[Sequence[tuple[float, int]]]) -> list[float]:
    """Bytes per second of the largest bodies, each in its second half: by then a connection has come up to speed.

    Args:
        bodies: of each the seconds and the bytes so far, as they came.
    """
    large = sorted((pieces for pieces in bodies if pieces and pieces[-1][1] >= LEAST_RATED_BYTES), key=_total)
    found = []
    for pieces in large[-max(3, len(large) // 10) :]:
        half = next(piece for piece in pieces if 2 * piece[1] >= _total(pieces))
        seconds, size = pieces[-1][0] - half[0], _total(pieces) - half[1]
        if seconds > 0 and size > 0:
            found.append(size / seconds)
    return found


def _total(pieces: Sequence[tuple[float, int]]) -> int:
    return pieces[-1][1]


def _down(rates: Sequence[float]) -> float:
    """Bits per second of packets; 0 where nothing was large enough to tell, or no line was in the way."""
    if not rates:
        return 0.0
    bits = 8 * OVERHEAD * statistics.median(rates)
    return 0.0 if bits > MOST_RATED_BITS_PER_S else max(bits, float(LEAST_BITS_PER_S))


def _thinking_s(hop: Hop, round_trip_s: float) -> float:
    """Seconds that the server took before its answer began."""
    thinking_s = hop.wait_s - round_trip_s
    return thinking_s if thinking_s >= LEAST_S else 0.0


def _way(fetch: Fetched) -> str:
    if len(fetch.hops) == 1:
        return "straight"
    return "same host" if fetch.hops[0].origin.host == fetch.hops[-1].origin.host else "other host"
