"""Tables to Markdown and to a page of its own, which asks nothing of any network."""

from collections.abc import Iterator, Mapping, Sequence

from harness.report.comparison import short, side_lines
from harness.report.conformance.sheets import LEGEND, Sheet, SheetCell
from harness.report.page.template import fill
from harness.report.words.formats import markdown, markdown_table

TITLE = "fetchbench conformance"


def conformance_md(
    sheets: Sequence[Sheet],
    headline: str,
    facts: Mapping[str, object],
    sides: Mapping[str, Mapping[str, object]],
) -> bytes:
    """``conformance.md``.

    Args:
        headline: what was found, in a sentence.
        facts: of the machine, label -> text.
        sides: what each is; empty for one alone.
    """
    head = [f"## {TITLE}\n", *([f"{markdown(headline)}\n"] if headline else [])]
    return ("\n".join([*head, *_lines(sheets, facts, sides)]) + "\n").encode()


def _lines(
    sheets: Sequence[Sheet], facts: Mapping[str, object], sides: Mapping[str, Mapping[str, object]]
) -> Iterator[str]:
    yield from (f"* {name}: {markdown(str(value))}" for name, value in facts.items())
    yield from side_lines(sides)
    for sheet in sheets:
        yield f"\n### {markdown(sheet.title)}\n"
        yield f"{sheet.intro}\n"
        rows = ([_head(head), *map(_cell, cells)] for head, *cells in sheet.rows)
        yield from markdown_table([markdown(head) for head in sheet.heads], rows)
        if sheet.notes:
            yield ""
            yield from (f"* {markdown(note)}" for note in sheet.notes)
    yield "\n" + "; ".join(f"**{word}**: {meaning}" for word, meaning in LEGEND) + "."


def _head(said: SheetCell) -> str:
    return f"{markdown(said.text)} ({markdown(said.more)})" if "/" in said.more else markdown(said.text)


def _cell(said: SheetCell) -> str:
    text = f"**{markdown(said.text)}**" if said.is_news else markdown(said.text)
    return f"{text} ({markdown(short(said.more))})" if said.more else text


def conformance_html(
    sheets: Sequence[Sheet],
    headline: str,
    facts: Mapping[str, object],
    sides: Mapping[str, Mapping[str, object]],
    files: Sequence[str],
) -> bytes:
    """``conformance.html``.

    Args:
        headline: what was found, in a sentence.
        files: where all values are.
    """
    shown = {
        **facts,
        **{name: ", ".join(f"{key} {value}" for key, value in told.items()) for name, told in sides.items()},
    }
    return fill(
        "conformance.html.j2",
        title=TITLE,
        headline=headline,
        sheets=sheets,
        facts=shown,
        legend=LEGEND,
        files=files,
    )
