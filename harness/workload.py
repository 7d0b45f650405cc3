"""What is asked of every variant. Each field stands here once, with its bounds, unit and words.

Suite files, the image server's control route, tables, sentences, help texts and documents derive from it. In files a
workload is flat (``images = 100``); in code its fields are grouped. Standard library only: the image server, a process of
its own, imports this module and the schema, and no other of the harness.
"""

import random
from argparse import ArgumentTypeError
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import Field, asdict, dataclass, fields, replace
from typing import Annotated, Any, Literal, NamedTuple, Self, TypeVar, get_args

from harness import link as links
from harness.link import Link
from harness.schema import FieldError, Size, Spec, Time, checked, typed

# Below this latency a server answers before the next request arrives, so that what it sees in flight says nothing.
TELLING_LATENCY_S = 0.005
MOST_BYTES = 1024**3  # of all images of a workload together: what the server holds at most
SEED = 20_251_122  # of the images; a workload of a suite file is the same on every machine

SinkKind = Literal["memory", "disk"]
HttpVersion = Literal["1.1", "2"]
ServerKind = Literal["local", "remote"]
MOST_URLS = 10_000
Item = TypeVar("Item")


def moved(items: Sequence[Item], seed: int) -> list[Item]:
    """Return the items in another order, in which none (of two or more) has the place that it had (Sattolo 1986)."""
    found, draw = list(items), random.Random(seed)
    for last in range(len(found) - 1, 0, -1):
        other = draw.randrange(last)
        found[last], found[other] = found[other], found[last]
    return found


