"""What a client gets that meets a fault, decided before a byte is sent: pure. Whoever sends it only follows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from http import HTTPStatus
from math import ceil

from harness.faults import Faults
from local_server.answers import Ending, Piece, Reply, redirect, reply_of

IDLE_S = 0.05  # after which a connection is closed that was promised to be kept
GRACE_S = (
    0.01  # for the client to read what was sent before a reset, which may throw away what it has not read
)
SLOW_HEAD_S = 1.0
SLOW_HEAD_PIECES = 5
FURTHER = bytes(64)  # that follow a body which is whole already


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was asked for, which fault it meets, and how the workload wants its faults.

    Attributes:
        image: what comes without the fault.
        url: of it.
    """

    fault: str
    image: Reply
    url: str
    faults: Faults

    @property
    def head(self) -> bytes:
        return self.image.wire[: self._split]

    @property
    def body(self) -> bytes:
        return self.image.wire[self._split :]

    @property
    def _split(self) -> int:
        return self.image.wire.index(b"\r\n\r\n") + 4

    def sent(self, wire: bytes, rest: Sequence[Piece] = (), ending: Ending = "kept") -> Reply:
        """The image, sent in this way."""
        head_bytes = len(self.head)
        return replace(
            self.image, fault=self.fault, wire=wire, rest=rest, ending=ending, head_bytes=head_bytes
        )

    def stalled(self, wire: bytes) -> Reply:
        """So much of the image, and nothing more for as long as a stall lasts."""
        return self.sent(wire, [(self.faults.stall_s, b"")], "reset")


def faulty(fault: str, image: Reply, url: str, faults: Faults) -> Reply:
    """Return what a client gets that meets a fault.

    Args:
        image: what it gets without: over HTTP/1.1, and with a Content-Length.
        url: of the image.
        faults: as the workload asks for them.
    """
    return _FAULTY[fault](_Asked(fault, image, url, faults))


@cache  # it is the same for all images, and many meet it
def _refusal(fault: str, status: HTTPStatus, retry_after_s: int | None = None) -> Reply:
    """Another status than that of an image."""
    text = f"{status.value} {status.phrase}\n".encode()
    wait = [] if retry_after_s is None else [(b"retry-after", b"%d" % retry_after_s)]
    headers = ((b"content-type", b"text/plain"), *wait, (b"content-length", b"%d" % len(text)))
    return replace(reply_of("1.1", status, headers, text), fault=fault)


def _wrong_coding(asked: _Asked) -> Reply:
    headers = [*asked.image.headers, (b"content-encoding", b"gzip")]
    return asked.sent(reply_of("1.1", HTTPStatus.OK, headers, asked.body).wire)


def _half(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _slow_head(asked: _Asked) -> Reply:
    size = ceil(len(asked.head) / SLOW_HEAD_PIECES)
    first, *others = (asked.head[start : start + size] for start in range(0, len(asked.head), size))
    others[-1] += asked.body
    return asked.sent(first, [(SLOW_HEAD_S / len(others), piece) for piece in others])


def _trickle(asked: _Asked) -> Reply:
    seconds = int(asked.faults.stall_s)  # the least image has more bytes than the longest stall has seconds
    pieces = [(1.0, asked.body[number : number + 1]) for number in range(seconds)]
    return asked.sent(asked.head, [*pieces, (asked.faults.stall_s - seconds, b"")], "reset")


# Fault -> what is sent for it, if that is sent at once on a connection that is kept, as an image is.
AT_ONCE: Mapping[str, Callable[[_Asked], Reply]] = {
    "not_found": lambda asked: _refusal(asked.fault, HTTPStatus.NOT_FOUND),
    "gone": lambda asked: _refusal(asked.fault, HTTPStatus.GONE),
    "forbidden": lambda asked: _refusal(asked.fault, HTTPStatus.FORBIDDEN),
    "too_many_requests": lambda asked: _refusal(
        asked.fault, HTTPStatus.TOO_MANY_REQUESTS, asked.faults.retry_after_s
    ),
    "unavailable": lambda asked: _refusal(
        asked.fault, HTTPStatus.SERVICE_UNAVAILABLE, asked.faults.retry_after_s
    ),
    "redirect_loop": lambda asked: replace(redirect("1.1", asked.url), fault=asked.fault),
    "long_body": lambda asked: asked.sent(asked.image.wire + FURTHER),
    "wrong_coding": _wrong_coding,
    # Who gets through to these has borne with the certificate.
    "expired_certificate": lambda asked: asked.sent(asked.image.wire),
    "wrong_certificate_name": lambda asked: asked.sent(asked.image.wire),
}
_PLAYED: Mapping[str, Callable[[_Asked], Reply]] = {
    "reset_before_head": lambda asked: asked.sent(b"", ending="reset"),
    "reset_in_head": lambda asked: asked.sent(_half(asked.head), [(GRACE_S, b"")], "reset"),
    "reset_in_body": lambda asked: asked.sent(asked.head + _half(asked.body), [(GRACE_S, b"")], "reset"),
    "short_body": lambda asked: asked.sent(asked.head + _half(asked.body), ending="closed"),
    "stall_before_head": lambda asked: asked.stalled(b""),
    "stall_in_body": lambda asked: asked.stalled(asked.head + _half(asked.body)),
    "trickle": _trickle,
    "slow_head": _slow_head,
    "closed_after_idle": lambda asked: asked.sent(asked.image.wire, ending="closed when idle"),
    "closed_after_answer": lambda asked: asked.sent(asked.image.wire, ending="closed"),
}
_FAULTY: Mapping[str, Callable[[_Asked], Reply]] = {**AT_ONCE, **_PLAYED}
