"""What may be asked of a line between two hosts. Each field stands here once, with its bounds, unit and words.

In suite files ``[links.NAME]`` holds these and any other fields of a workload. Standard library only, for the relay's
process reads it too.
"""

from dataclasses import asdict, dataclass
from typing import Annotated

from harness.schema import FieldError, Spec

LEAST_BITS_PER_S = 100_000  # of a rate: a packet of 1,500 bytes takes 0.12 s then
MOST_BITS_PER_S = 10_000_000_000


def _rate(way: str, ends: str) -> Spec:
    """In one direction; no limit by default."""
    return Spec(
        label=way,
        help=f"rate {ends}; 0 sets no limit",
        unit="bits/s",
        low=0,
        high=MOST_BITS_PER_S,
        phrase=f", {{{way}_bits_per_s}} {way}",
        option=way,
        unsaid=0,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A line between two hosts, as it is asked for. Rates and losses are of IP packets, headers included."""

    round_trip_s: Annotated[
        float,
        Spec(
            label="round trip",
            help="a packet to the other side and one back, on a line that is otherwise empty",
            unit="s",
            low=0,
            high=10,
            phrase=" on a line of {round_trip_s} round trip",
            unsaid=0,
        ),
    ] = 0.0
    jitter_s: Annotated[
        float,
        Spec(
            label="jitter",
            help="a round trip differs from the asked one by up to this, either way; packets keep their order",
            unit="s",
            low=0,
            high=10,
            phrase=" ± {jitter_s}",
            unsaid=0,
        ),
    ] = 0.0
    down_bits_per_s: Annotated[float, _rate("down", "from the server to the client")] = 0.0
    up_bits_per_s: Annotated[float, _rate("up", "from the client to the server")] = 0.0
    loss: Annotated[
        float,
        Spec(
            label="loss",
            help="share of the packets that are lost, in each direction",
            unit="share",
            low=0,
            high=0.5,
            phrase=", {loss} lost",
            unsaid=0,
        ),
    ] = 0.0

    @property
    def is_line(self) -> bool:
        """Whether anything is asked; else client and server are on one host, with nothing between."""
        return any(asdict(self).values())

    @property
    def only_delays(self) -> bool:
        """Whether every packet fares alike: so nothing depends on whether several of a connection go as one."""
        return not (self.jitter_s or self.down_bits_per_s or self.up_bits_per_s or self.loss)


def check(link: Link) -> None:
    """Refuse fields that are right alone and not together.

    Raises:
        ValueError: one line.
    """
    if link.jitter_s > link.round_trip_s:
        raise ValueError("jitter_s must be at most round_trip_s: no packet arrives before it was sent")
    for name in ("down_bits_per_s", "up_bits_per_s"):
        if 0 < getattr(link, name) < LEAST_BITS_PER_S:
            raise FieldError(name, f"must be 0, which sets no limit, or at least {LEAST_BITS_PER_S:,}")
