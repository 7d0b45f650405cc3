"""A folder that is made once and never taken for whole before it is: a lock, and a marker that is written last.

It knows nothing of what is in the folder. A virtual environment cannot be moved, so it is made in its final place.
"""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import filelock

MARKER = "complete.json"


@contextmanager
def made_once(folder: Path, *, say: Callable[[str], None]) -> Iterator[bool]:
    """Hold the folder's lock; yield True if it is complete, or False and an empty folder to be filled.

    Whatever a killed or failed attempt left is wiped. The body ends with ``complete`` or the folder is wiped again.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(folder.with_name(f"{folder.name}.lock"))
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        say(f"another fetchbench is making {folder}; waiting for it")
        lock.acquire()
    try:
        if read(folder) is not None:
            yield True
            return
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        try:
            yield False
        finally:
            if read(folder) is None:
                shutil.rmtree(folder, ignore_errors=True)
    finally:
        lock.release()


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
