"""Make images: real JPEGs of exactly the size asked for, the same for the same seed. Pure; no files."""

import hashlib
import io
import random
from dataclasses import dataclass

from PIL import Image as Pillow

PICTURES = 8  # different pictures per workload; the bytes of every image differ all the same
MIN_BYTES = 2_048  # the smallest picture with its tables, and room for a comment
QUALITY = 80
START = 2  # a comment goes behind the start-of-image marker
SEGMENT = (
    65_533  # payload bytes that a JPEG segment can hold (ITU T.81 B.1.1.4: its length field counts itself)
)
OVERHEAD = 4  # marker and length of a segment


@dataclass(frozen=True, slots=True)
class Image:
    """A file name as a CDN would give it, and its bytes."""

    name: str
    body: bytes

    @property
    def sha256(self) -> str:
        """Digest in hexadecimal."""
        return hashlib.sha256(self.body).hexdigest()


def make_images(count: int, image_bytes: int, seed: int) -> list[Image]:
    """Make ``count`` different JPEGs of ``image_bytes`` each.

    Raises:
        ValueError: the size is under MIN_BYTES.
    """
    if image_bytes < MIN_BYTES:
        raise ValueError(f"image_bytes is {image_bytes}; a JPEG with its tables needs at least {MIN_BYTES}")
    pictures = [_picture(image_bytes, f"{seed}:{number}") for number in range(min(count, PICTURES))]
    return [_image(pictures[number % PICTURES], image_bytes, seed, number) for number in range(count)]


def _image(picture: bytes, image_bytes: int, seed: int, number: int) -> Image:
    source = random.Random(f"{seed}:{image_bytes}:{number}")
    name = f"img_{source.getrandbits(32):08x}_{number:06}.jpg"
    comment = _comments(image_bytes - len(picture), source)
    return Image(name, picture[:START] + comment + picture[START:])


def _comments(room: int, source: random.Random) -> bytes:
    """Fill ``room`` bytes exactly with comment segments; no remainder is left that is too small for one."""
    segments = []
    while room:
        size = min(room, SEGMENT + OVERHEAD)
        if 0 < room - size < OVERHEAD:
            size -= OVERHEAD
        payload = source.randbytes(size - OVERHEAD)
        segments.append(b"\xff\xfe" + (len(payload) + 2).to_bytes(2) + payload)
        room -= size
    return b"".join(segments)


def _picture(limit: int, seed: str) -> bytes:
    """Encode soft seeded blobs, as wide as still fits: at least 8 bytes of room are left for a comment."""
    source = random.Random(seed)
    coarse = Pillow.frombytes("RGB", (12, 9), source.randbytes(12 * 9 * 3))
    width = min(1600, max(32, int((limit * 12) ** 0.5) // 4 * 4))
    while True:
        buffer = io.BytesIO()
        coarse.resize((width, width * 3 // 4), Pillow.Resampling.BICUBIC).save(
            buffer, "JPEG", quality=QUALITY
        )
        if len(buffer.getvalue()) + 2 * OVERHEAD <= limit:
            return buffer.getvalue()
        width = width * 3 // 4
