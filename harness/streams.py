"""Standard streams that never stop a command: what it measures and decides is worth more than what it says."""

import io
import os
import select
import sys
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class Unfailing(io.RawIOBase):
    """Writes to a stream; once that fails, to nowhere.

    Args:
        raw: the stream, without a buffer.

    Attributes:
        failure: why it went quiet; None as long as it has not.
    """

    def __init__(self, raw: io.RawIOBase) -> None:
        self._raw = raw
        self.failure: OSError | None = None

    def writable(self) -> bool:
        """It is written to."""
        return True

    def fileno(self) -> int:
        """The number of the file."""
        return self._raw.fileno()

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return self._raw.isatty()

    def write(self, data: "ReadableBuffer", /) -> int:
        """Write what can be written; return how many bytes are done with."""
        try:
            # Whoever shares a pipe can have made it one that does not wait; where it is full, it says None.
            while (written := self._raw.write(data)) is None:
                select.select((), (self.fileno(),), ())
        except OSError as error:
            self.failure = error
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())  # for whoever inherits it too
            os.close(nowhere)
            return memoryview(data).nbytes
        return written


def secure() -> Unfailing:
    """Make standard output and error unfailing, also where they were closed; return what is below standard output.

    What is no text on standard input is read as such signs as nobody means.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:  # else the next file that is opened would be taken for it
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # noqa: FBT003 - it takes no name
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")
    sys.stdout, below = _secured(sys.stdout, 1)
    sys.stderr, _ = _secured(sys.stderr, 2)
    return below


def _secured(stream: TextIO | None, number: int) -> tuple[TextIO, Unfailing]:
    """A stream like the one given; a sign that it lacks is no reason to stop either."""
    if isinstance(stream, io.TextIOWrapper):
        buffer: Any = stream.buffer
        below = Unfailing(getattr(buffer, "raw", buffer))  # there is no buffer under python -u
        look: dict[str, Any] = {
            name: getattr(stream, name) for name in ("encoding", "line_buffering", "write_through")
        }
    else:  # it was closed
        below = Unfailing(io.FileIO(number, "w", closefd=False))
        look = {"encoding": "utf-8"}
    return io.TextIOWrapper(io.BufferedWriter(below), errors="replace", **look), below
