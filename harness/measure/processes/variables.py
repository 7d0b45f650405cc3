"""The environment variables of every process that times, serves or calibrates: an allow-list, and an empty home."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

# What a program needs to start at all. Everything else of the user's (proxies, netrc, PYTHON*, certificates, locale)
# would change what is measured. None of these is read on the way of a request.
KEPT = ("PATH", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
SET = MappingProxyType({"PYTHONUTF8": "1"})
NONE: Mapping[str, str] = MappingProxyType({})


def kept_variables() -> dict[str, str]:
    """Return what a clean environment takes from ours."""
    return {name: os.environ[name] for name in KEPT if name in os.environ}


@contextmanager
def clean_environment(asked: Mapping[str, str] = NONE) -> Iterator[dict[str, str]]:
    """Yield the variables of one process; its home is a new and empty folder, which goes when the block ends.

    So nothing of the user's home is read (``~/.netrc``, a library's settings), and no process leaves a file for the next.

    Args:
        asked: variables that the user asked for; they win.
    """
    with tempfile.TemporaryDirectory(prefix="fetchbench-home-", ignore_cleanup_errors=True) as home:
        yield {**kept_variables(), **SET, "HOME": home, **asked}
