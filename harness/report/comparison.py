"""The comparison table: what was found of pairs, as a table for people. It judges nothing and opens no file.

Gate, matrix and compare show the same table, in terminal, Markdown and HTML.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.metrics import RATE, TIME_PER_IMAGE
from harness.model import HERE
from harness.outcomes import ORDER, OUTCOMES, Word
from harness.report.narrow import Name, print_table
from harness.report.page.template import fill
from harness.report.units import interval_text, percent, ratio
from harness.report.units import metric as metric_text
from harness.report.words.formats import markdown, markdown_table
from harness.stats.judge import Finding
from harness.stats.verdict import Verdict

HEADS = ("verdict", "cell", "metric", "base → head", "ratio", "rounds", "why")
LEGEND = (
    "Value over that of the base; for what is better lower, above 1 is worse; brackets are 95 % intervals."
)
REASON = 200  # characters


class Row(NamedTuple):
    """A row of the table, as text."""

    word: Word
    cell: str
    metric: str
    values: str
    ratio: str
    rounds: str
    why: str


def gravest_first(findings: Sequence[Finding]) -> list[Finding]:
    """The findings, the gravest first; of the undecided those first that are suspected."""
    return sorted(
        findings,
        key=lambda finding: (
            ORDER[finding.word],
            not finding.is_suspected,
            finding.pair.head,
            finding.pair.metric.key,
        ),
    )


def counts(findings: Sequence[Finding]) -> str:
    """How many of which word."""
    found = [(sum(finding.word == word for finding in findings), word) for word in ORDER]
    return ", ".join(f"{count} {word}" for count, word in found if count)


def row(finding: Finding) -> Row:
    """What the table says of a finding."""
    return Row(
        word=finding.word,
        cell=name(finding),
        metric=finding.pair.metric.short,
        values=values_text(finding),
        ratio=ratio_text(finding),
        rounds=rounds_text(finding),
        why="; ".join(filter(None, ("suspected" if finding.is_suspected else "", finding.reason))),
    )


def name(finding: Finding) -> str:
    """What was compared: the cell, and the variant of the base if that is another one."""
    head, base = finding.pair.head, finding.pair.base
    other = f" against {base.variant}" if base.variant != head.variant else ""
    is_plain = head.side == HERE or (base.side, head.side) == ("base", "head")
    side = "" if is_plain else f" @{head.side}"
    return f"{head.workload}: {head.variant}{side}{other}"


def values_text(finding: Finding) -> str:
    """Value of the base and of the head; of time per image as images per second, which is what people know it by."""
    effect = finding.verdict.effect if finding.verdict else None
    if effect is None or not effect.value or not effect.reference_value:
        return "–"
    pair, metric = (effect.reference_value, effect.value), finding.pair.metric
    if metric is TIME_PER_IMAGE:
        pair, metric = (1 / pair[0], 1 / pair[1]), RATE
    base, head = (metric_text(value, metric.unit) for value in pair)
    return f"{base} → {head}" + (f" {metric.unit}" if metric is RATE else "")


def ratio_text(finding: Finding) -> str:
    """Value of the head over that of the base, with its interval; a dash if there is none."""
    effect = finding.verdict.effect if finding.verdict else None
    if effect is None or effect.ratio is None:
        return "–"
    low, high = (effect.interval.low, effect.interval.high) if effect.interval else (math.nan, math.nan)
    return interval_text(effect.ratio, low, high, ratio)


def rounds_text(finding: Finding) -> str:
    """Rounds that it rests on; of two runs those of each."""
    effect = finding.verdict.effect if finding.verdict else None
    if effect is None:
        return "0"
    return str(effect.pairs) if effect.is_paired else f"{effect.reference_trials} / {effect.trials}"


def margins_text(findings: Sequence[Finding]) -> str:
    """The margin that was asked of each metric, and the one in force where it is another."""
    by_metric: dict[str, list[Verdict]] = {}
    for finding in findings:
        if finding.verdict:
            by_metric.setdefault(finding.pair.metric.short, []).append(finding.verdict)
    texts = [f"{metric} {_margin_text(verdicts)}" for metric, verdicts in by_metric.items()]
    return f"the margin is {'; '.join(texts)}" if texts else ""


def _margin_text(verdicts: Sequence[Verdict]) -> str:
    asked = [verdict.asked_margin for verdict in verdicts]
    least, most = min(asked), max(asked)
    text = percent(least) if least == most else f"{percent(least)} to {percent(most)}, by cell"
    widened = [verdict.margin for verdict in verdicts if verdict.margin > verdict.asked_margin]
    by = " by the last self-check of this host"
    return f"{text}, widened to {percent(max(widened))}{by}" if widened else text


def print_comparison(console: Console, findings: Sequence[Finding]) -> None:
    """Print the table, the gravest first."""
    table = Table(*HEADS, box=None, header_style="bold", pad_edge=False)
    for word, cell, *rest in map(row, gravest_first(findings)):
        table.add_row(Text(word, style=OUTCOMES[word].style), Name(cell), *map(Text, rest))
    print_table(console, table)


def comparison_md(findings: Sequence[Finding], most: int, file: str) -> Iterator[str]:
    """Yield the table as lines of Markdown, the gravest first; what is no news is folded.

    Args:
        most: rows of each part; the rest is counted.
        file: where all rows are.
    """
    ordered = gravest_first(findings)
    news = [finding for finding in ordered if OUTCOMES[finding.word].is_news]
    others = [finding for finding in ordered if not OUTCOMES[finding.word].is_news]
    if news:
        yield ""
        yield from _table_md(news, most, file)
    if others:
        yield f"\n<details><summary>{len(others)} without a change</summary>\n"
        yield from _table_md(others, most, file)
        yield "\n</details>"


def _table_md(findings: Sequence[Finding], most: int, file: str) -> Iterator[str]:
    rows = (
        (
            f"{OUTCOMES[said.word].mark} {said.word}".strip(),
            markdown(said.cell),
            said.metric,
            said.values,
            said.ratio,
            said.rounds,
            markdown(short(said.why)),
        )
        for said in map(row, findings[:most])
    )
    yield from markdown_table(HEADS, rows, to_the_right=HEADS[3:6])
    if len(findings) > most:
        yield f"\n{len(findings) - most} more in `{file}`."


def comparison_html(
    title: str, headline: str, notes: Sequence[str], findings: Sequence[Finding], file: str
) -> bytes:
    """The table as a page of its own, which asks nothing of any network.

    Args:
        headline: what was found, in a sentence.
        notes: what else the reader should know.
        file: where all values are.
    """
    return fill(
        "comparison.html.j2",
        title=title,
        headline=f"{headline}.",
        notes=notes,
        heads=HEADS,
        rows=list(map(row, gravest_first(findings))),
        legend=f"{LEGEND} {margins_text(findings)}",
        file=file,
    )


def short(text: str, most: int = REASON) -> str:
    """The text, cut where it is longer than this."""
    return text if len(text) <= most else text[:most] + "…"


def side_lines(facts_of: Mapping[str, Mapping[str, object]]) -> Iterator[str]:
    """Yield what each side is, as lines of Markdown."""
    for side, facts in facts_of.items():
        rest = ", ".join(f"{key} {value}" for key, value in facts.items() if key != "side")
        asked = str(facts.get("side", ""))
        first = f"**{markdown(side)}**" + (f": {markdown(short(asked))}" if asked != side else "")
        yield f"* {first} ({markdown(short(rest))})"
