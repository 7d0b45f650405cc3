"""Warnings as values, and which of them speak against judging."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A warning as a value: what was noticed, and what the reader can do about it.

    Attributes:
        code: stable short name, e.g. "server-bound".
        invalidates: True if a cell with this note gets no rank.
    """

    code: str
    text: str
    advice: str
    invalidates: bool


def objection(notes: Sequence[Note]) -> str | None:
    """The first note that invalidates, as text; None if nothing speaks against judging."""
    return next((note.text for note in notes if note.invalidates), None)
