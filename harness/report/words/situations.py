"""The answer by situation: for each workload who is the fastest, what is simple and good enough, and what to avoid and why.

Everything is derived from the frames, and told in any format. Workloads with a network come first.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from harness.metrics import CLIENT_IN_FLIGHT, CONNECTIONS, SUCCESS, Metric
from harness.model import ALL, NONE
from harness.report.frames import limits
from harness.report.frames.answer import AVOID, GOOD_ENOUGH, NOT_IN_EACH, SIMPLEST, behind, whole
from harness.report.frames.tables import Tables
from harness.report.words.formats import Column, Format, estimate, row_name
from harness.report.words.ranked import RATIO, SPEED
from harness.report.words.sentences import TOO_FEW, best, scope

Row = Mapping[Any, Any]

NAMED = 2  # of those that share a statement
EACH = 0.9  # connections for each image, from which on it is called one for each


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What to do where one workload is the reader's.

    Attributes:
        scope: what it asks, as one phrase.
        lines: label and statement; the labels are words of this module.
    """

    workload: str
    scope: str
    lines: tuple[tuple[str, str], ...]


def situations(tables: Tables, form: Format, *, brief: bool = False) -> list[Situation]:
    """One for each workload that has a ranked row.

    Args:
        brief: count what is equally fast, instead of naming some of it.
    """
    found = []
    for workload in tables.workloads.to_dict("records"):
        rows = tables.ranked[tables.ranked["workload"] == workload["workload"]].to_dict("records")
        ranked = [row for row in rows if row["state"] == "ranked" and not pd.isna(row["ratio_to_best"])]
        if ranked:
            lines = tuple(_lines(tables, workload, ranked, form, brief=brief))
            name = str(workload["workload"])
            found.append(Situation(workload=name, scope=scope(tables, name, form), lines=lines))
    return found


def overall(tables: Tables, form: Format) -> list[str]:
    """What holds in all workloads together; nothing where there is one."""
    found = []
    for row in tables.picks[tables.picks["scope"] == ALL].to_dict("records"):
        parts = {
            "variant": form.code(row_name(row)),
            "ratio": form.value(row["ratio_to_best"], "ratio"),
            "of": tables.metric.short,
            "best": best(tables.metric),
            "why": row["reason"],
        }
        if row["variant"] == NONE:
            found.append(form.phrase("{why}: choose by your workload", **parts))
        elif row["pick"] != SIMPLEST and row["ratio_to_best"] == 1:
            found.append(form.phrase("{variant} is {best} in every workload", **parts))
        else:
            template = {SIMPLEST: "{variant} is the simplest that is good enough in each"}.get(
                row["pick"], "{variant} is the best all-rounder"
            )
            found.append(form.phrase(template + ", at worst {ratio} the {of} of the best", **parts))
    if not found and len(tables.workloads) > 1:
        found.append(form.phrase("{why}: choose by your workload", why=NOT_IN_EACH))
    return list(dict.fromkeys(found))


def nothing(tables: Tables, form: Format) -> str:
    """Why there is no answer."""
    untested = (tables.summary["state"] == "untested").any()
    reasons = [TOO_FEW] if untested else tables.summary["reason"].dropna()
    why = next((str(text) for text in reasons), "nothing was measured")
    return form.phrase("No variant could be ranked: {why}.", why=why)


def causes(row: Row, workload: Row, form: Format) -> str:
    """Why a row is slow, as far as what was recorded tells; "" if it does not.

    Args:
        row: of ``tables.ranked``.
        workload: of ``tables.workloads``.
    """
    parts = {
        "in_flight": form.value(row[CLIENT_IN_FLIGHT.key], "count"),
        "asked": form.value(workload["asked_concurrency"], "count"),
    }
    opens = row[CONNECTIONS.key] >= EACH * workload["images"]
    found = ["a connection for each image"] if opens else []
    found += {
        limits.EXECUTOR: ["only the default executor's {in_flight} threads"],
        limits.IN_FLIGHT: ["only {in_flight} of the {asked} that were asked in flight"],
        limits.CPU: [] if opens else ["its own CPU is the limit"],
    }.get(row["limited_by"], [])
    return form.phrase(", and ".join(found), **parts)


def _lines(
    tables: Tables, workload: Row, ranked: Sequence[Row], form: Format, *, brief: bool
) -> Iterator[tuple[str, str]]:
    metric = tables.metric
    picks = {
        row["pick"]: row
        for row in tables.picks[tables.picks["scope"] == workload["workload"]].to_dict("records")
    }
    by_name = {row_name(row): row for row in ranked}
    first = by_name[row_name(picks[metric.best])]
    yield metric.best, _best(metric, first, ranked, form, brief=brief)
    simplest = by_name.get(row_name(picks[SIMPLEST]))
    if simplest is not None:
        yield "simplest", _simplest(metric, simplest, first, form)
    yield from (("avoid", text) for text in _avoid(metric, workload, ranked, form))
    baseline = next((row for row in ranked if row["is_baseline"]), None)
    if baseline is not None and len(ranked) > 1:  # beside nothing else there is nothing to change to
        yield "you have it", _keep(metric, baseline, first, ranked, form)


