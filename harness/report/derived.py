"""All derived files of a run: a ledger in, file name -> bytes out. The same ledger gives the same bytes."""

import re
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO

import pandas as pd

from harness.ledger import Ledger
from harness.report import markdown, primitives
from harness.report.csvs import to_csv
from harness.report.drawings.charts import render
from harness.report.drawings.style import looks
from harness.report.figures.figure import ReportFigure
from harness.report.figures.of_run import of_host, of_run
from harness.report.figures.of_workload import of_workload
from harness.report.frames.audit import is_unfinished
from harness.report.frames.tables import Tables
from harness.report.page.build import page


def build(ledger: Ledger, tables: Tables) -> Mapping[str, bytes]:
    """Make every file."""
    slugs = slugs_of([str(name) for name in tables.workloads["workload"]])
    shown = [figure for workload, slug in slugs.items() for figure in of_workload(tables, workload, slug)]
    shown += [*of_run(ledger, tables), *of_host(tables), *_primitives(ledger.primitives)]
    look = looks(ledger.run.contenders, ledger.run.plan.variants)
    pictures = {figure.name: render(figure.draw, figure.frame, look, figure.title) for figure in shown}
    files = {name: to_csv(frame) for name, frame in tables.files.items()}
    files |= {f"charts/{name}.svg": picture for name, picture in pictures.items()}
    unfinished = is_unfinished(ledger)
    files["report.md"] = markdown.report(ledger, tables, unfinished=unfinished)
    files["report.html"] = page(ledger, tables, slugs, shown, pictures, look, unfinished=unfinished)
    return files


def _primitives(data: bytes | None) -> Iterator[ReportFigure]:
    """The figures of the primitives that the run quotes; none without them."""
    if data is not None:
        yield from primitives.figures(pd.read_csv(BytesIO(data), keep_default_na=False, na_values=[""]))


def slugs_of(names: Sequence[str]) -> dict[str, str]:
    """Name -> a name that is safe in a path and an address, and unique among these."""
    found: dict[str, str] = {}
    for name in names:
        slug = re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-")[:64] or "workload"
        while slug in found.values():
            slug += "-2"
        found[name] = slug
    return found
