"""The same statements in Markdown, short enough for a CI summary and a pull-request comment."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.ledger import Ledger
from harness.outcomes import EXPLAINED, MEASURED
from harness.report.frames.tables import Tables
from harness.report.words import ranked, sentences, situations
from harness.report.words.formats import MARKDOWN, Column, markdown, markdown_table, row_name
from harness.text import printable

LIMIT = 60_000  # characters; a comment may have 65,536, and a caller may want to add a line
ROWS = (20, 10, 5, 3, 1, 0)  # per table: the most with which the whole keeps the limit
REASON = 200  # characters


def report(ledger: Ledger, tables: Tables, *, unfinished: bool) -> bytes:
    """Make ``report.md``."""
    for rows in ROWS:
        text = "\n".join(_lines(ledger, tables, rows, unfinished=unfinished)) + "\n"
        if len(text) <= LIMIT:
            break
    return text[: LIMIT + 1000].encode()


def _lines(ledger: Ledger, tables: Tables, most: int, *, unfinished: bool) -> Iterator[str]:
    yield f"## fetchbench: {markdown(ledger.run.plan.suite)}"
    yield ""
    yield from _answer(tables)
    for caution in sentences.cautions(tables, MARKDOWN, unfinished=unfinished):
        yield f"\n> **Caution.** {caution}"
    for workload in tables.workloads["workload"]:
        shown = tables.ranked[tables.ranked["workload"] == workload]
        yield f"\n### {markdown(workload)}"
        yield f"{sentences.scope(tables, workload, MARKDOWN)}\n"
        rows = shown.to_dict("records")
        yield from _table(rows, most, ranked.told(ranked.columns(tables.metric)[: ranked.LAST], rows))
    for lesson in ledger.lessons:
        if lesson.held is False:
            yield f"\nLesson, {lesson.state}: {markdown(lesson.title)}: {markdown(lesson.happened)}"
    if not tables.selfcheck.empty:
        check = tables.selfcheck.iloc[0]
        yield (
            f"\nSelf-check of this machine: {MARKDOWN.value(check['false_alarms'], 'count')} false alarms in "
            f"{MARKDOWN.value(check['twin_verdicts'], 'count')} verdicts on equal variants."
        )
    yield (
        f"\nRows that share a rank (=) cannot be told apart; the ratio, of {tables.metric.label}, is paired by round; "
        "brackets are 95 % intervals. Figures, code and method: `report.html`; every number: the CSV files beside it."
    )
    yield f"\n`{printable(ledger.run.command).replace('`', '')[:REASON]}`"


def _answer(tables: Tables) -> Iterator[str]:
    found = situations.situations(tables, MARKDOWN)
    if not found:
        yield situations.nothing(tables, MARKDOWN)
        return
    yield f"On this machine ({sentences.machine(tables, MARKDOWN)}):"
    for situation in found:
        yield f"\n* **{markdown(situation.workload)}**: {situation.scope}"
        yield from (f"    * **{label}:** {text}" for label, text in situation.lines)
    if together := situations.overall(tables, MARKDOWN):
        yield f"\nIn all of them: {'; '.join(together)}."


def _table(rows: Sequence[Mapping[Any, Any]], most: int, columns: Sequence[Column]) -> Iterator[str]:
    """Yield the first rows, and the baseline wherever it stands; then one line for those that are left out."""
    measured = [row for row in rows if row["state"] in MEASURED]
    shown = [row for place, row in enumerate(measured) if place < most or row["is_baseline"]]
    if shown:
        yield from markdown_table(
            [column.head for column in columns],
            ([ranked.text(MARKDOWN, row, column) for column in columns] for row in shown),
            to_the_right=[column.head for column in columns if column.unit is not None],
        )
    if len(shown) < len(measured):
        yield "\nMore rows in `summary.csv`."
    for row in [row for row in rows if row["state"] in EXPLAINED][:most]:
        why = str(row["reason"])
        yield f"\n* {row['state']}: {markdown(row_name(row))}: {markdown(why if len(why) <= REASON else why[:REASON] + '…')}"