def _best(metric: Metric, first: Row, ranked: Sequence[Row], form: Format, *, brief: bool) -> str:
    others = [row for row in whole(ranked) if row is not first]
    ties = [row for row in others if row["band"] == 1] if first["band"] == 1 else []
    said = form.phrase(
        "{variant}, {value}", variant=form.code(row_name(first)), value=value_of(metric, first, form)
    )
    if not ties:
        return said
    are = "is" if len(ties) == 1 else "are"
    good = "equally fast" if metric.quantity == "time" else "equally good"
    names = form.phrase("{n} more", n=form.value(len(ties), "count")) if brief else _listed(ties, form)
    return form.phrase(f"{{said}}; {{names}} {are} {good}", said=said, names=names)


def value_of(metric: Metric, row: Row, form: Format) -> str:
    """What a row is ranked by, for people: of times the rate; and how many images it had, where some may fail."""
    if metric.quantity == "time":
        said = form.phrase("{rate} images/s", rate=estimate(form, row, SPEED))
    else:
        column = Column(key=metric.key, head=metric.short, unit=metric.unit, interval=True)
        said = form.phrase("{value} of {of}", value=estimate(form, row, column), of=metric.short)
    share: float = row[SUCCESS.key]
    if math.isnan(share):
        return said
    return form.phrase("{said} ({share} of all had)", said=said, share=form.value(share, "share"))


def _simplest(metric: Metric, row: Row, first: Row, form: Format) -> str:
    parts = {
        "variant": form.code(row_name(row)),
        "value": value_of(metric, row, form),
        "lines": form.value(row["source_lines"], "count"),
        "packages": ", ".join(row["extra_packages"].split()),
    }
    needs = "no further package" if row["extra_packages"] == NONE else "needs {packages}"
    what = "the same one" if row is first else "{variant}, {value}"
    return form.phrase(f"{what}; {{lines}} lines of code, {needs}", **parts)


def _avoid(metric: Metric, workload: Row, ranked: Sequence[Row], form: Format) -> Iterator[str]:
    """One statement for each cause."""
    groups: dict[str, list[Row]] = {}
    for row in ranked:
        if behind(row, metric) >= AVOID:
            groups.setdefault(causes(row, workload, form), []).append(row)
    for cause, rows in groups.items():
        yield _warned(metric, cause, rows, form)
    if lost := [row for row in ranked if not _is_whole(row, ranked)]:
        yield form.phrase("{names}: lost images that others had", names=_listed(lost, form))


def _is_whole(row: Row, ranked: Sequence[Row]) -> bool:
    return any(row is other for other in whole(ranked))


def _warned(metric: Metric, cause: str, rows: Sequence[Row], form: Format) -> str:
    ends = sorted((row["ratio_to_best"] for row in rows), key=metric.worsening)
    parts = {
        "names": _listed(rows, form),
        "least": form.value(ends[0], "ratio"),
        "most": form.value(ends[-1], "ratio"),
        "of": metric.short,
        "cause": cause,
    }
    much = "{least} to {most} the {of}" if len(rows) > 1 else "{least} the {of}"
    return form.phrase("{names}: " + much + (": {cause}" if cause else ""), **parts)


def _keep(metric: Metric, baseline: Row, first: Row, ranked: Sequence[Row], form: Format) -> str:
    """What who has the baseline should do."""
    parts = {
        "baseline": form.code(row_name(baseline)),
        "ratio": form.value(baseline["ratio_to_best"], "ratio"),
        "of": metric.short,
    }
    if baseline is first:
        said = form.phrase("keep {baseline}: nothing is better", **parts)
    elif not _is_whole(baseline, ranked):
        said = form.phrase("{baseline} lost images that others had: a change pays", **parts)
    elif behind(baseline, metric) <= GOOD_ENOUGH:
        said = form.phrase("keep {baseline}: {ratio} the {of} of the best", **parts)
    elif behind(baseline, metric) <= AVOID:
        said = form.phrase(
            "{baseline} takes {ratio} the {of} of the best: keep it unless that matters", **parts
        )
    else:
        said = form.phrase("{baseline} takes {ratio} the {of} of the best: a change pays", **parts)
    unsized = next(
        (
            row
            for row in ranked
            if row["client"] == baseline["client"]
            and row["limited_by"] == limits.EXECUTOR
            and metric.worsening(row["ratio"]) > GOOD_ENOUGH  # which NaN is not
        ),
        None,
    )
    if unsized is None:
        return said
    return form.phrase(
        "{said}. Size the pool: the default executor's {threads} threads take {ratio} the {of}",
        said=said,
        threads=form.value(unsized[CLIENT_IN_FLIGHT.key], "count"),
        ratio=estimate(form, unsized, RATIO),
        of=metric.short,
    )


def _listed(rows: Sequence[Row], form: Format) -> str:
    names = [form.code(row_name(row)) for row in rows[:NAMED]]
    places = [f"{{name_{place}}}" for place in range(len(names))]
    more = " and others" if len(rows) > NAMED else ""
    joined = ", ".join(places) if more or len(places) < 2 else f"{', '.join(places[:-1])} and {places[-1]}"  # noqa: PLR2004 - two are joined by "and"
    return form.phrase(joined + more, **{f"name_{place}": name for place, name in enumerate(names)})
