"""The article's three programs: what they give, and that they run by hand as their first lines say."""

import asyncio
import runpy
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

FOLDER = Path(__file__).parents[2] / "benchmarks" / "article"
IMAGES = {"cat.jpg": b"\xff\xd8 cat \xff\xd9", "dog.jpg": b"\xff\xd8 dog \xff\xd9"}


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder without a word."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def base(tmp_path: Path) -> Iterator[str]:
    """URL of a server that has the two images."""
    served = tmp_path / "served"
    served.mkdir()
    for name, body in IMAGES.items():
        (served / name).write_bytes(body)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(served))) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def load(name: str) -> dict[str, Any]:
    return runpy.run_path(str(FOLDER / f"{name}.py"))


def by_hand(name: str, *arguments: str) -> list[str]:
    command = [sys.executable, str(FOLDER / f"{name}.py"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    return done.stdout.splitlines()


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_each_is_under_forty_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) < 40


def test_count_takes_turns(capsys: pytest.CaptureFixture[str]) -> None:
    assert asyncio.run(load("count")["main"](0.0)) == ["first", "second", "third"]
    assert capsys.readouterr().out.splitlines() == [
        "first: one",
        "second: one",
        "third: one",
        "first: two",
        "second: two",
        "third: two",
    ]


def test_count_by_hand() -> None:
    assert by_hand("count", "0.01")[-1].startswith("3 pauses of 0.01 s took ")


def test_random_retry_ends_above_each_threshold_and_repeats_itself() -> None:
    main = load("random_retry")["main"]
    drawn = asyncio.run(main(seed=7))

    assert all(number > threshold for number, threshold in zip(drawn, (9, 8, 7), strict=True))
    assert asyncio.run(main(seed=7)) == drawn


def test_random_retry_by_hand() -> None:
    lines = by_hand("random_retry", "7")

    assert sum("is above" in line for line in lines) == 3


def test_download_saves_every_image(tmp_path: Path, base: str) -> None:
    saved = asyncio.run(load("download")["main"]([base + name for name in IMAGES], tmp_path))

    assert {path.name: path.read_bytes() for path in saved} == IMAGES


def test_download_says_which_image_is_not_there(tmp_path: Path, base: str) -> None:
    with pytest.raises(requests.HTTPError, match=r"404 .*/no\.jpg"):
        asyncio.run(load("download")["main"]([base + "no.jpg"], tmp_path))


def test_download_by_hand(tmp_path: Path, base: str) -> None:
    lines = by_hand("download", "--base", base, "--into", str(tmp_path), *IMAGES)

    assert lines == [str(tmp_path / "cat.jpg"), str(tmp_path / "dog.jpg")]
    assert (tmp_path / "dog.jpg").read_bytes() == IMAGES["dog.jpg"]
