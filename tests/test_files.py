"""Files appear whole or not at all; a full disk is played by a limit on the size of files."""

import os
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.files import refuse_unwritable, write_whole
from harness.model import HarnessError


@contextmanager
def room_for(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_folders_are_made_and_what_stood_there_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "page.html"
    write_whole(path, b"old")
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(path.parent.iterdir()) == [path]


def test_without_room_the_old_file_stays_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    write_whole(path, b"old")
    with room_for(1000), pytest.raises(HarnessError) as caught:
        write_whole(path, b"x" * 5000)
    assert str(caught.value) == f"cannot write {path}: File too large"
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_whoever_reads_meanwhile_sees_one_whole_file(tmp_path: Path) -> None:
    path, seen = tmp_path / "page.html", set()
    versions = [bytes([sign]) * 300_000 for sign in b"ab"]
    write_whole(path, versions[0])

    def write() -> None:
        for turn in range(20):
            write_whole(path, versions[turn % 2])

    writer = threading.Thread(target=write)
    writer.start()
    while writer.is_alive():
        seen.add(path.read_bytes())
    writer.join()
    assert seen <= set(versions)
    assert seen


def test_a_link_keeps_leading_where_it_led(tmp_path: Path) -> None:
    link, real = tmp_path / "link.md", tmp_path / "real.md"
    link.symlink_to(real)
    write_whole(link, b"text")
    assert link.is_symlink()
    assert real.read_bytes() == b"text"


def test_a_device_stays_a_device() -> None:
    with pytest.raises(HarnessError, match="cannot write /dev/full: No space left on device"):
        write_whole(Path("/dev/full"), b"text")
    assert Path("/dev/full").is_char_device()


def test_a_folder_in_the_way_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="Is a directory"):
        write_whole(tmp_path, b"text")


def test_the_file_is_readable_as_any_other(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        write_whole(tmp_path / "page.html", b"text")
    finally:
        os.umask(before)
    assert (tmp_path / "page.html").stat().st_mode & 0o777 == 0o644


def test_a_folder_that_cannot_be_written_to_is_known_before_and_not_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_unwritable(tmp_path / "a" / "b")
    assert not list(tmp_path.iterdir())
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "link").symlink_to("nowhere")
    for name in ("file", "link"):
        with pytest.raises(HarnessError, match=rf"^cannot write to .*/{name}/a: .*/{name} is no folder$"):
            refuse_unwritable(tmp_path / name / "a")
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)  # nothing is refused to root
    with pytest.raises(HarnessError, match=f"^cannot write to {tmp_path}/a: {tmp_path} takes no files$"):
        refuse_unwritable(tmp_path / "a")