def drawn(amount: Time, count: int, seed: str) -> list[float]:
    """Return an amount for each of ``count`` images, in an order drawn from the seed.

    Of a distribution every part is taken once, at (n + 1/2) / count, with straight lines between its quantiles: so two
    draws differ in order alone, and a small one is no less true to it.
    """
    if not isinstance(amount, tuple):
        return [amount] * count
    steps = len(amount) - 1
    found = []
    for number in range(count):
        place = (number + 1 / 2) / count * steps
        low = min(int(place), steps - 1)
        found.append(amount[low] + (place - low) * (amount[low + 1] - amount[low]))
    random.Random(seed).shuffle(found)
    return found


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
        Spec(
            label="gzip",
            help="share of the images whose body is compressed with gzip for a client that accepts it",
            unit="share",
            low=0,
            high=1,
            phrase=", {gzip_share} of them gzipped",
            unsaid=0,
            is_served=True,
        ),
    ] = 0.0
    chunked_share: Annotated[
        float,
        Spec(
            label="chunked",
            help="share of the images whose body comes in chunks, without a Content-Length",
            unit="share",
            low=0,
            high=1,
            phrase=", {chunked_share} of them chunked",
            unsaid=0,
            is_served=True,
        ),
    ] = 0.0
    redirect_share: Annotated[
        float,
        Spec(
            label="redirected",
            help="share of the images that are found behind a redirect on the same host",
            unit="share",
            low=0,
            high=1,
            phrase=", {redirect_share} of them redirected",
            unsaid=0,
            is_served=True,
        ),
    ] = 0.0
    redirect_host_share: Annotated[
        float,
        Spec(
            label="to another host",
            help="share of the images that are found behind a redirect to another host",
            unit="share",
            low=0,
            high=1,
            phrase=", {redirect_host_share} of them redirected to another host",
            unsaid=0,
            is_served=True,
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


class AnswerKind(NamedTuple):
    """What an answer costs the server: on it depends how many it can give.

    Attributes:
        image_bytes: of the body, on average.
        tls: whether it is encrypted.
        http: version of HTTP.
    """

    image_bytes: int
    tls: bool = False
    http: HttpVersion = "1.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What is asked of every variant.

    Attributes:
        name: unique in the suite file, and says the sink.
    """

    name: str
    what: What
    network: Network
    link: Link
    arrival: Arrival
    sink: Sink

    @classmethod
    def of(cls, name: str, **values: Any) -> Self:
        """Make a workload of flat fields, as they stand in files.

        Raises:
            ValueError: one line, see ``check``.
        """
        whole = check(values)
        groups = {
            group: kind(**{one.name: whole[one.name] for one in fields(kind)})
            for group, kind in GROUPS.items()
        }
        return cls(name=name, **groups)

    @property
    def flat(self) -> dict[str, Any]:
        """Every field by its name, without the groups: the form of files."""
        return {key: value for group in GROUPS for key, value in asdict(getattr(self, group)).items()}

    @property
    def answer_kind(self) -> AnswerKind:
        """Of its images."""
        sizes = self.what.sizes
        return AnswerKind(round(sum(sizes) / len(sizes)), self.network.tls, self.network.http)

    def but(self, *, name: str | None = None, **values: Any) -> Self:
        """Return the same workload with other values of these fields."""
        return type(self).of(name or self.name, **self.flat | values)


GROUPS: Mapping[str, type[Any]] = {
    "what": What,
    "network": Network,
    "link": Link,
    "arrival": Arrival,
    "sink": Sink,
}
_FIELDS: Mapping[str, Field[Any]] = {one.name: one for kind in GROUPS.values() for one in fields(kind)}
# Name of a field -> its type, what is known of it, and its default (MISSING if it must be given).
TYPES: Mapping[str, Any] = {name: get_args(field.type)[0] for name, field in _FIELDS.items()}
SPECS: Mapping[str, Spec] = {name: get_args(one.type)[1] for name, one in _FIELDS.items()}
DEFAULTS: Mapping[str, Any] = {name: one.default for name, one in _FIELDS.items()}
# What is found at a remote server, and not asked for, has other bounds.
_REMOTE: Mapping[str, Spec] = {
    "image_bytes": replace(SPECS["image_bytes"], low=1),
    "hosts": replace(SPECS["hosts"], high=MOST_URLS),
}


def check_each(values: Mapping[str, Any], known: Iterable[str] = ()) -> dict[str, Any]:
    """Return fields that are known, of their types and within their bounds, each by itself.

    Args:
        known: names that are; () for all.

    Raises:
        FieldError: the first that is not.
    """
    names = list(known or TYPES)
    if unknown := sorted(values.keys() - set(names)):
        raise FieldError(unknown[0], f"is no field; there are {', '.join(names)}")
    specs = {**SPECS, **(_REMOTE if values.get("server") == "remote" else {})}
    return {name: checked(name, value, TYPES[name], specs[name]) for name, value in values.items()}


def check(values: Mapping[str, Any], *, served: bool = False) -> dict[str, Any]:
    """Return flat fields with their defaults, if each is known, of its type and within its bounds.

    Args:
        values: by name.
        served: True for those alone that the image server is told.

    Raises:
        FieldError: the first that is not.
        ValueError: fields that are right alone and not together.
    """
    known = [name for name in TYPES if not served or SPECS[name].is_served]
    whole = check_each({name: DEFAULTS[name] for name in known} | dict(values), known)
    if not served:
        links.check(Link(**{field.name: whole[field.name] for field in fields(Link)}))
    if whole["redirect_share"] + whole["redirect_host_share"] > 1:
        raise ValueError("redirect_share and redirect_host_share together must be at most 1")
    if whole["redirect_host_share"] and whole["hosts"] == 1:
        raise FieldError("redirect_host_share", "needs a second host: set hosts to 2 or more")
    if whole["http"] == "2" and not whole["tls"]:
        raise FieldError("http", 'is "2", which comes over TLS alone: set tls to true')
    if whole["http"] == "2" and whole["chunked_share"]:
        raise FieldError("chunked_share", 'must be 0 where http is "2": HTTP/2 has no chunks')
    if sum(sizes(whole["image_bytes"], whole["images"], whole["seed"])) > MOST_BYTES:
        raise ValueError(f"images times image_bytes must be at most {MOST_BYTES:,}")
    return whole


def read(name: str, text: str) -> Any:
    """Return the value of a field from what was typed, for argparse.

    Raises:
        ArgumentTypeError: it is none; one line.
    """
    try:
        return typed(name, text, TYPES[name], SPECS[name])
    except FieldError as error:
        raise ArgumentTypeError(str(error).removeprefix(f"{name} ")) from None


def sizes(image_bytes: Size, images: int, seed: int) -> list[int]:
    """Bytes of each of so many images."""
    return [round(size) for size in drawn(image_bytes, images, f"{seed}:sizes")]


def part_of(share: float, images: int) -> int:
    """How many of so many images a share is."""
    return round(share * images)


def sentence(flat: Mapping[str, Any]) -> str:
    """The template of the phrase that tells fields of a workload; each that it says stands in it as ``{name}``."""
    said = (SPECS[name].phrase for name in SPECS if name in flat and flat[name] != SPECS[name].unsaid)
    return "".join(said)
