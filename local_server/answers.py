"""What is answered, decided before anybody asks: pure, and the same for the same fields."""

import gzip
import random
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Literal

from harness.workload import drawn, part_of, sizes
from local_server.images import make_images

CHUNK_BYTES = 8_192
Redirect = Literal["same host", "other host"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One image as it goes over the wire.

    Attributes:
        wire: the whole answer of HTTP/1.1, head and body.
        zipped: likewise, for a client that accepts gzip; None if it gets the same as all.
        is_chunked: whether the body comes in chunks.
        sha256: of the body, in hexadecimal.
        size: of the body, in bytes.
        wait_s: thinking time before the first byte, in seconds.
    """

    wire: bytes
    zipped: bytes | None = None
    is_chunked: bool = False
    sha256: str
    size: int
    wait_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A workload's answers, and the places that give them, in the same order.

    Attributes:
        files: name for each place.
        redirects: where the image of a place is really found; None is there.
    """

    files: Sequence[str]
    answers: Sequence[Answer]
    redirects: Sequence[Redirect | None]


def served(fields: Mapping[str, Any]) -> Served:
    """Return what is served of a workload.

    Args:
        fields: of the workload, as ``harness.workload.check`` returns those that the server is told.
    """
    count, seed = fields["images"], fields["seed"]
    images = make_images(sizes(fields["image_bytes"], count, seed), seed)
    waits = drawn(fields["latency_s"], count, f"{seed}:waits")
    zipped = _chosen(fields["gzip_share"], count, f"{seed}:gzip")
    chunked = _chosen(fields["chunked_share"], count, f"{seed}:chunked")
    return Served(
        files=[image.name for image in images],
        answers=[
            Answer(
                wire=_wire(image.body, chunked=number in chunked),
                zipped=_wire(gzip.compress(image.body, mtime=0), chunked=number in chunked, coding="gzip")
                if number in zipped
                else None,
                is_chunked=number in chunked,
                sha256=image.sha256,
                size=len(image.body),
                wait_s=waits[number],
            )
            for number, image in enumerate(images)
        ],
        redirects=_redirects(fields),
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


def _wire(body: bytes, *, chunked: bool, coding: str | None = None) -> bytes:
    head = ["HTTP/1.1 200 OK", "Content-Type: image/jpeg"]
    head += [f"Content-Encoding: {coding}"] if coding else []
    head += ["Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(head).encode() + (_in_chunks(body) if chunked else body)


def _in_chunks(body: bytes) -> bytes:
    pieces = [body[first : first + CHUNK_BYTES] for first in range(0, len(body), CHUNK_BYTES)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in [*pieces, b""])
