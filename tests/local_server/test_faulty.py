"""What a client gets that meets a fault, as values: which bytes, when, and what becomes of the connection."""

from http import HTTPStatus

import pytest

from harness.faults import FAULTS, Faults
from local_server.answers import Piece, Reply, reply_of
from local_server.faulty import AT_ONCE, FURTHER, faulty

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 10\r\n\r\n"
BODY = b"0123456789"
IMAGE = reply_of("1.1", HTTPStatus.OK, ((b"content-type", b"image/jpeg"), (b"content-length", b"10")), BODY)
URL = "http://127.0.0.1:1/secret/img.jpg"


def met(fault: str, *, retry_after_s: int = 1, stall_s: float = 3.5) -> Reply:
    return faulty(fault, IMAGE, URL, Faults(retry_after_s=retry_after_s, stall_s=stall_s))


@pytest.mark.parametrize(
    ("fault", "wire", "rest", "ending"),
    [
        ("reset_before_head", b"", [], "reset"),
        ("reset_in_head", HEAD[:32], [(0.01, b"")], "reset"),
        ("reset_in_body", HEAD + b"01234", [(0.01, b"")], "reset"),
        ("short_body", HEAD + b"01234", [], "closed"),
        ("long_body", HEAD + BODY + bytes(64), [], "kept"),
        ("wrong_coding", HEAD[:-2] + b"Content-Encoding: gzip\r\n\r\n" + BODY, [], "kept"),
        ("stall_before_head", b"", [(3.5, b"")], "reset"),
        ("stall_in_body", HEAD + b"01234", [(3.5, b"")], "reset"),
        ("trickle", HEAD, [(1.0, b"0"), (1.0, b"1"), (1.0, b"2"), (0.5, b"")], "reset"),
        ("closed_after_idle", HEAD + BODY, [], "closed when idle"),
        ("closed_after_answer", HEAD + BODY, [], "closed"),
        ("expired_certificate", HEAD + BODY, [], "kept"),
        ("wrong_certificate_name", HEAD + BODY, [], "kept"),
    ],
)
def test_an_image_is_spoilt_as_the_fault_says(
    fault: str, wire: bytes, rest: list[Piece], ending: str
) -> None:
    found = met(fault)
    assert (found.fault, found.status, found.wire, list(found.rest), found.ending) == (
        fault, 200, wire, rest, ending,
    )  # fmt: skip
    assert found.head_bytes == len(HEAD) == 65


@pytest.mark.parametrize(
    ("fault", "line", "retry_after"),
    [
        ("not_found", b"404 Not Found", b""),
        ("gone", b"410 Gone", b""),
        ("forbidden", b"403 Forbidden", b""),
        ("too_many_requests", b"429 Too Many Requests", b"Retry-After: 7\r\n"),
        ("unavailable", b"503 Service Unavailable", b"Retry-After: 7\r\n"),
    ],
)
def test_a_refusal_is_whole_and_tells_how_long_to_wait(fault: str, line: bytes, retry_after: bytes) -> None:
    found = met(fault, retry_after_s=7)
    length = b"Content-Length: %d\r\n" % (len(line) + 1)
    assert found.wire == (
        b"HTTP/1.1 "
        + line
        + b"\r\nContent-Type: text/plain\r\n"
        + retry_after
        + length
        + b"\r\n"
        + line
        + b"\n"
    )
    assert (found.fault, found.status, found.rest, found.ending) == (fault, int(line[:3]), (), "kept")


def test_a_redirect_loop_leads_to_where_it_was_asked_for() -> None:
    found = met("redirect_loop")
    assert found.wire == f"HTTP/1.1 302 Found\r\nLocation: {URL}\r\nContent-Length: 0\r\n\r\n".encode()
    assert (found.fault, found.status, found.ending) == ("redirect_loop", 302, "kept")


def test_a_slow_head_takes_a_second_and_the_image_comes_whole() -> None:
    found = met("slow_head")
    assert found.wire + b"".join(piece for _, piece in found.rest) == HEAD + BODY
    assert b"\r\n\r\n" not in found.wire
    assert [pause_s for pause_s, _ in found.rest] == [0.25] * 4
    assert all(len(piece) >= 10 for _, piece in found.rest)
    assert found.ending == "kept"


@pytest.mark.parametrize("stall_s", [0.01, 0.99, 1.0, 2.0, 9.25])
def test_a_stall_and_a_trickle_last_as_long_as_asked(stall_s: float) -> None:
    for fault in ("stall_before_head", "stall_in_body", "trickle"):
        assert sum(pause_s for pause_s, _ in met(fault, stall_s=stall_s).rest) == pytest.approx(stall_s)


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_played_unless_nobody_can_be_asked(fault: str) -> None:
    if fault in {"refused", "unroutable"}:
        with pytest.raises(KeyError):
            met(fault)
        return
    found = met(fault)
    assert (fault in AT_ONCE) == (not found.rest and found.ending == "kept")
    sent = found.wire + b"".join(piece for _, piece in found.rest)
    # Only what the table says gives the image, whole and as it is.
    is_image = sent.removesuffix(FURTHER) == HEAD + BODY
    assert is_image == (FAULTS[fault].gives_image or FAULTS[fault].place == "address")
