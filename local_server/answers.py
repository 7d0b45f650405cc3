"""What is answered, decided before anybody asks: pure, and the same for the same fields."""

import dataclasses
import gzip
import random
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal

from harness.draws import drawn, part_of, sizes
from harness.faults import Faults, Met, drawn_faults, fixed_places
from harness.fields import HttpVersion
from local_server.images import make_images

CHUNK_BYTES = 8_192
Redirect = Literal["same host", "other host"]
Ending = Literal["kept", "closed", "closed when idle", "reset"]
Piece = tuple[float, bytes]  # what is sent, after a pause in seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What is sent for one request.

    Attributes:
        status: of HTTP.
        headers: names in lower case, with their values.
        wire: what is sent at once: over HTTP/1.1 the head too; over HTTP/2 the body, as each connection packs heads in its
            own way.
        fault: that is met; None without.
        rest: what follows.
        ending: what becomes of the connection, if its client wants to keep it.
        head_bytes: so much must be sent for the client to know the status.
    """

    status: int
    headers: Sequence[tuple[bytes, bytes]]
    wire: bytes
    fault: str | None = None
    rest: Sequence[Piece] = ()
    ending: Ending = "kept"
    head_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One image as it goes over the wire.

    Attributes:
        plain: what all get.
        zipped: what a client gets that accepts gzip; None if it gets the same as all.
        is_chunked: whether the body comes in chunks.
        sha256: of the body, in hexadecimal.
        size: of the body, in bytes.
        wait_s: thinking time before the first byte, in seconds.
        met: what goes wrong with it; None if nothing does.
    """

    plain: Reply
    zipped: Reply | None = None
    is_chunked: bool = False
    sha256: str
    size: int
    wait_s: float
    met: Met | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A workload's answers, and the places that give them, in the same order.

    Attributes:
        files: name for each place.
        faults: how they are played.
        redirects: where the image of a place is really found; None is there.
        http: version of HTTP that it is served with.
    """

    http: HttpVersion
    files: Sequence[str]
    answers: Sequence[Answer]
    faults: Faults
    redirects: Sequence[Redirect | None]


def served(fields: Mapping[str, Any]) -> Served:
    """Return what is served of a workload. An image with a fault is neither compressed nor in chunks.

    Args:
        fields: of the workload, as ``harness.workload.check`` returns those that the server is told.
    """
    count, seed, http = fields["images"], fields["seed"], fields["http"]
    images = make_images(sizes(fields["image_bytes"], count, seed), seed)
    waits = drawn(fields["latency_s"], count, f"{seed}:waits")
    meets = drawn_faults(fields["faults"], fields["fault_attempts"], count, seed)
    faulty = {number for number, met in enumerate(meets) if met is not None}
    zipped = _chosen(fields["gzip_share"], count, f"{seed}:gzip") - faulty
    chunked = _chosen(fields["chunked_share"], count, f"{seed}:chunked") - faulty
    fixed = fixed_places(meets)
    return Served(
        http=http,
        files=[image.name for image in images],
        answers=[
            Answer(
                plain=_image(http, image.body, is_chunked=number in chunked),
                zipped=_image(
                    http, gzip.compress(image.body, mtime=0), is_chunked=number in chunked, coding=b"gzip"
                )
                if number in zipped
                else None,
                is_chunked=number in chunked,
                sha256=image.sha256,
                size=len(image.body),
                wait_s=waits[number],
                met=meets[number],
            )
            for number, image in enumerate(images)
        ],
        faults=Faults(**{field.name: fields[field.name] for field in dataclasses.fields(Faults)}),
        redirects=[None if number in fixed else sent_to for number, sent_to in enumerate(_redirects(fields))],
    )


def _chosen(share: float, count: int, seed: str) -> AbstractSet[int]:
    """Which of so many images are a share of them."""
    return set(random.Random(seed).sample(range(count), part_of(share, count)))


def _redirects(fields: Mapping[str, Any]) -> list[Redirect | None]:
    count = fields["images"]
    same, other = (part_of(fields[name], count) for name in ("redirect_share", "redirect_host_share"))
    found: list[Redirect | None] = ["same host" for _ in range(same)]
    found += ["other host" for _ in range(other)]
    found += [None for _ in range(count - len(found))]
    random.Random(f"{fields['seed']}:redirects").shuffle(found)
    return found


def redirect(http: HttpVersion, url: str) -> Reply:
    """Return what sends on to another place."""
    return reply_of(http, HTTPStatus.FOUND, ((b"location", url.encode()), (b"content-length", b"0")), b"")


def _image(http: HttpVersion, body: bytes, *, is_chunked: bool, coding: bytes | None = None) -> Reply:
    length = (b"transfer-encoding", b"chunked") if is_chunked else (b"content-length", b"%d" % len(body))
    codings = [(b"content-encoding", coding)] if coding else []
    headers = ((b"content-type", b"image/jpeg"), *codings, length)
    return reply_of(http, HTTPStatus.OK, headers, _in_chunks(body) if is_chunked else body)


def reply_of(
    http: HttpVersion, status: HTTPStatus, headers: Sequence[tuple[bytes, bytes]], rest: bytes
) -> Reply:
    """Return a reply that is sent at once.

    Args:
        headers: names in lower case, with their values.
        rest: what follows the head.
    """
    if http == "1.1":
        fields = b"".join(b"%b: %b\r\n" % (name.title(), value) for name, value in headers)
        rest = f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() + fields + b"\r\n" + rest
    return Reply(status=status.value, headers=headers, wire=rest)


def _in_chunks(body: bytes) -> bytes:
    pieces = [body[first : first + CHUNK_BYTES] for first in range(0, len(body), CHUNK_BYTES)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in [*pieces, b""])
