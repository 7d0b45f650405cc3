"""What is asked of every variant. Each field stands here once, with its bounds, unit and words.

Suite files, the image server's control route, tables, sentences, help texts and documents derive from it. In files a
workload is flat (``images = 100``); in code its fields are grouped. Standard library only: the image server, a process of
its own, imports this module and no other of the harness.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import Field, asdict, dataclass, fields
from typing import Annotated, Any, Literal, Self, TypeVar, get_args

MOST_BYTES = 1024**3  # of all images of a workload together: what the server holds at most
SEED = 20_251_122  # of the images; a workload of a suite file is the same on every machine

SinkKind = Literal["memory", "disk"]
Item = TypeVar("Item")


def moved(items: Sequence[Item], seed: int) -> list[Item]:
    """Return the items in another order, in which none (of two or more) has the place that it had (Sattolo 1986)."""
    found, draw = list(items), random.Random(seed)
    for last in range(len(found) - 1, 0, -1):
        other = draw.randrange(last)
        found[last], found[other] = found[other], found[last]
    return found


class FieldError(ValueError):
    """One line on a field that is not what it must be.

    Args:
        field: its name; the message begins with it.
        message: the rest.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field} {message}")
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What is known of one field besides its value.

    Attributes:
        label: head of its column.
        help: what it means, as half a sentence.
        unit: "count", "bytes" or "s", as reports show them; None for a word.
        low: least value, ``high`` the greatest; None for a word.
        phrase: its part of the sentence that tells a workload, with ``{name}`` for its value; "" says nothing.
        unsaid: the value of which the sentence says nothing.
        is_served: whether the image server is told.
        is_fixed: whether the project decides it, so that no suite file may.
        column: of ``workloads.csv``, where the field's name has another meaning there.
    """

    label: str
    help: str
    unit: str | None = None
    low: float | None = None
    high: float | None = None
    phrase: str = ""
    unsaid: object = None
    is_served: bool = False
    is_fixed: bool = False
    column: str | None = None


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
        ),
    ]
    image_bytes: Annotated[
        int,
        Spec(
            label="each",
            help="exact size of each image",
            unit="bytes",
            low=2_048,
            high=16 * 1024**2,
            phrase=" of {image_bytes}",
            is_served=True,
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """What lies between the client and the images."""

    latency_s: Annotated[
        float,
        Spec(
            label="latency",
            help="the server waits this long before the first byte of an answer",
            unit="s",
            low=0,
            high=60,
            phrase=" with {latency_s} latency",
            unsaid=0,
            is_served=True,
        ),
    ]
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
        ),
    ]

    @property
    def is_disk(self) -> bool:
        """Whether each body is saved to a file."""
        return self.sink == "disk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What is asked of every variant.

    Attributes:
        name: unique in the suite file, and says the sink.
    """

    name: str
    what: What
    network: Network
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

    def but(self, *, name: str | None = None, **values: Any) -> Self:
        """Return the same workload with other values of these fields."""
        return type(self).of(name or self.name, **self.flat | values)


GROUPS: Mapping[str, type[Any]] = {"what": What, "network": Network, "arrival": Arrival, "sink": Sink}
_FIELDS: Mapping[str, Field[Any]] = {one.name: one for kind in GROUPS.values() for one in fields(kind)}
# Name of a field -> its type, what is known of it, and its default (MISSING if it must be given).
TYPES: Mapping[str, Any] = {name: get_args(one.type)[0] for name, one in _FIELDS.items()}
SPECS: Mapping[str, Spec] = {name: get_args(one.type)[1] for name, one in _FIELDS.items()}
DEFAULTS: Mapping[str, Any] = {name: one.default for name, one in _FIELDS.items()}


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
    unknown = sorted(values.keys() - set(known))
    if unknown:
        raise FieldError(unknown[0], f"is no field; there are {', '.join(known)}")
    whole = {name: _checked(name, values.get(name, DEFAULTS[name])) for name in known}
    if whole["images"] * whole["image_bytes"] > MOST_BYTES:
        raise ValueError(f"images times image_bytes must be at most {MOST_BYTES:,}")
    return whole


def _checked(name: str, value: Any) -> Any:
    spec, kind = SPECS[name], TYPES[name]
    if words := get_args(kind):
        if value not in words:
            raise FieldError(name, f"must be {' or '.join(words)}")
        return value
    allowed = (int, float) if kind is float else (int,)
    if not isinstance(value, allowed) or isinstance(value, bool):
        raise FieldError(name, f"must be {'a number' if kind is float else 'a whole number'}")
    if spec.low is None or spec.high is None or not spec.low <= value <= spec.high:
        raise FieldError(name, f"must be from {spec.low:,} to {spec.high:,}")
    return float(value) if kind is float else value


def sentence(flat: Mapping[str, Any]) -> str:
    """The template of the phrase that tells a workload; each field that it says stands in it as ``{name}``."""
    return "".join(spec.phrase for name, spec in SPECS.items() if spec.phrase and flat[name] != spec.unsaid)
