"""What may be asked of a line between two hosts. Each field stands here once, with its bounds, unit and words.

In suite files a line is ``[links.NAME]``. Standard library only, for the relay's process reads it too.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Annotated, Any, Self, get_args

from harness.schema import FieldError, Spec, checked

LEAST_BITS_PER_S = 100_000  # of a rate: a packet of 1,500 bytes takes 0.12 s then
MOST_BITS_PER_S = 10_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A line between two hosts, as it is asked for. Rates and losses are of IP packets, headers included.

    Attributes:
        name: unique in the suite file.
    """

    name: str
    round_trip_s: Annotated[
        float,
        Spec(
            label="round trip",
            help="a packet to the other side and one back, on a line that is otherwise empty",
            unit="s",
            low=0,
            high=10,
            phrase="{round_trip_s}",
        ),
    ]
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
    down_bits_per_s: Annotated[
        float,
        Spec(
            label="down",
            help="rate from the server to the client; 0 sets no limit",
            unit="bits/s",
            low=0,
            high=MOST_BITS_PER_S,
            phrase=", {down_bits_per_s} down",
            unsaid=0,
        ),
    ] = 0.0
    up_bits_per_s: Annotated[
        float,
        Spec(
            label="up",
            help="rate from the client to the server; 0 sets no limit",
            unit="bits/s",
            low=0,
            high=MOST_BITS_PER_S,
            phrase=", {up_bits_per_s} up",
            unsaid=0,
        ),
    ] = 0.0
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

    @classmethod
    def of(cls, name: str, **values: Any) -> Self:
        """Make a link of fields as they stand in files.

        Raises:
            ValueError: one line, see ``check``.
        """
        return cls(name=name, **check(values))

    @property
    def flat(self) -> dict[str, Any]:
        """Every field but the name: the form of files."""
        return {name: value for name, value in asdict(self).items() if name != "name"}


_FIELDS = {field.name: field for field in fields(Link) if field.name != "name"}
SPECS: Mapping[str, Spec] = {name: get_args(field.type)[1] for name, field in _FIELDS.items()}


def check(values: Mapping[str, Any]) -> dict[str, float]:
    """Return the fields with their defaults, if each is known and within its bounds.

    Args:
        values: by name.

    Raises:
        FieldError: the first that is not.
        ValueError: fields that are right alone and not together.
    """
    unknown = sorted(values.keys() - SPECS.keys())
    if unknown:
        raise FieldError(unknown[0], f"is no field; there are {', '.join(SPECS)}")
    whole = {
        name: checked(name, values.get(name, _FIELDS[name].default), float, SPECS[name]) for name in SPECS
    }
    for name in ("down_bits_per_s", "up_bits_per_s"):
        if 0 < whole[name] < LEAST_BITS_PER_S:
            raise FieldError(name, f"must be 0, which sets no limit, or at least {LEAST_BITS_PER_S:,}")
    if whole["jitter_s"] > whole["round_trip_s"]:
        raise ValueError("jitter_s must be at most round_trip_s: no packet arrives before it was sent")
    return whole


def sentence(flat: Mapping[str, Any]) -> str:
    """The template of the phrase that tells a link; each field that it says stands in it as ``{name}``."""
    return "".join(spec.phrase for name, spec in SPECS.items() if flat[name] != spec.unsaid)
