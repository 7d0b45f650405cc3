"""The primitives' figures: the JSON of pytest-benchmark in, a tidy CSV out; that CSV in, charts out. It opens no file.

One row is one benchmark. Times are seconds; ``per_operation_s`` is the median of the rounds divided by the operations
of one round, and figures that only some benchmarks have (``longest_stall_s``, ``queue_wait_p50_s``) are empty elsewhere.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from harness.model import HarnessError
from harness.report.drawings import primitives
from harness.report.drawings.charts import render
from harness.report.figures.figure import ReportFigure
from harness.report.words.formats import Column

KEYS = ("group", "primitive", "loop", "size", "operations", "rounds")
STATS = ("min", "q1", "median", "q3")
FIGURES = ("longest_stall_s", "queue_wait_p50_s", "queue_wait_max_s")
COLUMNS = (*KEYS, *(f"{name}_s" for name in STATS), "per_operation_s", "operations_per_s", *FIGURES)
LADDER_GROUPS = ("awaitables", "giving_way", "dispatch", "starting")

NAMED = (Column(key="primitive", head="primitive", unit=None), Column(key="loop", head="loop", unit=None))
SIZE = Column(key="size", head="together", unit="count")
EACH = Column(key="per_operation_s", head="each", unit="s")
STALL = Column(key="longest_stall_s", head="longest wait of a neighbour", unit="s")
QUEUE = Column(key="queue_wait_p50_s", head="median wait for a thread", unit="s")


def table(record: Mapping[str, Any]) -> pd.DataFrame:
    """Return one row per benchmark, sorted.

    Args:
        record: what ``pytest --benchmark-json`` wrote, parsed.

    Raises:
        HarnessError: it holds no benchmark of ``benchmarks/primitives``.
    """
    rows = [_row(benchmark) for benchmark in record["benchmarks"] if "primitive" in benchmark["extra_info"]]
    if not rows:
        raise HarnessError(
            "the pytest-benchmark JSON holds no primitives; run benchmarks/primitives", exit_code=5
        )
    frame = pd.DataFrame(rows).reindex(columns=COLUMNS).sort_values(list(KEYS[:4]), ignore_index=True)
    return frame.assign(python=record["machine_info"]["python_version"])


def _row(benchmark: Mapping[str, Any]) -> dict[str, Any]:
    stats, extra = benchmark["stats"], benchmark["extra_info"]
    per_operation_s = stats["median"] / extra["operations"]
    return {
        "group": benchmark["group"],
        "rounds": stats["rounds"],
        **{f"{name}_s": stats[name] for name in STATS},
        **extra,
        "per_operation_s": per_operation_s,
        "operations_per_s": 1 / per_operation_s,
    }


def charts(frame: pd.DataFrame) -> dict[str, bytes]:
    """Draw what the table holds; file name -> bytes of each chart."""
    return {
        f"{figure.name}.svg": render(figure.draw, figure.frame, {}, figure.title) for figure in figures(frame)
    }


def figures(frame: pd.DataFrame) -> Iterator[ReportFigure]:
    """Yield the figures of a table (see ``table``), also of one read from its CSV; one without rows is left out."""
    python = frame["python"].iloc[0]
    rows = _drawable(frame)
    shown = (
        (
            "together",
            "Coroutines together: what each one costs",
            rows[(rows["group"] == "together") & (rows["size"] > 0)],
            (SIZE, EACH),
            primitives.together,
        ),
        (
            "ladder",
            "What one use of a primitive costs",
            rows[rows["group"].isin(LADDER_GROUPS) & (rows["size"] <= 1)],
            (EACH,),
            primitives.ladder,
        ),
        (
            "waiting",
            "What waits when something blocks",
            rows[(rows["longest_stall_s"].notna() | rows["queue_wait_p50_s"].notna()) & (rows["size"] > 0)],
            (SIZE, STALL, QUEUE),
            primitives.waiting,
        ),
    )
    for name, title, found, columns, draw in shown:
        if not found.empty:
            yield ReportFigure(
                name=f"primitives-{name}",
                kind=f"primitives-{name}",
                title=f"{title} (Python {python})",
                frame=found,
                table=found,
                columns=(*NAMED, *columns),
                csv="primitives.csv",
                draw=draw,
            )


def _drawable(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of loops that have a colour, with positive finite times: what a log axis can show."""
    times = [name for name in COLUMNS if name.endswith("_s")]
    numbers = frame.reindex(columns=["size", "operations", *times]).apply(pd.to_numeric, errors="coerce")
    positive = numbers.where((numbers > 0) & (numbers < float("inf"))).assign(size=numbers["size"])
    rows = frame.reindex(columns=["group", "primitive", "loop"]).join(positive)
    needed = ["primitive", "size", "operations", "q1_s", "q3_s", "per_operation_s"]
    rows = rows[rows["loop"].isin(primitives.LOOPS)].dropna(subset=needed)
    return rows.assign(primitive=rows["primitive"].astype(str))
