"""A history as files: a trend chart per series, a CSV, and an index in Markdown and HTML. Records in, bytes out.

Nothing is judged here: changes and marks come from ``stats.trend``.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from harness.metrics import TIME_PER_IMAGE, Metric
from harness.model import HERE, Cell
from harness.report.csvs import to_csv
from harness.report.frames.findings import VERSION
from harness.report.page.template import fill
from harness.report.units import interval_text, number, percent, scale_of
from harness.report.units import metric as metric_text
from harness.report.words.formats import markdown, markdown_table
from harness.stats.trend import LEAST, Change, Mark, Point
from harness.text import printable_values

COLUMNS = [
    *(
        "machine",
        "workload",
        "variant",
        "side",
        "metric",
        "run",
        "created_at",
        "value",
        "value_low",
        "value_high",
    ),
    *("trials", "reason", "commit", "versions", "level", "change_ratio", "changed"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """One series, judged.

    Attributes:
        machine: key of its store.
        metric: that its values are of.
        slug: name of its chart, safe in a path.
        points: in the order of time.
    """

    machine: str
    metric: Metric
    slug: str
    cell: Cell
    points: Sequence[Point]
    changes: Sequence[Change]
    marks: Sequence[Mark]

    @property
    def title(self) -> str:
        """Name for people."""
        side = "" if self.cell.side == HERE else f" @{self.cell.side}"
        what = "" if self.metric is TIME_PER_IMAGE else f", {self.metric.label}"
        return f"{self.cell.workload}: {self.cell.variant}{side}{what}"


def day(created_at: float) -> str:
    """2026-11-23, in UTC."""
    return f"{datetime.fromtimestamp(created_at, UTC):%Y-%m-%d}"


def history_csv(trends: Sequence[Trend]) -> bytes:
    """``history.csv``: one row per point."""
    rows = [row for trend in trends for row in _rows(trend)]
    return to_csv(pd.DataFrame(rows, columns=COLUMNS))


def _rows(trend: Trend) -> Iterator[dict[str, Any]]:
    starts = {change.at: change for change in trend.changes}
    changed = {mark.at: mark for mark in trend.marks}
    level = trend.changes[0].before if trend.changes else median_of(trend.points)
    for at, point in enumerate(trend.points):
        level = starts[at].after if at in starts else level
        mark = changed.get(at)
        commit = (f"commit {mark.commit}",) if mark and mark.commit else ()
        yield {
            "machine": trend.machine,
            "workload": point.cell.workload,
            "variant": point.cell.variant,
            "side": point.cell.side,
            "metric": trend.metric.key,
            "run": point.run,
            "created_at": f"{datetime.fromtimestamp(point.created_at, UTC):%Y-%m-%dT%H:%M:%SZ}",
            "value": point.value,
            "value_low": point.low,
            "value_high": point.high,
            "trials": point.rounds,
            "reason": point.reason,
            "commit": point.commit,
            "versions": "; ".join(f"{name} {text}" for name, text in sorted(point.versions.items())),
            "level": level,
            "change_ratio": starts[at].ratio if at in starts else None,
            "changed": "; ".join((*mark.texts, *commit)) if mark else None,
        }


def median_of(points: Sequence[Point]) -> float:
    """Median of the values that count; NaN without any."""
    return float(pd.Series([point.value for point in points if point.counts], dtype=float).median())


def changes_of(trends: Sequence[Trend]) -> list[tuple[Trend, Change]]:
    """Every change, the newest first."""
    found = [(trend, change) for trend in trends for change in trend.changes]
    return sorted(found, key=lambda pair: (-pair[0].points[pair[1].at].created_at, pair[0].title))


def summary(trends: Sequence[Trend], margin: float) -> str:
    """What was looked at and found, in one sentence."""
    runs = len({(trend.machine, point.run) for trend in trends for point in trend.points})
    found = changes_of(trends)
    worse = sum(trend.metric.worsening(change.ratio) > 1 for trend, change in found)
    return (
        f"{len(trends)} series over {_runs(runs)}: {worse} changes for the worse, {len(found) - worse} for the better, "
        f"of at least {percent(margin)}, each with {LEAST} runs or more on both sides."
    )


def _runs(count: int) -> str:
    return f"{count} run" + "s" * (count != 1)


def change_text(trend: Trend, change: Change) -> str:
    """How much, and from where to where: +12.3 %: 1.01 ms → 1.13 ms."""
    sign = "+" if change.ratio > 1 else ""
    before, after = (metric_text(level, trend.metric.unit) for level in (change.before, change.after))
    return f"{sign}{percent(change.ratio - 1)}: {before} → {after}"


def latest(trend: Trend) -> str:
    """The newest value with its interval, or why there is none."""
    point = trend.points[-1]
    if point.value is None:
        return f"failed: {point.reason}"
    low, high = (math.nan if end is None else end for end in (point.low, point.high))
    size, unit = scale_of(point.value, trend.metric.unit)
    return interval_text(
        point.value / size, low / size, high / size, lambda value, n: f"{number(value, n)} {unit}"
    )


def alt_text(trend: Trend) -> str:
    """What the chart shows, for those who do not see it."""
    found = "; ".join(
        f"{day(trend.points[change.at].created_at)} {change_text(trend, change)}" for change in trend.changes
    )
    label = trend.metric.label[:1].upper() + trend.metric.label[1:]
    span = f"{day(trend.points[0].created_at)} to {day(trend.points[-1].created_at)}"
    return (
        f"{label} of {trend.title} in {len(trend.points)} runs from {span}; {found or 'no change of level'}."
    )


def history_md(trends: Sequence[Trend], machines: Mapping[str, Mapping[str, Any]], margin: float) -> bytes:
    """``history.md``: the changes first, then every series."""
    lines = ["# fetchbench history", "", summary(trends, margin), ""]
    for name, facts in machines.items():
        lines.append(f"* machine `{name}`: {markdown(_facts_text(facts))}")
    lines += ["", "## Changes", ""]
    changed = [
        (
            day(trend.points[change.at].created_at),
            trend.title,
            change_text(trend, change),
            "; ".join(change.suspects),
        )
        for trend, change in changes_of(trends)
    ]
    heads = ("since", "series", "change", "changed with it")
    lines += markdown_table(heads, (tuple(map(markdown, row)) for row in changed)) if changed else ["None."]
    series = (
        (
            markdown(trend.title),
            str(len(trend.points)),
            markdown(latest(trend)),
            f"[chart](charts/{trend.slug}.svg)",
        )
        for trend in trends
    )
    lines += ["", "## Series", ""]
    lines += markdown_table(("series", "runs", "newest", "chart"), series, to_the_right=["runs"])
    return ("\n".join(lines) + "\n").encode()


def history_html(trends: Sequence[Trend], machines: Mapping[str, Mapping[str, Any]], margin: float) -> bytes:
    """``index.html``: the same with the charts in it, which lie beside it."""
    return fill(
        "history.html.j2",
        trends=trends,
        machines=machines,
        changes=changes_of(trends),
        summary=summary(trends, margin),
        day=day,
        facts_text=_facts_text,
        count_of_runs=_runs,
        change_text=change_text,
        alt_text=alt_text,
        latest=latest,
    )


def history_json(trends: Sequence[Trend], fresh: Sequence[Sequence[Change]]) -> dict[str, Any]:
    """The result for scripts.

    Args:
        fresh: of each trend the changes that its newest run has brought to light.
    """
    series = [_record(trend, new) for trend, new in zip(trends, fresh, strict=True)]
    found: dict[str, Any] = printable_values({"version": VERSION, "series": series})
    return found


def _record(trend: Trend, fresh: Sequence[Change]) -> dict[str, Any]:
    newest = trend.points[-1]
    return {
        "machine": trend.machine,
        "metric": trend.metric.key,
        "workload": trend.cell.workload,
        "variant": trend.cell.variant,
        "side": trend.cell.side,
        "runs": len(trend.points),
        "newest": {
            "run": newest.run,
            "commit": newest.commit,
            "value": newest.value,
            "value_low": newest.low,
            "value_high": newest.high,
            "reason": newest.reason,
        },
        "changes": [
            {
                "run": trend.points[change.at].run,
                "before": change.before,
                "after": change.after,
                "ratio": change.ratio,
                "is_worse": trend.metric.worsening(change.ratio) > 1,
                "is_new": change in fresh,
                "changed": list(change.suspects),
            }
            for change in trend.changes
        ],
    }


def _facts_text(facts: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in facts.items())
