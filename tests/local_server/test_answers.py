"""What is answered, as values: which images are compressed, in chunks or behind a redirect, and that each is whole."""

import gzip
import hashlib
from typing import Any

import pytest

from harness.workload import check
from local_server.answers import Served, redirect, served


def made(**fields: Any) -> Served:
    asked = {"images": 10, "image_bytes": 20_000, "latency_s": 0.0, "hosts": 2, "seed": 3}
    return served(check(asked | fields, served=True))


def body_of(wire: bytes) -> bytes:
    """Read an answer as RFC 9112 says, by hand."""
    head, _, rest = wire.partition(b"\r\n\r\n")
    fields = dict(line.split(b": ", 1) for line in head.split(b"\r\n")[1:])
    if fields.get(b"Transfer-Encoding") == b"chunked":
        body = b""
        while True:
            size, _, rest = rest.partition(b"\r\n")
            piece, rest = rest[: int(size, 16)], rest[int(size, 16) :]
            assert rest.startswith(b"\r\n")
            rest = rest[2:]
            if not piece:
                assert rest == b""
                break
            body += piece
    else:
        assert int(fields[b"Content-Length"]) == len(rest)
        body = rest
    return gzip.decompress(body) if fields.get(b"Content-Encoding") == b"gzip" else body


@pytest.mark.parametrize(("chunked", "zipped"), [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (0.5, 0.5)])
def test_each_answer_carries_its_image_whole(chunked: float, zipped: float) -> None:
    found = made(chunked_share=chunked, gzip_share=zipped)
    for answer in found.answers:
        for reply in filter(None, (answer.plain, answer.zipped)):
            assert hashlib.sha256(body_of(reply.wire)).hexdigest() == answer.sha256
        assert answer.size == 20_000
    assert sum(answer.is_chunked for answer in found.answers) == 10 * chunked
    assert sum(answer.zipped is not None for answer in found.answers) == 10 * zipped


def test_over_http_2_the_body_stands_alone_and_its_head_beside_it() -> None:
    found = made(http="2", tls=True, gzip_share=0.5)
    for answer in found.answers:
        assert dict(answer.plain.headers) == {b"content-type": b"image/jpeg", b"content-length": b"20000"}
        assert hashlib.sha256(answer.plain.wire).hexdigest() == answer.sha256
        if answer.zipped is not None:
            assert dict(answer.zipped.headers)[b"content-encoding"] == b"gzip"
            assert hashlib.sha256(gzip.decompress(answer.zipped.wire)).hexdigest() == answer.sha256
    sent_on = redirect("2", "https://127.0.0.1:1/x")
    assert (sent_on.status, dict(sent_on.headers)[b"location"], sent_on.wire) == (
        302, b"https://127.0.0.1:1/x", b"",
    )  # fmt: skip
    assert redirect("1.1", "/x").wire == b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n"


def test_sizes_and_waits_are_drawn_whole_and_the_same_for_the_same_seed() -> None:
    found = made(image_bytes=[2_000, 12_000], latency_s=[0.0, 1.0])
    assert sorted(answer.size for answer in found.answers) == [*range(2_500, 12_500, 1_000)]
    assert sorted(answer.wait_s for answer in found.answers) == pytest.approx(
        [0.05 + n / 10 for n in range(10)]
    )
    assert found == made(image_bytes=[2_000, 12_000], latency_s=[0.0, 1.0])
    assert found.answers != made(image_bytes=[2_000, 12_000], latency_s=[0.0, 1.0], seed=4).answers


def test_a_share_of_the_images_is_found_elsewhere() -> None:
    found = made(redirect_share=0.2, redirect_host_share=0.3).redirects
    assert sorted(map(str, found)) == ["None"] * 5 + ["other host"] * 3 + ["same host"] * 2
