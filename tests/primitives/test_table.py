"""The table of the primitives, from records typed here by hand."""

from typing import Any

import pytest

from harness.model import HarnessError
from harness.report.primitives import charts, figures, table


def benchmark(primitive: str, loop: str, median: float, **extra: Any) -> dict[str, Any]:
    return {
        "group": extra.pop("group", "giving_way"),
        "stats": {"min": 0.9 * median, "q1": median, "median": median, "q3": 1.1 * median, "rounds": 5},
        "extra_info": {"primitive": primitive, "loop": loop, "size": 1, "operations": 1_000} | extra,
    }


def record(*benchmarks: dict[str, Any]) -> dict[str, Any]:
    return {"machine_info": {"python_version": "3.12.1"}, "benchmarks": list(benchmarks)}


def test_the_cost_of_one_operation() -> None:
    frame = table(record(benchmark("sleep(0)", "uvloop", 0.25), benchmark("sleep(0)", "asyncio", 0.5)))

    assert list(frame["loop"]) == ["asyncio", "uvloop"]
    assert list(frame["per_operation_s"]) == [0.0005, 0.00025]
    assert list(frame["operations_per_s"]) == [2_000, 4_000]
    assert list(frame["python"]) == ["3.12.1", "3.12.1"]
    assert frame["longest_stall_s"].isna().all()


def test_the_csv_has_its_columns_whatever_was_measured() -> None:
    assert list(table(record(benchmark("sleep(0)", "trio", 1.0))).columns) == [
        "group",
        "primitive",
        "loop",
        "size",
        "operations",
        "rounds",
        "min_s",
        "q1_s",
        "median_s",
        "q3_s",
        "per_operation_s",
        "operations_per_s",
        "longest_stall_s",
        "queue_wait_p50_s",
        "queue_wait_max_s",
        "python",
    ]


def test_other_benchmarks_are_left_out() -> None:
    other = benchmark("x", "asyncio", 1.0) | {"extra_info": {}}

    assert len(table(record(other, benchmark("sleep(0)", "trio", 1.0)))) == 1
    with pytest.raises(HarnessError, match="holds no primitives"):
        table(record(other))


def test_the_same_table_gives_the_same_bytes() -> None:
    frame = table(
        record(
            benchmark("gather", "asyncio", 1.0, group="together"),
            benchmark("sleep(0)", "asyncio", 0.5),
            benchmark("computing, giving way", "asyncio", 1.0, size=20, longest_stall_s=0.002),
            benchmark("computing, never giving way", "asyncio", 1.0, size=20, longest_stall_s=0.04),
            benchmark("submit", "none", 1.0, group="executor_filling", size=8, queue_wait_p50_s=0.002),
        )
    )

    assert charts(frame) == charts(frame)


def test_what_no_log_axis_can_show_is_left_out_of_the_charts_alone() -> None:
    frame = table(
        record(
            benchmark("gather", "asyncio", 1.0, group="together", size=3),
            benchmark("no size", "asyncio", 1.0, group="together", size=0),
            benchmark("no loop of ours", "gevent", 1.0, size=1),
        )
    ).assign(longest_stall_s=0.0, queue_wait_p50_s="a while")

    assert len(frame) == 3
    [together] = figures(frame)
    assert together.name == "primitives-together"
    assert list(together.frame["primitive"]) == ["gather"]
    assert set(charts(frame)) == {"primitives-together.svg"}
