"""Files that appear whole or not at all: whatever is derived or final is written here."""

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from harness.model import HarnessError


def refuse_unwritable(folder: Path) -> None:
    """See that files can be written to a folder, or to the first above it that is there; it is not made.

    To be asked before anything is done that would be lost. A disk may be full all the same by then.

    Raises:
        HarnessError: they cannot.
    """
    place = next(place for place in (folder, *folder.absolute().parents) if os.path.lexists(place))
    if not place.is_dir():
        raise HarnessError(f"cannot write to {folder}: {place} is no folder")
    if not os.access(place, os.W_OK | os.X_OK):
        raise HarnessError(f"cannot write to {folder}: {place} takes no files")


def write_whole(path: Path, data: bytes) -> None:
    """Write a file, with the folders that lead to it, so that nobody ever sees a part of it.

    The data goes to a file beside it, and onto the disk, before that takes the name. A link keeps leading where it led;
    what is no file (a pipe, ``/dev/stdout``) is written to as it is.

    Raises:
        HarnessError: it cannot be written; what stood there before still does.
    """
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(data)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            _replace(Path(os.path.realpath(path)), data)
    except OSError as error:
        raise HarnessError(f"cannot write {path}: {error.strerror or error}") from None


def write_all(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files into a folder, by their names and in their order."""
    for name, data in files.items():
        write_whole(folder / name, data)


def _replace(path: Path, data: bytes) -> None:
    draft = path.with_name(f".{secrets.token_hex(8)}.draft")
    try:
        with draft.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:  # Ctrl-C too
        with suppress(OSError):  # the first cause is what is told
            draft.unlink(missing_ok=True)
        raise
