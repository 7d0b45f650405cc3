"""Apache Otava's configuration and CSV files: one test and one file per series, for ``otava analyze``.

Otava wants a number in every row, so cells that were not measured in every run cannot share a table.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from harness.metrics import TIME_PER_IMAGE
from harness.report.csvs import written
from harness.report.derived import slugs_of
from harness.stats.trend import Point, series_of

METRIC = TIME_PER_IMAGE.key


def export(points: Iterable[Point]) -> dict[str, bytes]:
    """``otava.yaml`` and a CSV per series; file names in it are relative to its folder."""
    series = {
        cell: [point for point in found if point.value is not None]
        for cell, found in series_of(points, TIME_PER_IMAGE).items()
    }
    series = {cell: found for cell, found in series.items() if found}
    slugs = slugs_of([cell.id for cell in series])
    files = {"otava.yaml": ("\n".join(["tests:", *_tests(slugs)]) + "\n").encode()}
    return files | {f"{slugs[cell.id]}.csv": _csv(found) for cell, found in series.items()}


def _tests(slugs: dict[str, str]) -> Iterator[str]:
    for slug in slugs.values():
        yield f"  {json.dumps(slug)}:"
        yield "    type: csv"
        yield f"    file: {json.dumps(slug + '.csv')}"
        yield "    time_column: time"
        yield "    attributes: [commit, run]"
        yield "    metrics:"
        yield f"      {json.dumps(slug + '.' + METRIC)}:  # unlike those of other tests, as `otava validate` wants it"
        yield "        column: time_per_image_s"
        yield "        direction: -1"


def _csv(series: Iterable[Point]) -> bytes:
    rows = ["time,commit,run,time_per_image_s"]
    for point in series:
        moment = datetime.fromtimestamp(point.created_at, UTC).isoformat(timespec="seconds")
        rows.append(f"{moment},{point.commit},{point.run},{written(point.value or 0.0)}")
    return ("\n".join(rows) + "\n").encode()
