"""Locks between processes: who comes second says so, and waits."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock
from rich.console import Console

from harness.model import HarnessError


@contextmanager
def lock(console: Console, path: Path, doing: str, advice: str = "") -> Iterator[None]:
    """Hold the lock while the block runs.

    Args:
        console: told if somebody else holds it.
        path: of its file, which stays.
        doing: what only one may do at a time, e.g. "measuring this run".
        advice: what to do about a file that cannot be used.

    Raises:
        HarnessError: the file cannot be used.
    """
    one = filelock.FileLock(path, mode=0o666)
    try:
        try:
            one.acquire(timeout=0)
        except filelock.Timeout:
            text = f"another fetchbench is {doing} (lock {path}); waiting for it to end"
            console.print(text, markup=False, highlight=False, soft_wrap=True)
            one.acquire()
    except OSError as error:
        raise HarnessError(f"cannot use the lock {path}: {error.strerror or error}{advice}") from None
    try:
        yield
    finally:
        one.release()
