"""Claims that differ by Python or by machine: the lesson knows which, and says when it is wrong."""

import asyncio
import concurrent.futures
import os
import runpy
from typing import Any

import pytest

from harness.commands.lessons import FOLDER


def load(name: str) -> dict[str, Any]:
    return runpy.run_path(str(FOLDER / f"{name}.py"))


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ((3, 11, 1), "DeprecationWarning"),
        ((3, 11, 7), "silence"),
        ((3, 12, 1), "DeprecationWarning"),
        ((3, 13, 0), "DeprecationWarning"),
        ((3, 14, 0), "RuntimeError"),
    ],
)
def test_get_event_loop_knows_its_python(version: tuple[int, ...], expected: str) -> None:
    assert load("get_event_loop")["expected"](version) == expected


@pytest.mark.parametrize(("cpus", "ceiling"), [(1, 5), (2, 6), (28, 32), (60, 32)])
def test_the_ceiling_follows_the_cpus(monkeypatch: pytest.MonkeyPatch, cpus: int, ceiling: int) -> None:
    for name in ("cpu_count", "process_cpu_count"):
        monkeypatch.setattr(os, name, lambda: cpus, raising=False)

    held, _, figures = load("default_executor_ceiling")["observe"]()

    assert held
    assert (figures["cpus"], figures["default_peak_threads"]) == (cpus, ceiling)


def test_the_ceiling_does_not_hold_where_the_executor_has_another(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("cpu_count", "process_cpu_count"):
        monkeypatch.setattr(os, name, lambda: 2, raising=False)

    class Larger(concurrent.futures.ThreadPoolExecutor):
        def __init__(self, max_workers: int = 10, **options: Any) -> None:
            super().__init__(max_workers, **options)

    monkeypatch.setattr(concurrent.futures, "ThreadPoolExecutor", Larger)

    held, happened, figures = load("default_executor_ceiling")["observe"]()

    assert not held
    assert figures["ceiling_threads"] == 6
    assert figures["default_peak_threads"] == 10
    assert "ceiling should be 6; 10 of 64 jobs" in happened


def test_loading_a_lesson_starts_no_loop() -> None:
    for path in FOLDER.glob("*.py"):
        runpy.run_path(str(path))
    with pytest.raises(RuntimeError, match="no running event loop"):
        asyncio.get_running_loop()
