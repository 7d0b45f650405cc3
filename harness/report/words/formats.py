"""Three formats for the same statement: plain text, Markdown, and HTML in which every figure keeps its value.

In HTML a figure is ``<data value="0.0512">51.2 ms</data>``, the value as it stands in the CSV files: so every number of
the page can be found there, and a test does so.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pandas as pd
from markupsafe import Markup, escape

from harness.model import HERE, NONE
from harness.report import units
from harness.report.csvs import written
from harness.text import printable, printable_lines

NOTHING = "–"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table for people.

    Attributes:
        key: of the frame.
        head: for people.
        unit: "s", "bytes", "ratio", "share", "count" or any other, as ``units`` shows them; None for text.
        interval: whether ``key_low`` and ``key_high`` are shown behind it.
        help: what the head means, where it does not say it all.
    """

    key: str
    head: str
    unit: str | None
    interval: bool = False
    help: str = ""


class Format(Protocol):
    """How a statement is put together."""

    def phrase(self, template: str, **parts: object) -> str:
        """Fill a template of ours with parts, each made safe."""

    def code(self, text: str) -> str:
        """A name as it stands in programs."""

    def value(self, value: Any, unit: str, digits: int = 3) -> str:
        """A figure in its unit."""


class Plain:
    """Text for alt attributes."""

    def phrase(self, template: str, **parts: object) -> str:
        """Fill a template."""
        return template.format(**{name: printable(str(part)) for name, part in parts.items()})

    def code(self, text: str) -> str:
        """Leave it as it is."""
        return text

    def value(self, value: Any, unit: str, digits: int = 3) -> str:
        """Show the figure alone."""
        return shown(value, unit, digits)


class Marked(str):
    """Markdown that is ready, so that it is not escaped again."""

    __slots__ = ()


class Markdown(Plain):
    """Text for Markdown: what a name holds is never taken for markup."""

    def phrase(self, template: str, **parts: object) -> str:
        """Fill a template; what is not ready yet is escaped."""
        safe = {
            name: part if isinstance(part, Marked) else markdown(str(part)) for name, part in parts.items()
        }
        return Marked(template.format(**safe))

    def value(self, value: Any, unit: str, digits: int = 3) -> str:
        """Show the figure alone."""
        return Marked(shown(value, unit, digits))


class Html:
    """Text for the page."""

    def phrase(self, template: str, **parts: object) -> Markup:
        """Fill a template; parts are escaped unless they are markup."""
        safe = {name: as_shown(part) for name, part in parts.items()}
        return Markup(template).format(**safe)  # noqa: S704 - templates are this project's own literals

    def code(self, text: str) -> Markup:
        """Mark it."""
        return self.phrase("<code>{text}</code>", text=text)

    def value(self, value: Any, unit: str, digits: int = 3) -> Markup:
        """Show the figure, its value behind it."""
        if pd.isna(value):
            return escape(NOTHING)
        return Markup('<data value="{}">{}</data>').format(written(value), shown(value, unit, digits))


def as_shown(part: object) -> object:
    """What is put into HTML: text is printable, markup and figures stay what they are."""
    return printable_lines(part) if type(part) is str else part


PLAIN, MARKDOWN, HTML = Plain(), Markdown(), Html()


def shown(value: Any, unit: str, digits: int = 3) -> str:
    """A figure for people."""
    if pd.isna(value):
        return NOTHING
    if unit == "count":
        return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"
    if unit == "share":
        return units.percent(value)
    return units.metric(value, unit, digits)


def cell(form: Format, row: Mapping[Any, Any], column: Column) -> str:
    """The text of one cell of a table, in this form."""
    value = row.get(column.key)
    if column.unit is None:
        return form.phrase("{it}", it="" if pd.isna(value) else value)
    if pd.isna(value):
        return NOTHING
    low, high = (row.get(f"{column.key}_{end}", float("nan")) for end in ("low", "high"))
    if not column.interval or pd.isna(low) or pd.isna(high):
        return estimate(form, row, column)
    place = place_in(row, column.key)
    bare = "" if column.unit == "ratio" else column.unit
    parts = [
        estimate(form, row, column),
        *(form.value(end, bare, units.digits_at(end, place)) for end in (low, high)),
    ]
    template = (
        '{value} <span class="interval">[{low}–{high}]</span>' if form is HTML else "{value} [{low}–{high}]"
    )
    return form.phrase(template, **dict(zip(("value", "low", "high"), parts, strict=True)))


def estimate(form: Format, row: Mapping[Any, Any], column: Column) -> str:
    """The figure of one cell without its interval: the same text wherever it is quoted."""
    assert column.unit is not None  # noqa: S101 - a figure has one
    value = row[column.key]
    if not column.interval or pd.isna(value):
        return form.value(value, column.unit)
    return form.value(value, column.unit, units.digits_at(value, place_in(row, column.key)))


def place_in(row: Mapping[Any, Any], key: str) -> int:
    """Power of ten at which an estimate ends: that of its column where the frame says it."""
    place = row.get(f"{key}_place", float("nan"))
    if not pd.isna(place):
        return int(place)
    value, low, high = (float(row.get(f"{key}{end}", "nan")) for end in ("", "_low", "_high"))
    return units.place_of(value, low, high)


def markdown_table(
    heads: Sequence[str], rows: Iterable[Sequence[str]], *, to_the_right: Collection[str] = ()
) -> Iterator[str]:
    """Yield the lines of a table; cells are Markdown already.

    Args:
        to_the_right: heads of columns of figures.
    """
    yield f"| {' | '.join(heads)} |"
    yield f"|{'|'.join('--:' if head in to_the_right else '---' for head in heads)}|"
    yield from (f"| {' | '.join(row)} |" for row in rows)


def markdown(text: str) -> str:
    """Escape what Markdown, or GitHub's mentions and references, would act on."""
    flat = printable(" ".join(text.split()))
    for sign in "\\`*_{}[]<>|#~$!":
        flat = flat.replace(sign, f"\\{sign}" if sign not in "<>" else {"<": "&lt;", ">": "&gt;"}[sign])
    return flat.replace("@", "&#64;").replace("://", ":&#47;&#47;")


def row_name(row: Mapping[Any, Any]) -> str:
    """The variant, and its side if several environments were compared."""
    return str(row["variant"]) + ("" if row["side"] in {HERE, NONE} else f" @{row['side']}")
