"""Locks between processes: who comes second says so, and waits. A process that holds one may take it again."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from harness.model import HarnessError

Say = Callable[[str], object]


def say_nothing(_line: str) -> None:
    """For who has nobody to tell."""


@contextmanager
def lock(path: Path, doing: str, advice: str = "", *, say: Say = say_nothing) -> Iterator[None]:
    """Hold the lock while the block runs.

    Args:
        path: of its file, which stays.
        doing: what only one may do at a time, e.g. "measuring this run".
        advice: what to do about a file that cannot be used.
        say: told, in one line, if somebody else holds it.

    Raises:
        HarnessError: the file cannot be used.
    """
    held = filelock.FileLock(path, mode=0o666, is_singleton=True)
    try:
        try:
            held.acquire(timeout=0)
        except filelock.Timeout:
            say(f"another fetchbench is {doing} (lock {path}); waiting for it to end")
            held.acquire(timeout=-1)
    except OSError as error:
        raise HarnessError(f"cannot use the lock {path}: {error.strerror or error}{advice}") from None
    try:
        yield
    finally:
        held.release()


@contextmanager
def machine_lock(say: Say = say_nothing) -> Iterator[None]:
    """Let only one measuring job run on this machine."""
    path = Path(tempfile.gettempdir(), "fetchbench.lock")
    with lock(path, "measuring on this machine", "; remove it, or set TMPDIR", say=say):
        yield
