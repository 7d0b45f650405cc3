"""The notebook: its cells run in their order on a run's CSVs, and its answers are those of the run.

They are run by this test and not by a kernel, whose packages are many; nothing in them asks for one.
"""

import ast
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.ci.sessions import ROOT
from tests.report.ledgers import VARIANTS, csvs_of, make_book

NOTEBOOK = json.loads((ROOT / "docs" / "questions.ipynb").read_text(encoding="utf-8"))


def run_cells(names: dict[str, Any]) -> list[Any]:
    """Run every code cell; return the value of each one's last line, None if that is no expression."""
    values = []
    for cell in NOTEBOOK["cells"]:
        if cell["cell_type"] != "code":
            continue
        tree = ast.parse("".join(cell["source"]))
        last = tree.body[-1]
        shown = None
        if isinstance(last, ast.Expr):
            tree.body.pop()
        exec(compile(tree, cell["id"], "exec"), names)  # noqa: S102 - the project's own notebook
        if isinstance(last, ast.Expr):
            shown = eval(compile(ast.Expression(last.value), cell["id"], "eval"), names)  # noqa: S307 - as above
        values.append(shown)
    return values


@pytest.fixture(scope="module")
def files() -> Mapping[str, bytes]:
    return csvs_of(make_book())


def test_its_three_answers_are_those_of_the_run(
    files: Mapping[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("docs", "results/latest"):
        (tmp_path / place).mkdir(parents=True)
    for name in ("summary.csv", "latency.csv"):
        (tmp_path / "results" / "latest" / name).write_bytes(files[name])
    monkeypatch.chdir(tmp_path / "docs")
    _, ties, best, stretch = run_cells({})
    text = files["summary.csv"].decode()
    first = [line for line in text.splitlines() if ",ranked,,1," in line]
    assert [*ties["workload"] + "," + ties["variant"]] == [",".join(line.split(",")[:2]) for line in first]
    # No row is lost to a loop that is none: each of the five variants has its place.
    assert int(best.notna().sum().sum()) == len(VARIANTS)
    assert {"none", "asyncio", "uvloop"} == set(best.columns)
    assert stretch["p99_over_p50"].gt(1).all()
    assert len(stretch) == len(VARIANTS)
    assert isinstance(stretch, pd.DataFrame)


def test_it_is_a_notebook_that_keeps_no_output() -> None:
    assert (NOTEBOOK["nbformat"], NOTEBOOK["nbformat_minor"]) == (4, 5)
    cells = NOTEBOOK["cells"]
    assert len({cell["id"] for cell in cells}) == len(cells)
    assert {cell["cell_type"] for cell in cells} == {"markdown", "code"}
    kept = [(cell["outputs"], cell["execution_count"]) for cell in cells if cell["cell_type"] == "code"]
    assert kept == [([], None)] * 4
