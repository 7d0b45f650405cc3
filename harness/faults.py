"""What goes wrong with some images, and how often an image is tried: fields of a workload, and a draw from its seed.

An image has at most one fault. Which, and how many of its attempts meet it, is decided before anybody asks, and is the
same for every variant. Standard library only: the image server plays what is drawn here, and the harness expects it.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from harness.draws import part_of
from harness.schema import FieldError, Shares, Spec

Place = Literal["answer", "address"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        help: what a client meets, as half a sentence.
        place: "answer" if the image's own server plays it; "address" if the image's URL leads elsewhere.
        is_lasting: whether every attempt meets it; else only the first ones do, and then the image is given.
        gives_image: whether the image comes all the same, if the client bears with it.
    """

    help: str
    place: Place = "answer"
    is_lasting: bool = False
    gives_image: bool = False


FAULTS: Mapping[str, Fault] = {
    "not_found": Fault(help="404, for ever", is_lasting=True),
    "gone": Fault(help="410, for ever", is_lasting=True),
    "forbidden": Fault(help="403, for ever", is_lasting=True),
    "too_many_requests": Fault(help="429 with Retry-After"),
    "unavailable": Fault(help="503 with Retry-After"),
    "reset_before_head": Fault(help="the connection is reset before the head of the answer"),
    "reset_in_head": Fault(help="the connection is reset in the middle of the head"),
    "reset_in_body": Fault(help="the connection is reset in the middle of the body"),
    "short_body": Fault(help="the body ends, orderly, before its Content-Length"),
    "long_body": Fault(help="more bytes follow the body than its Content-Length says", gives_image=True),
    "wrong_coding": Fault(help="Content-Encoding says gzip, and the body is not"),
    "stall_before_head": Fault(help="nothing comes, for stall_s; then the connection is reset"),
    "stall_in_body": Fault(
        help="half of the body comes, then nothing for stall_s; then the connection is reset"
    ),
    "trickle": Fault(help="the body comes a byte a second, for stall_s; then the connection is reset"),
    "slow_head": Fault(help="the head comes in pieces that take a second together", gives_image=True),
    "closed_after_idle": Fault(
        help="the connection, promised to be kept, is closed after 50 ms without a request", gives_image=True
    ),
    "closed_after_answer": Fault(
        help="the connection, promised to be kept, is closed just after the answer", gives_image=True
    ),
    "redirect_loop": Fault(help="a redirect to itself, for ever", is_lasting=True),
    "expired_certificate": Fault(
        help="the server's certificate has expired", place="address", is_lasting=True
    ),
    "wrong_certificate_name": Fault(
        help="the server's certificate is of another host", place="address", is_lasting=True
    ),
    "refused": Fault(help="nobody listens at the port", place="address", is_lasting=True),
    "unroutable": Fault(help="packets to the address come nowhere", place="address", is_lasting=True),
}
OVER_TLS = frozenset({"expired_certificate", "wrong_certificate_name"})
ON_A_LINE = frozenset({"unroutable"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """What goes wrong."""

    faults: Annotated[
        Shares,
        Spec(
            label="faults",
            help="fault = share of the images that meet it, or the name of a mix of the suite file",
            unit="share",
            low=0,
            high=1,
            names=tuple(FAULTS),
            phrase=", with faults ({faults})",
            unsaid=(),
            is_served=True,
        ),
    ] = ()
    fault_attempts: Annotated[
        int,
        Spec(
            label="failing attempts",
            help="at most so many attempts of an image meet a fault that passes; drawn evenly from 1",
            unit="count",
            low=1,
            high=100,
            is_served=True,
        ),
    ] = 1
    retry_after_s: Annotated[
        int,
        Spec(
            label="Retry-After",
            help="what 429 and 503 ask a client to wait",
            unit="s",
            low=0,
            high=60,
            is_served=True,
        ),
    ] = 1
    stall_s: Annotated[
        float,
        Spec(
            label="stall",
            help="how long the server holds out in a stall or a trickle",
            unit="s",
            low=0.01,
            high=600,
            is_served=True,
        ),
    ] = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """The one retry rule, the same for every client."""

    attempts: Annotated[
        int,
        Spec(
            label="attempts",
            help="how often an image is tried, if what went wrong may pass",
            unit="count",
            low=1,
            high=100,
            phrase=", tried up to {attempts} times",
            unsaid=1,
        ),
    ] = 1
    backoff_s: Annotated[
        float,
        Spec(
            label="backoff",
            help="wait before the second attempt, doubled before each further one; half of it and more, by the seed",
            unit="s",
            low=0,
            high=60,
        ),
    ] = 0.1
    give_up_s: Annotated[
        float,
        Spec(
            label="give up",
            help="no attempt of an image begins later than this after its first",
            unit="s",
            low=0,
            high=3_600,
        ),
    ] = 30.0
    attempt_timeout_s: Annotated[
        float,
        Spec(
            label="timeout",
            help="what a client is told as its timeout; 0: as long as a pass may take",
            unit="s",
            low=0,
            high=3_600,
            phrase=", with a timeout of {attempt_timeout_s}",
            unsaid=0,
        ),
    ] = 0.0


@dataclass(frozen=True, slots=True)
class Met:
    """The fault of an image, and how many of its attempts meet it; None: all."""

    fault: str
    attempts: int | None

    def gives_image_at(self, attempt: int) -> bool:
        """Whether this attempt, from 1, gives the image: it meets the fault no more, or in spite of it."""
        return FAULTS[self.fault].gives_image or (self.attempts is not None and attempt > self.attempts)

    def is_met(self, request: int) -> bool:
        """Whether the image's request of this number, from 0, meets it; after the first that does not it begins anew."""
        return self.attempts is None or request % (self.attempts + 1) < self.attempts


def fixed_places(meets: Sequence[Met | None]) -> frozenset[int]:
    """Places whose URL is what goes wrong: their images never move."""
    return frozenset(
        place for place, met in enumerate(meets) if met is not None and FAULTS[met.fault].place == "address"
    )


def drawn_faults(faults: Shares, fault_attempts: int, images: int, seed: int) -> list[Met | None]:
    """Return what each of so many images meets; None meets nothing."""
    found: list[Met | None] = []
    for fault, share in faults:
        lasting = FAULTS[fault].is_lasting
        found += [
            Met(fault, None if lasting else 1 + number % fault_attempts)
            for number in range(part_of(share, images))
        ]
    found = found[:images]  # of shares that make up all, each is rounded
    found += [None] * (images - len(found))
    random.Random(f"{seed}:faults").shuffle(found)
    return found


def check(faults: Shares, *, tls: bool, http: str, has_line: bool | None) -> None:
    """Refuse faults that cannot be had together, or not in this network.

    Args:
        has_line: None if that is not known.

    Raises:
        FieldError: one line.
    """
    names = {fault for fault, share in faults if share}
    if sum(share for _, share in faults) > 1 + 1e-9:
        raise FieldError("faults", "must have shares that make up at most 1 together")
    if names and http != "1.1":
        raise FieldError("faults", 'need HTTP/1.1: set http to "1.1"')
    if (over := sorted(names & OVER_TLS)) and not tls:
        raise FieldError("faults", f"has {over[0]}, which comes over TLS alone: set tls to true")
    if (behind := sorted(names & ON_A_LINE)) and has_line is False:
        raise FieldError("faults", f"has {behind[0]}, which needs a line: give a round_trip_s or a link")
