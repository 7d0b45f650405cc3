"""Files of lines that only ever grow, one record a line: read as far as they are whole, and continued from there."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from harness.model import HarnessError

Record = TypeVar("Record")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines(Generic[Record]):
    """What a file holds.

    Attributes:
        cut: True if the last line is no record and has no end, as after a crash while it was written; it is left out.
        whole: bytes of the records, with the ends of their lines.
        is_ended: False if the last record lacks the end of its line.
    """

    records: tuple[Record, ...]
    cut: bool
    whole: int
    is_ended: bool


def read_lines(path: Path, record: Callable[[bytes], Record]) -> Lines[Record]:
    """Read a file; one that does not exist yet holds nothing.

    Args:
        path: of the file.
        record: makes a record of a line, or raises ValueError for what is none.

    Raises:
        HarnessError: a line is damaged, and not because it was cut.
        OSError: it cannot be read.
    """
    found, whole, line = [], 0, b"\n"
    try:
        with path.open("rb") as file:
            for line in file:
                found.append(record(line))
                whole += len(line)
    except FileNotFoundError:
        pass
    except ValueError as error:
        if line.endswith(b"\n"):
            raise HarnessError(f"{path}: line {len(found) + 1} is damaged: {error}") from None
        return Lines(records=tuple(found), cut=True, whole=whole, is_ended=True)
    return Lines(records=tuple(found), cut=False, whole=whole, is_ended=line.endswith(b"\n"))


def end_lines(path: Path, lines: Lines[Record]) -> None:
    """Let the file end where the next record may begin: after the end of a line, and without a part of one."""
    with path.open("ab") as file:
        file.truncate(lines.whole)
        if not lines.is_ended:
            file.write(b"\n")


def add_lines(path: Path, data: bytes) -> None:
    """Add whole lines and wait until they are on the disk."""
    with path.open("ab") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
