"""The ranked table for people: the same columns and texts in the terminal, in Markdown and on the page."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from harness.metrics import CLIENT_CPU, CONNECTIONS, PEAK_RSS, RATE, SERVER_IN_FLIGHT, SUCCESS, Metric
from harness.report.words.formats import HTML, Column, Format, cell, row_name

SPEED = Column(key=RATE.key, head="images/s", unit="", interval=True, help="geometric mean, 95 % interval")
RATIO = Column(key="ratio", head="ratio", unit="ratio", interval=True)
_COLUMNS: tuple[Column, ...] = (  # the most telling first: where there is little room, the last are left out
    Column(key="rank", head="rank", unit="count", help="rows that share a rank cannot be told apart"),
    Column(key="name", head="variant", unit=None, help="concurrency / client / loop"),
    SPEED,
    Column(
        key=SUCCESS.key, head="had", unit="share", help="of the images asked, those that came and are right"
    ),
    RATIO,
    Column(
        key="verdict",
        head="verdict",
        unit=None,
        help="against the margin; undecided: no difference shown, more rounds may tell",
    ),
    Column(
        key="limited_by",
        head="limited by",
        unit=None,
        help="what it uses most of what there is, and its share",
    ),
    Column(
        key="ideal_share",
        head="of ideal",
        unit="share",
        help="least time that the round trips, the line and the server allow, over the time taken",
    ),
    Column(
        key=SERVER_IN_FLIGHT.key,
        head="in flight",
        unit="count",
        help="most at one time, as the server saw it",
    ),
    Column(
        key=CONNECTIONS.key, head="connections", unit="count", help="opened per pass, as the server saw it"
    ),
    Column(key="latency_p50_s", head="p50", unit="s", help="latency per image, closed loop"),
    Column(key="latency_p99_s", head="p99", unit="s", help="latency per image, closed loop"),
    Column(key=CLIENT_CPU.key, head="CPU/1,000", unit="s", help="CPU seconds of the client per 1,000 images"),
    Column(key=PEAK_RSS.key, head="memory", unit="bytes", help="peak resident memory of the client"),
    Column(key="source_lines", head="lines", unit="count", help="of code in its files"),
)
KEPT = 3  # columns that each table has: rank, name and speed
LAST = -2  # columns that have no room in Markdown


def columns(metric: Metric) -> tuple[Column, ...]:
    """The columns of a run that is judged by this metric."""
    ratio = replace(
        RATIO,
        head=f"{metric.short} vs baseline",
        help=f"{metric.label} over that of the baseline, paired by round; {metric.better} is better",
    )
    return tuple(ratio if column is RATIO else column for column in _COLUMNS)


def told(columns: Sequence[Column], rows: Sequence[Mapping[Any, Any]]) -> list[Column]:
    """Those of the columns of which any row has a value: what cannot be measured in a workload is no column there."""
    return [
        column
        for column in columns
        if column in _COLUMNS[:KEPT]
        or column.unit is None
        or any(not pd.isna(row.get(column.key)) for row in rows)
    ]


def text(form: Format, row: Mapping[Any, Any], column: Column) -> str:
    """One cell of a row of ``tables.ranked``."""
    if column.key == "limited_by" and not pd.isna(row["limit_share"]):
        share = form.value(row["limit_share"], "share")
        template = '{what} <span class="interval">{share}</span>' if form is HTML else "{what} ({share})"
        return form.phrase(template, what=row["limited_by"], share=share)
    said = cell(form, {**row, "name": row_name(row)}, column)
    is_tied = column.key == "rank" and not pd.isna(row["rank"]) and row["tied"] is True
    return form.phrase("{it}=", it=said) if is_tied else said
