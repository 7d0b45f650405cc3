"""What is answered, decided before anybody asks: pure, and the same for the same fields."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local_server.images import make_images


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One image as it goes over the wire.

    Attributes:
        wire: the whole answer of HTTP/1.1, head and body.
        sha256: of the body, in hexadecimal.
        size: of the body, in bytes.
        wait_s: thinking time before the first byte, in seconds.
    """

    wire: bytes
    sha256: str
    size: int
    wait_s: float


def answers(fields: Mapping[str, Any]) -> tuple[Sequence[str], Sequence[Answer]]:
    """Return a file name and an answer for each image of a workload.

    Args:
        fields: of the workload, as ``harness.workload.check`` returns those that the server is told.
    """
    images = make_images(fields["images"], fields["image_bytes"], fields["seed"])
    found = [
        Answer(wire=_wire(image.body), sha256=image.sha256, size=len(image.body), wait_s=fields["latency_s"])
        for image in images
    ]
    return [image.name for image in images], found


def _wire(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body
