"""Images: exactly the size asked, decodable, distinct, and the same for the same seed."""

import hashlib
import io
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from local_server.images import MIN_BYTES, _comments, make_images


@settings(max_examples=25, deadline=None)
@given(size=st.integers(MIN_BYTES, 150_000), seed=st.integers(0, 2**64))
def test_an_image_has_exactly_the_size_and_decodes(size: int, seed: int) -> None:
    [image] = make_images([size], seed)
    assert len(image.body) == size
    with Image.open(io.BytesIO(image.body)) as picture:
        picture.load()
        assert picture.format == "JPEG"
        assert min(picture.size) >= 24


@pytest.mark.parametrize("room", [8, 9, *range(65_530, 65_550), *range(131_070, 131_090)])
def test_comments_fill_their_room_exactly_and_no_gap_is_too_small(room: int) -> None:
    comments = _comments(room, 1, random.Random(1))
    assert len(comments) == room
    while comments:  # each is a marker, a length that counts itself, and a payload
        assert comments[:2] == b"\xff\xfe"
        comments = comments[2 + int.from_bytes(comments[2:4]) :]


def test_the_shortest_comment_tells_images_apart() -> None:
    assert len({_comments(8, number, random.Random(1)) for number in range(100)}) == 100


def test_images_are_distinct_and_named_like_a_cdn_names_them() -> None:
    images = make_images([6144] * 300, 7)
    assert len({image.body for image in images}) == 300
    assert len({image.name for image in images}) == 300
    assert all(image.name.startswith("img_") and image.name.endswith(".jpg") for image in images)


def test_images_are_distinct_where_their_comments_hold_little_else() -> None:
    images = make_images([MIN_BYTES] * 3_000, 7)
    assert len({image.body for image in images}) == 3_000


def test_the_digest_is_of_the_bytes() -> None:
    [image] = make_images([MIN_BYTES], 1)
    assert image.sha256 == hashlib.sha256(image.body).hexdigest()


@pytest.mark.parametrize(
    ("size", "least"), [(6_144, (120, 90)), (20_480, (320, 240)), (204_800, (1_024, 768))]
)
def test_most_of_a_thumbnail_and_of_a_photo_is_picture(size: int, least: tuple[int, int]) -> None:
    [image] = make_images([size], 1)
    with Image.open(io.BytesIO(image.body)) as picture:
        assert picture.size >= least


def test_the_seed_decides_everything() -> None:
    assert make_images([6144] * 9, 7) == make_images([6144] * 9, 7)
    assert make_images([6144] * 9, 7) != make_images([6144] * 9, 8)


def test_too_small_is_refused() -> None:
    with pytest.raises(ValueError, match="needs at least"):
        make_images([MIN_BYTES - 1], 1)
