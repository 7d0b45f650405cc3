"""The page: tables and figures in, one self-contained HTML file out. It asks nothing of any network and needs no script."""

import functools
import itertools
import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from markupsafe import Markup

from harness.ledger import Ledger
from harness.metrics import CLOSING, DOWNLOADING, OPENING, WALL
from harness.model import ALL, NONE
from harness.outcomes import MEASURED
from harness.report.drawings.style import Look
from harness.report.figures.figure import VARIANT, ReportFigure
from harness.report.frames.answer import GOOD_ENOUGH
from harness.report.frames.tables import Tables
from harness.report.page.first import heat_rows, pairs_json
from harness.report.page.legend import legend
from harness.report.page.pictures import data_uri
from harness.report.page.rows import RankedRows, Row, breakable, plain_rows
from harness.report.page.strips import Race, strips
from harness.report.page.template import fill
from harness.report.words import ranked, sentences, situations
from harness.report.words.formats import HTML, Column, row_name

MOST_BYTES = 2_000_000  # of a page that is mailed and attached
# Of what stands in files beside the page, too: what a page that is too long leaves out, the least missed first.
LEFT_OUT: tuple[frozenset[str], ...] = (
    frozenset(),
    frozenset({"completion", "latency"}),
    frozenset({"cost", "factors"}),
    frozenset({"ranking"}),
    frozenset({"data tables"}),
    frozenset({"pairs"}),
)
PHASES = (
    VARIANT,
    Column(key=WALL.key, head="whole pass", unit="s"),
    Column(key=OPENING.key, head="opening", unit="s"),
    Column(key=DOWNLOADING.key, head="downloading", unit="s"),
    Column(key=CLOSING.key, head="closing", unit="s"),
    Column(key="latency_p50_s", head="one image (p50)", unit="s"),
    Column(key="queued_share", head="of it queued, at least", unit="share"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One workload."""

    slug: str
    name: str
    scope: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    phases: Sequence[Row]
    figures: Sequence[ReportFigure]
    race: Race | None


def page(
    ledger: Ledger,
    tables: Tables,
    slugs: Mapping[str, str],
    figures: Sequence[ReportFigure],
    pictures: Mapping[str, bytes],
    looks: Mapping[str, Look],
    *,
    unfinished: bool,
) -> bytes:
    """Make ``report.html``.

    Args:
        slugs: workload -> slug.
        figures: all, in order.
        pictures: name of a figure -> its SVG.
        looks: variant id -> look.
    """
    render = functools.partial(
        fill,
        "report.html.j2",
        value=HTML.value,
        table_of=plain_rows,
        title=sentences.title,
        name_of=row_name,
        uri=functools.cache(lambda name: Markup(data_uri(pictures[name]))),  # noqa: S704 - percent-encoded
        breakable=breakable,
        run=ledger.run,
        machine=sentences.machine(tables, HTML),
        situations=situations.situations(tables, HTML),
        nothing=situations.nothing(tables, HTML),
        overall=situations.overall(tables, HTML),
        cautions=sentences.cautions(tables, HTML, unfinished=unfinished),
        slugs=slugs,
        heat=heat_rows(tables) if len(slugs) > 1 else [],
        pairs=pairs_json(tables, slugs),
        picks=tables.picks.to_dict("records"),
        rules=sentences.rules(HTML, tables.metric),
        metric=tables.metric,
        best=sentences.best(tables.metric),
        good_enough=GOOD_ENOUGH,
        sections=_sections(ledger, tables, slugs, figures, looks),
        legend=legend(ledger.run.plan.variants, looks),
        overview=[
            figure
            for figure in figures
            if figure.workload is None and figure.kind != "host" and not figure.kind.startswith("primitives-")
        ],
        lessons=ledger.lessons,
        primitives=[figure for figure in figures if figure.kind.startswith("primitives-")],
        host=[figure for figure in figures if figure.kind == "host"],
        phases=PHASES,
        axes={
            axis: sorted({getattr(variant, axis) or NONE for variant in ledger.run.plan.variants})
            for axis in ("concurrency", "client", "loop")
        },
        names=list(dict.fromkeys(map(row_name, tables.ranked.to_dict("records")))),
        audit=_audit(tables),
        facts={str(kind): rows.to_dict("records") for kind, rows in tables.facts.groupby("kind", sort=False)},
        csvs=sorted(tables.files),
        failures=tables.passes[tables.passes["reason"].notna()].to_dict("records"),
        skipped=ledger.run.plan.skipped,
        unavailable=[variant for variant in ledger.run.plan.variants if variant.unavailable],
    )
    for left_out in itertools.accumulate(LEFT_OUT, operator.or_):
        html = render(left_out=left_out)
        if len(html) <= MOST_BYTES:
            break
    return html


def _sections(
    ledger: Ledger,
    tables: Tables,
    slugs: Mapping[str, str],
    figures: Sequence[ReportFigure],
    looks: Mapping[str, Look],
) -> list[Section]:
    """One for each workload."""
    asked = tables.workloads.set_index("workload")["asked_concurrency"]
    made = RankedRows(ledger, int(asked.iloc[0]))
    found = []
    for workload, slug in slugs.items():
        rows = tables.ranked[tables.ranked["workload"] == workload].to_dict("records")
        columns = ranked.told(ranked.columns(tables.metric), rows)
        own = [figure for figure in figures if figure.workload == workload]
        races = [strips(figure.frame, looks) for figure in own if figure.kind == "race"]
        found.append(
            Section(
                slug=slug,
                name=workload,
                scope=sentences.scope(tables, workload, HTML),
                columns=columns,
                rows=made.of(slug, rows, columns),
                phases=plain_rows(_measured(rows), PHASES),
                figures=own,
                race=races[0] if races else None,
            )
        )
    return found


def _measured(rows: Sequence[Mapping[Any, Any]]) -> pd.DataFrame:
    return pd.DataFrame([{**row, "name": row_name(row)} for row in rows if row["state"] in MEASURED])


def _audit(tables: Tables) -> dict[str, Any]:
    """What the validity section shows beside the figures."""
    server = tables.ranked[tables.ranked["server_core_share"].notna()]
    server = server.assign(name=[row_name(row) for row in server.to_dict("records")])
    busiest = server.sort_values("server_core_share", ascending=False).drop_duplicates("workload")
    unlike = tables.parity[tables.parity.groupby(["workload", "fact"])["value"].transform("nunique") > 1]
    groups = unlike.groupby(["fact", "value"], sort=True)
    return {
        "server": busiest.to_dict("records"),
        "ceilings": tables.workloads.set_index("workload")["ceiling_requests_per_s"].to_dict(),
        "parity": [
            {
                "fact": fact,
                "value": value,
                "usual": bool(cells["usual"].all()),
                "variants": sorted(set(cells["variant"])),
            }
            for (fact, value), cells in groups
        ],
        "notes": tables.notes[tables.notes["workload"] != ALL].to_dict("records"),
        "host_notes": tables.notes[tables.notes["workload"] == ALL].to_dict("records"),
        "selfcheck": tables.selfcheck.to_dict("records"),
        "margin": tables.effects["margin"].max(),
    }
