"""The page: tables and figures in, one self-contained HTML file out. It asks nothing of any network and needs no script."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pandas as pd
from markupsafe import Markup

from harness.ledger import Ledger
from harness.model import ALL, NONE, Contender
from harness.report import frames, ranked, sentences
from harness.report.charts import row_name
from harness.report.figures import ReportFigure
from harness.report.formats import HTML, Column, cell
from harness.report.page.template import fill
from harness.report.sources import files_of
from harness.report.tables import Tables

# These stand for themselves in a data URI: a third of the size of base64.
SAFE_IN_URI = " /?:@!$'()*+,;=-._~<>{}[]|^"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Text of a table's cell."""

    html: str
    is_number: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A table's row and what filters and folds need of it."""

    cells: Sequence[Cell]
    variant: str
    is_baseline: bool
    state: str
    band: str
    reason: str
    notes: str
    source: Sequence[Contender]
    source_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One workload."""

    slug: str
    name: str
    scope: str
    rows: Sequence[Row]
    figures: Sequence[ReportFigure]


def page(
    ledger: Ledger,
    tables: Tables,
    sections: Mapping[str, str],
    figures: Sequence[ReportFigure],
    pictures: Mapping[str, bytes],
    *,
    unfinished: bool,
) -> bytes:
    """Make ``report.html``.

    Args:
        sections: workload -> slug.
        figures: all, in order.
        pictures: name of a figure -> its SVG.
    """
    return fill(
        "report.html.j2",
        value=HTML.value,
        table_of=_plain_table,
        title=sentences.title,
        name_of=row_name,
        uri=lambda name: Markup(data_uri(pictures[name])),  # noqa: S704 - percent-encoded
        run=ledger.run,
        answer=sentences.answer(tables, HTML),
        cautions=sentences.cautions(tables, HTML, unfinished=unfinished),
        picks=[
            {"row": row, "name": row_name(row), "why": sentences.reason(row, HTML, tables.metric)}
            for row in _first_scope(tables).to_dict("records")
        ],
        all_picks=tables.picks.to_dict("records"),
        rules=sentences.rules(HTML, tables.metric),
        columns=ranked.columns(tables.metric),
        best=sentences.best(tables.metric),
        sections=_sections(ledger, tables, sections, figures),
        overview=[
            figure
            for figure in figures
            if figure.workload is None and figure.kind != "host" and not figure.kind.startswith("primitives-")
        ],
        lessons=ledger.lessons,
        primitives=[figure for figure in figures if figure.kind.startswith("primitives-")],
        host=[figure for figure in figures if figure.kind == "host"],
        axes={
            axis: sorted({getattr(variant, axis) or NONE for variant in ledger.run.plan.variants})
            for axis in ("concurrency", "client", "loop")
        },
        audit=_audit(tables),
        facts={str(kind): of.to_dict("records") for kind, of in tables.facts.groupby("kind", sort=False)},
        csvs=sorted(tables.files),
        failures=tables.passes[tables.passes["reason"].notna()].to_dict("records"),
        skipped=ledger.run.plan.skipped,
        unavailable=[variant for variant in ledger.run.plan.variants if variant.unavailable],
    )


FAMILY = "'DejaVu Sans', sans-serif"  # of every text in a chart: said once for the whole


def data_uri(svg: bytes) -> str:
    """An SVG as a data URI that may stand in a double-quoted attribute, without what no reader of the page would miss."""
    bare = re.sub(
        r"<metadata>.*?</metadata>|<!DOCTYPE.*?>|<\?xml.*?\?>|<!--.*?-->", "", svg.decode(), flags=re.DOTALL
    )
    bare = re.sub(r"<[^>]*>", lambda tag: _slim(tag[0]), bare)
    bare = bare.replace("<svg ", "<svg style='font-family: DejaVu Sans, sans-serif' ", 1)
    return "data:image/svg+xml," + quote(re.sub(r"\s+", " ", bare).strip(), safe=SAFE_IN_URI)


def _slim(tag: str) -> str:
    """Two decimals of a point are finer than a screen; names of groups and turns by nothing serve nobody here."""
    if tag.startswith("<g "):
        tag = re.sub(r' id="\w+?_\d+"', "", tag)
    tag = re.sub(rf"font: (\d+(?:\.\d+)?px) {FAMILY}", r"font-size: \1", tag).replace(
        f"font-family: {FAMILY};", ""
    )
    tag = re.sub(r' transform="rotate\(-?0 [^)]*\)"', "", tag).replace("'", "").replace('"', "'")
    return re.sub(r"(\.\d\d)\d+", r"\1", tag)


def _first_scope(tables: Tables) -> pd.DataFrame:
    return (
        tables.picks[tables.picks["scope"] == tables.picks["scope"].iloc[0]]
        if len(tables.picks)
        else tables.picks
    )


def _files(ledger: Ledger, row: Mapping[Any, Any]) -> list[Contender]:
    return files_of(ledger, frames.axes_of(ledger)[row["variant"]])


def _sections(
    ledger: Ledger, tables: Tables, slugs: Mapping[str, str], figures: Sequence[ReportFigure]
) -> list[Section]:
    """One for each workload; the source of a variant is printed in the first, and linked to from the others."""
    printed: dict[str, str] = {}
    found = []
    for workload, slug in slugs.items():
        of = tables.ranked[tables.ranked["workload"] == workload]
        found.append(
            Section(
                slug=slug,
                name=workload,
                scope=sentences.scope(tables, workload, HTML),
                rows=[
                    _row(ledger, row, f"{slug}-{place}", printed, ranked.columns(tables.metric))
                    for place, row in enumerate(of.to_dict("records"))
                ],
                figures=[figure for figure in figures if figure.workload == workload],
            )
        )
    return found


def _row(
    ledger: Ledger, row: dict[Any, Any], place: str, printed: dict[str, str], columns: Sequence[Column]
) -> Row:
    is_new = printed.setdefault(row["variant"], place) == place
    return Row(
        cells=[_cell(ranked.text(HTML, row, column), column) for column in columns],
        variant=row["variant"],
        is_baseline=bool(row["is_baseline"]),
        state=row["state"],
        band="" if pd.isna(row["band"]) else "even" if row["band"] % 2 == 0 else "odd",
        reason=_text(row["reason"]),
        notes=_text(row["notes"]),
        source=_files(ledger, row) if is_new else (),
        source_at=printed[row["variant"]],
    )


def _cell(html: str, column: Column) -> Cell:
    return Cell(html=html, is_number=column.unit is not None)


def _plain_table(frame: pd.DataFrame, columns: Sequence[Column]) -> list[Row]:
    """Rows of a data table; those of variants can be filtered too."""
    return [
        Row(
            cells=[_cell(cell(HTML, row, column), column) for column in columns],
            variant=str(row.get("variant", "")),
            is_baseline=row.get("is_baseline") is True,
            state="",
            band="",
            reason="",
            notes="",
            source=(),
            source_at="",
        )
        for row in frame.to_dict("records")
    ]


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
                "usual": bool(of["usual"].all()),
                "variants": sorted(set(of["variant"])),
            }
            for (fact, value), of in groups
        ],
        "notes": tables.notes[tables.notes["workload"] != ALL].to_dict("records"),
        "host_notes": tables.notes[tables.notes["workload"] == ALL].to_dict("records"),
        "selfcheck": tables.selfcheck.to_dict("records"),
        "margin": tables.effects["margin"].max(),
    }


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
