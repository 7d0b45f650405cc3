"""The fields of a workload, in groups: each once, with its bounds, unit and words; those of a line: ``harness.link``."""

from dataclasses import dataclass
from typing import Annotated, Literal

from harness.draws import part_of, sizes
from harness.schema import Size, Spec, Time

# Below this thinking time a server answers before the next request arrives, so that what it sees in flight says nothing.
TELLING_LATENCY_S = 0.005
SEED = 20_251_122  # of the images; a workload of a suite file is the same on every machine

SinkKind = Literal["memory", "disk"]
HttpVersion = Literal["1.1", "2"]
ServerKind = Literal["local", "remote"]


def _share(name: str, *, label: str, those: str, done: str) -> Spec:
    """Share of the images ``those`` something is true, and what is then said to be ``done`` to them."""
    return Spec(
        label=label,
        help=f"share of the images {those}",
        unit="share",
        low=0,
        high=1,
        phrase=f", {{{name}}} of them {done}",
        unsaid=0,
        is_served=True,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class What:
    """The images."""

    images: Annotated[
        int,
        Spec(
            label="images",
            help="number of images in one pass",
            unit="count",
            low=1,
            high=100_000,
            phrase="{images} images",
            is_served=True,
            usual=100,
        ),
    ]
    image_bytes: Annotated[
        Size,
        Spec(
            label="each",
            help="exact size of each image, or a list of quantiles at even steps",
            unit="bytes",
            low=1_024,
            high=16 * 1024**2,
            phrase=" of {image_bytes}",
            is_served=True,
            option="size",
            usual=6_144,
        ),
    ]
    seed: Annotated[
        int,
        Spec(
            label="seed",
            help="decides the bytes and names of the images",
            unit="count",
            low=0,
            high=2**64,
            is_served=True,
            is_fixed=True,
        ),
    ] = SEED
    gzip_share: Annotated[
        float,
        _share(
            "gzip_share",
            label="gzip",
            those="whose body is compressed with gzip for a client that accepts it",
            done="gzipped",
        ),
    ] = 0.0
    chunked_share: Annotated[
        float,
        _share(
            "chunked_share",
            label="chunked",
            those="whose body comes in chunks, without a Content-Length",
            done="chunked",
        ),
    ] = 0.0
    redirect_share: Annotated[
        float,
        _share(
            "redirect_share",
            label="redirected",
            those="that are found behind a redirect on the same host",
            done="redirected",
        ),
    ] = 0.0
    redirect_host_share: Annotated[
        float,
        _share(
            "redirect_host_share",
            label="to another host",
            those="that are found behind a redirect to another host",
            done="redirected to another host",
        ),
    ] = 0.0

    @property
    def sizes(self) -> list[int]:
        """Bytes of each image, in the order in which they are made."""
        return sizes(self.image_bytes, self.images, self.seed)

    @property
    def redirects(self) -> int:
        """How many images are found behind a redirect."""
        shares = (self.redirect_share, self.redirect_host_share)
        return sum(part_of(share, self.images) for share in shares)


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """What lies between the client and the images."""

    tls: Annotated[
        bool,
        Spec(
            label="TLS",
            help="whether the images come over HTTPS, from an authority made for the run",
            phrase=" over HTTPS",
            unsaid=False,
            is_served=True,
        ),
    ] = False
    http: Annotated[
        HttpVersion,
        Spec(
            label="HTTP",
            help="version of HTTP that the server speaks; 2 comes over TLS alone",
            phrase=" and HTTP/{http}",
            unsaid="1.1",
            is_served=True,
        ),
    ] = "1.1"
    latency_s: Annotated[
        Time,
        Spec(
            label="thinking time",
            help="the server waits this long before the first byte of an answer, or a list of quantiles at even steps",
            unit="s",
            low=0,
            high=60,
            phrase=" with {latency_s} of thinking time",
            unsaid=0,
            is_served=True,
            usual=0.0,
        ),
    ] = 0.0
    hosts: Annotated[
        int,
        Spec(
            label="hosts",
            help="addresses that give the images in turn, each over connections of its own",
            unit="count",
            low=1,
            high=64,
            phrase=" from {hosts} hosts",
            unsaid=1,
            is_served=True,
        ),
    ] = 1
    server: Annotated[
        ServerKind,
        Spec(
            label="server",
            help="whose server gives the images: a local one of ours, or a remote one that a list of URLs names",
            phrase=" of a list of URLs",
            unsaid="local",
            is_fixed=True,
        ),
    ] = "local"

    @property
    def is_remote(self) -> bool:
        """Whether a server gives the images that is not ours, so that nothing is witnessed there."""
        return self.server == "remote"

    @property
    def shows_in_flight(self) -> bool:
        """Whether the server thinks long enough to see how many requests are in flight."""
        latency_s = self.latency_s
        least_s = latency_s[0] if isinstance(latency_s, tuple) else latency_s
        return least_s >= TELLING_LATENCY_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """When the downloads begin."""

    concurrency: Annotated[
        int,
        Spec(
            label="concurrency",
            help="how many downloads may be in flight",
            unit="count",
            low=1,
            high=4_096,
            phrase=", {concurrency} at once",
            column="asked_concurrency",
            usual=32,
        ),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sink:
    """Where a body goes."""

    sink: Annotated[
        SinkKind,
        Spec(
            label="sink",
            help="where a body goes: kept in memory, or saved to a file named from its URL",
            phrase=", to {sink}",
            usual="memory",
        ),
    ]

    @property
    def is_disk(self) -> bool:
        """Whether each body is saved to a file."""
        return self.sink == "disk"
