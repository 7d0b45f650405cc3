"""Make images: real JPEGs of exactly the size asked for, the same for the same seed. Pure; no files."""

import hashlib
import io
import random
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image as Pillow

PICTURES = 8  # different pictures per workload; the bytes of every image differ all the same
MIN_BYTES = 1_024  # the smallest picture with its tables, and room for a comment
QUALITY = 80
START = 2  # a comment goes behind the start-of-image marker
OVERHEAD = 4  # marker and length of a segment
NUMBER = 4  # bytes of an image's number, which opens its comment: so no two images are the same
# Payload bytes that a segment can hold (ITU T.81 B.1.1.4: its length field counts itself).
SEGMENT = 65_533
BLOB = 16  # pixels from one seeded colour to the next: about 1.3 bits per pixel at this quality
MAX_WIDTH = 1_600  # beyond it a picture takes long to make; comments fill the rest


@dataclass(frozen=True, slots=True)
class Image:
    """A file name as a CDN would give it, its bytes, and their digest in hexadecimal."""

    name: str
    body: bytes
    sha256: str


def make_images(sizes: Sequence[int], seed: int) -> list[Image]:
    """Make a JPEG of each of these sizes (bytes); no two are the same.

    Raises:
        ValueError: a size is under MIN_BYTES.
    """
    if min(sizes) < MIN_BYTES:
        raise ValueError(f"image_bytes is {min(sizes)}; a JPEG with its tables needs at least {MIN_BYTES}")
    one_size = len(set(sizes)) == 1
    pictures: dict[tuple[int, int], bytes] = {}
    images = []
    for number, size in enumerate(sizes):
        # Of many sizes, one picture serves all up to the double of its own: comments fill the rest.
        limit = size if one_size else 1 << (size.bit_length() - 1)
        kind = limit, number % PICTURES
        if kind not in pictures:
            pictures[kind] = _picture(limit, f"{seed}:{kind[1]}")
        images.append(_image(pictures[kind], size, seed, number))
    return images


def _image(picture: bytes, image_bytes: int, seed: int, number: int) -> Image:
    source = random.Random(f"{seed}:{image_bytes}:{number}")
    name = f"img_{source.getrandbits(32):08x}_{number:06}.jpg"
    comment = _comments(image_bytes - len(picture), number, source)
    body = picture[:START] + comment + picture[START:]
    return Image(name, body, hashlib.sha256(body).hexdigest())


def _comments(room: int, number: int, source: random.Random) -> bytes:
    """Fill ``room`` bytes exactly with comment segments; no remainder is left that is too small for one."""
    opening = number.to_bytes(NUMBER)
    segments = []
    while room:
        size = min(room, SEGMENT + OVERHEAD)
        if 0 < room - size < OVERHEAD:
            size -= OVERHEAD
        payload = opening + source.randbytes(size - OVERHEAD - len(opening))
        opening = b""
        segments.append(b"\xff\xfe" + (len(payload) + 2).to_bytes(2) + payload)
        room -= size
    return b"".join(segments)


def _picture(limit: int, seed: str) -> bytes:
    """Encode soft seeded blobs, about as wide as still fits; room for the shortest comment is left."""
    source = random.Random(seed)
    width = min(MAX_WIDTH, int((limit * 7) ** 0.5))
    while True:
        columns, rows = width // BLOB + 1, width * 3 // 4 // BLOB + 1
        coarse = Pillow.frombytes("RGB", (columns, rows), source.randbytes(columns * rows * 3))
        buffer = io.BytesIO()
        coarse.resize((width, width * 3 // 4), Pillow.Resampling.BICUBIC).save(
            buffer, "JPEG", quality=QUALITY
        )
        if len(buffer.getvalue()) + OVERHEAD + NUMBER <= limit:
            return buffer.getvalue()
        width = width * 9 // 10
