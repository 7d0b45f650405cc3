"""Files that appear whole or not at all: whatever is derived or final is written here."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from harness.model import HarnessError


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
