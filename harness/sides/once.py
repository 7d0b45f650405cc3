"""A folder that is made once and never taken for whole before it is: a lock, and a marker that is written last.

It knows nothing of what is in the folder. A virtual environment cannot be moved, so it is made in its final place.
"""

import fcntl
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness.model import HarnessError

MARKER = "complete.json"


@contextmanager
def made_once(folder: Path, *, say: Callable[[str], None]) -> Iterator[int | None]:
    """Hold the folder's lock; yield None if it is complete, else the lock's file descriptor and an empty folder to fill.

    Whatever a killed or failed attempt left is wiped. The body ends with ``complete`` or the folder is wiped again.
    A process that inherits the descriptor holds the lock as long as it lives, even if we are killed.

    Raises:
        HarnessError: the folder cannot be made or filled.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with folder.with_name(f"{folder.name}.lock").open("ab") as lock:
            _wait(lock.fileno(), folder, say)
            if read(folder) is not None:
                yield None
                return
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            try:
                yield lock.fileno()
            finally:
                if read(folder) is None:
                    shutil.rmtree(folder, ignore_errors=True)
    except OSError as error:
        why = f"{error.filename or folder}: {error.strerror}"
        raise HarnessError(f"cannot use the cache: {why}; name another folder with --cache") from None


def _wait(lock: int, folder: Path, say: Callable[[str], None]) -> None:
    """Lock; the lock ends with the last process that has the file open."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say(f"another fetchbench is making {folder}; waiting for it")
        fcntl.flock(lock, fcntl.LOCK_EX)


def complete(folder: Path, facts: Mapping[str, Any]) -> None:
    """Mark the folder as whole, with what is known of it."""
    draft = folder / f"{MARKER}.draft"
    draft.write_text(json.dumps(facts, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    draft.replace(folder / MARKER)


def read(folder: Path) -> dict[str, Any] | None:
    """Return the facts of a whole folder; None if it is not whole."""
    try:
        facts: dict[str, Any] = json.loads((folder / MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return facts
