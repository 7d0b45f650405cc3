"""What is asked of every variant: the fields of a workload put together, and what must agree between them.

Suite files, the image server's control route, tables, sentences, help texts and documents derive from it. In files a
workload is flat (``images = 100``); in code its fields are grouped. Standard library only: the image server, a process of
its own, imports it with its fields and draws, and nothing else of the harness.
"""

from argparse import ArgumentTypeError
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, Field, asdict, dataclass, fields, replace
from typing import Any, NamedTuple, Self, get_args

from harness import faults as faulty
from harness import link as links
from harness.draws import sizes
from harness.faults import Faults, Met, Retry, drawn_faults
from harness.fields import Arrival, HttpVersion, Network, Sink, What
from harness.link import Link
from harness.schema import FieldError, Spec, bounds, checked, typed
from harness.schema import json_schema as described

MOST_BYTES = 1024**3  # of all images of a workload together: what the server holds at most
MOST_URLS = 10_000


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
    faults: Faults
    arrival: Arrival
    retry: Retry
    sink: Sink

    @classmethod
    def of(cls, name: str, **values: Any) -> Self:
        """Make a workload of flat fields, as they stand in files.

        Raises:
            ValueError: one line, see ``check``.
        """
        whole = check(values)
        groups = {
            group: kind(**{field.name: whole[field.name] for field in fields(kind)})
            for group, kind in GROUPS.items()
        }
        return cls(name=name, **groups)

    @property
    def flat(self) -> dict[str, Any]:
        """Every field by its name, without the groups: the form of files."""
        return {key: value for group in GROUPS for key, value in asdict(getattr(self, group)).items()}

    @property
    def has_network(self) -> bool:
        """Whether an answer takes its time, as between hosts: by a line, a thinking server, or one that is not ours."""
        network = self.network
        return self.link.is_line or network.is_remote or bool(network.latency_s)

    @property
    def answer_kind(self) -> AnswerKind:
        """Of its images."""
        sizes = self.what.sizes
        return AnswerKind(round(sum(sizes) / len(sizes)), self.network.tls, self.network.http)

    @property
    def meets(self) -> list[Met | None]:
        """The fault of each image, in the order in which they are made."""
        return drawn_faults(self.faults.faults, self.faults.fault_attempts, self.what.images, self.what.seed)

    @property
    def within_reach(self) -> int:
        """Images that whoever keeps to the retry rule has, if he bears with what gives the image all the same."""
        return sum(met is None or met.gives_image_at(self.retry.attempts) for met in self.meets)

    @property
    def is_forgiving(self) -> bool:
        """Whether an image that cannot be had is a figure, and no failed trial: where faults or retries are asked."""
        return bool(self.faults.faults) or self.retry.attempts > 1

    def but(self, *, name: str | None = None, **values: Any) -> Self:
        """Return the same workload with other values of these fields."""
        return type(self).of(name or self.name, **self.flat | values)


GROUPS: Mapping[str, type[Any]] = {
    "what": What,
    "network": Network,
    "link": Link,
    "faults": Faults,
    "arrival": Arrival,
    "retry": Retry,
    "sink": Sink,
}
_FIELDS: Mapping[str, Field[Any]] = {field.name: field for kind in GROUPS.values() for field in fields(kind)}
# Name of a field -> its type, what is known of it, and its default (MISSING if it must be given).
TYPES: Mapping[str, Any] = {name: get_args(field.type)[0] for name, field in _FIELDS.items()}
SPECS: Mapping[str, Spec] = {name: get_args(field.type)[1] for name, field in _FIELDS.items()}
DEFAULTS: Mapping[str, Any] = {name: field.default for name, field in _FIELDS.items()}
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
        free = (name for name in names if not SPECS[name].is_fixed)
        raise FieldError(unknown[0], f"is no field; there are {', '.join(free)}")
    if missing := [name for name, value in values.items() if value is MISSING]:
        raise FieldError(missing[0], f"is missing: {bounds(TYPES[missing[0]], SPECS[missing[0]])}")
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
    faulty.check(
        whole["faults"],
        tls=whole["tls"],
        http=whole["http"],
        has_line=None
        if served
        else Link(**{field.name: whole[field.name] for field in fields(Link)}).is_line,
    )
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


def json_schema() -> dict[str, Any]:
    """JSON Schema of a workload as files have it: flat, with its name, and within the bounds of its server."""
    told = {name: described(TYPES[name], SPECS[name]) for name in TYPES}
    local = {name: told[name] for name in _REMOTE}
    remote = {name: described(TYPES[name], spec) for name, spec in _REMOTE.items()}
    return {
        "type": "object",
        "properties": {"name": {"type": "string"}, **told, **dict.fromkeys(_REMOTE, True)},
        "required": ["name", *(name for name, value in DEFAULTS.items() if value is MISSING)],
        "additionalProperties": False,
        "if": {"properties": {"server": {"const": "remote"}}, "required": ["server"]},
        "then": {"properties": remote},
        "else": {"properties": local},
    }


def read(name: str, text: str) -> Any:
    """Return the value of a field from what was typed, for argparse.

    Raises:
        ArgumentTypeError: it is none; one line.
    """
    try:
        return typed(name, text, TYPES[name], SPECS[name])
    except FieldError as error:
        raise ArgumentTypeError(str(error).removeprefix(f"{name} ")) from None


def sentence(flat: Mapping[str, Any]) -> str:
    """The template of the phrase that tells fields of a workload; each that it says stands in it as ``{name}``."""
    said = (SPECS[name].phrase for name in SPECS if name in flat and flat[name] != SPECS[name].unsaid)
    return "".join(said)
