"""Charts drawn by several processes are those drawn by one, and no helper outlives who started it."""

import os
import subprocess
import sys
from collections.abc import Mapping

import pandas as pd
import psutil
import pytest
from matplotlib.figure import Figure

from harness.measure.launch import ROOT
from harness.report import charts
from harness.report.charts import Job
from harness.report.studio import Studio, helpers_for
from harness.report.style import Look

PARENT = """
import os, sys
from harness.report.studio import Studio
if __name__ == "__main__":
    studio = Studio(1)
    from multiprocessing import active_children
    print(active_children()[0].pid, flush=True)
    os.kill(os.getpid(), 9)
"""


def chart(rows: pd.DataFrame, _looks: Mapping[str, Look], title: str) -> Figure:
    figure, [axes] = charts.canvas(title, (3, 2), (0.5, 0.2, 0.4, 0.4))
    axes.plot(rows["x"], rows["y"])
    return figure


def dies_in_a_helper(rows: pd.DataFrame, looks: Mapping[str, Look], title: str) -> Figure:
    if os.getpid() != int(title):
        os._exit(1)
    return chart(rows, looks, title)


def jobs(count: int) -> list[Job]:
    return [(chart, pd.DataFrame({"x": [1, 2], "y": [one, 3]}), {}, f"number {one}") for one in range(count)]


def test_helpers_draw_the_same_bytes_in_the_same_order_and_what_a_killed_one_leaves_is_drawn_here() -> None:
    asked = jobs(6)
    deadly: list[Job] = [(dies_in_a_helper, jobs(1)[0][1], {}, str(os.getpid())), *jobs(3)]
    with Studio(1) as studio:
        drawn, left = studio.begin(asked)(), studio.begin(deadly)()
    assert drawn == Studio(0).begin(asked)()
    assert len({one["svg"] for one in drawn}) == 6
    assert left == Studio(0).begin(deadly)()


def test_a_helper_ends_with_who_started_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PARENT], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    helper = int(done.stdout)
    if psutil.pid_exists(helper):
        psutil.Process(helper).wait(timeout=30)  # raises TimeoutExpired if it stays


@pytest.mark.parametrize("cells", [0, 12])
def test_a_small_report_is_drawn_here(cells: int) -> None:
    assert helpers_for(cells) == 0
