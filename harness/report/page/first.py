"""What the page shows first, and what its script compares: the heat map of variants and workloads, and all pairs of rows."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from markupsafe import Markup

from harness.metrics import Metric
from harness.model import NONE
from harness.report.csvs import written
from harness.report.frames.answer import behind
from harness.report.frames.tables import Tables
from harness.report.words.formats import HTML, row_name
from harness.text import printable

LEAST_SPAN = 1.1  # times the best: where all are nearer, none is shown as slow


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatCell:
    """One variant in one workload.

    Attributes:
        html: ratio to the best.
        behind: the same, turned so that above 1 is worse, as text; "" where it is not ranked.
        heat: 0 for the best, 1 for the worst of the map; on a log scale.
    """

    html: str
    behind: str = ""
    heat: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatRow:
    """One variant in all workloads, with what makes it simple."""

    name: str
    variant: str
    is_baseline: bool
    packages: int
    lines: int
    cells: tuple[HeatCell, ...]


def heat_rows(tables: Tables) -> list[HeatRow]:
    """Those that are ranked in any workload: in most of them first, then by where they are worst."""
    by_variant: dict[str, dict[str, Mapping[Any, Any]]] = {}
    for row in tables.ranked.to_dict("records"):
        if row["state"] == "ranked" and not pd.isna(row["ratio_to_best"]):
            by_variant.setdefault(row_name(row), {})[row["workload"]] = row
    worst = {
        name: max(behind(row, tables.metric) for row in by_workload.values())
        for name, by_workload in by_variant.items()
    }
    span = math.log(max([LEAST_SPAN, *worst.values()]))
    workloads = list(tables.workloads["workload"])
    return [
        _heat_row(name, by_variant[name], workloads, tables.metric, span)
        for name in sorted(by_variant, key=lambda name: (-len(by_variant[name]), worst[name], name))
    ]


def _heat_row(
    name: str, rows: Mapping[str, Mapping[Any, Any]], workloads: list[str], metric: Metric, span: float
) -> HeatRow:
    first = next(iter(rows.values()))
    return HeatRow(
        name=name,
        variant=first["variant"],
        is_baseline=bool(first["is_baseline"]),
        packages=0 if first["extra_packages"] == NONE else len(first["extra_packages"].split()),
        lines=int(first["source_lines"]),
        cells=tuple(
            HeatCell(
                html=HTML.value(rows[workload]["ratio_to_best"], "ratio"),
                behind=written(behind(rows[workload], metric)),
                heat=math.log(max(1.0, behind(rows[workload], metric))) / span,
            )
            if workload in rows
            else HeatCell(html="–")
            for workload in workloads
        ),
    )


def pairs_json(tables: Tables, slugs: Mapping[str, str]) -> Markup:
    """Slug -> names in ranked order, and of each pair (first above second): ratio, its interval, whether told apart.

    Four digits are what is shown, and a pair is the rest of a triangle: so all pairs of sixty rows take some 50 KB.
    """
    found: dict[str, Any] = {}
    for workload, slug in slugs.items():
        rows = tables.pairs[tables.pairs["workload"] == workload]
        names: dict[str, int] = {}
        listed = []
        for row in rows.to_dict("records"):
            ends = (row_name(row), row_name({"variant": row["other_variant"], "side": row["other_side"]}))
            places = [names.setdefault(printable(name), len(names)) for name in ends]
            figures = [_short(row[key]) for key in ("ratio", "ratio_low", "ratio_high")]
            listed.append([*places, *figures, int(row["told_apart"])])
        found[slug] = {"names": list(names), "pairs": listed}
    text = json.dumps(found, separators=(",", ":"), ensure_ascii=True)
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704 - nothing in it can end the script that holds it


def _short(value: float) -> float | None:
    return None if math.isnan(value) else float(f"{value:.4g}")
