"""What a run quotes of the article's own measurements: the last lessons and primitives of its Python, copied beside it."""

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter

from harness import checks
from harness.files import write_whole
from harness.model import HarnessError
from harness.quantities import Count, Finite, Positive

LESSONS, PRIMITIVES = "lessons.json", "primitives.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonRecord:
    """What a lesson claimed and what happened, as ``lessons`` writes it.

    Attributes:
        held: whether the claim held here; None if it could not be observed.
        happened: one sentence with the number; the reason if ``held`` is None.
        figures: name -> number in base units.
        python: version of the interpreter that ran it.
        packages: distribution -> version, of what the lesson imports from outside the standard library.
    """

    name: str
    title: str
    claim: str
    advice: str
    python_note: str | None
    held: bool | None
    happened: str
    figures: Mapping[str, int | Finite]
    python: str
    packages: Mapping[str, str]

    @property
    def state(self) -> str:
        """The result in words."""
        return {True: "holds here", False: "does not hold here", None: "not observed"}[self.held]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Primitive:
    """What a row of the primitives' CSV must hold; None where it is empty."""

    group: str
    primitive: str
    loop: Literal["asyncio", "uvloop", "trio", "none"]
    size: Positive
    operations: Count
    q1_s: Positive
    q3_s: Positive
    per_operation_s: Positive
    longest_stall_s: Positive | None
    queue_wait_p50_s: Positive | None
    python: str


_PRIMITIVES = TypeAdapter(tuple[_Primitive, ...])


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotes:
    """What a folder holds of them.

    Attributes:
        lessons: () if there are none.
        primitives: the bytes of their CSV; None without.
        pythons: the versions that made them.
    """

    lessons: tuple[LessonRecord, ...]
    primitives: bytes | None
    pythons: frozenset[str]


def article_folder(results: Path, kind: str, python: str) -> Path:
    """Where the last lessons or primitives of a Python are kept; ``python`` is a full version such as 3.13.0."""
    return results / kind / f"python{'.'.join(python.split('.')[:2])}"


def quote(results: Path, folder: Path, python: str) -> None:
    """Copy the last lessons and primitives of this very Python into a new run, so that its report always says the same.

    What is damaged, or of another Python, is not quoted.
    """
    for name, kind in ((LESSONS, "lessons"), (PRIMITIVES, "primitives")):
        place = article_folder(results, kind, python)
        try:
            if read_quotes(place).pythons != {python}:
                continue
            data = (place / name).read_bytes()
        except (OSError, HarnessError):
            continue
        write_whole(folder / name, data)


def read_quotes(folder: Path) -> Quotes:
    """Read what a folder holds.

    Raises:
        HarnessError: a file that is there holds none.
    """
    lessons = _lessons(folder / LESSONS)
    primitives, rows = _primitives(folder / PRIMITIVES)
    pythons = {lesson.python for lesson in lessons if lesson.held is not None} | {row.python for row in rows}
    return Quotes(lessons=lessons, primitives=primitives, pythons=frozenset(pythons))


def _lessons(path: Path) -> tuple[LessonRecord, ...]:
    try:
        found = json.loads(path.read_bytes())["lessons"]
        return tuple(checks.from_json(LessonRecord, json.dumps(lesson).encode()) for lesson in found)
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise HarnessError(f"{path} holds no lessons; take it away") from None


def _primitives(path: Path) -> tuple[bytes | None, tuple[_Primitive, ...]]:
    try:
        data = path.read_bytes()
        table = csv.DictReader(data.decode().splitlines(), restval="")
        rows = _PRIMITIVES.validate_python([{name: row[name] or None for name in row} for row in table])
    except FileNotFoundError:
        return None, ()
    except (OSError, ValueError, csv.Error):
        rows = ()
    if not rows:
        raise HarnessError(f"{path} holds no primitives; take it away")
    return data, rows
