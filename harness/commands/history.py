"""The history: add runs to an append-only store, and show the trend of every series with its changes."""

import argparse
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from harness import ledger
from harness.exports import history as store
from harness.files import write_all
from harness.metrics import RESPONSES, TIME_PER_IMAGE, Metric
from harness.model import Cell, HarnessError
from harness.report import history
from harness.report.derived import slugs_of
from harness.report.frames.findings import VERSION
from harness.report.history import Trend, change_text, changes_of, day
from harness.report.trend_chart import trend_chart
from harness.session.console import add_script_options, to_errors, to_progress, to_result
from harness.session.exits import FINE, REGRESSED
from harness.session.metric_option import metrics
from harness.session.options import add_results_option, share
from harness.session.recorded import bench_folder
from harness.stats.trend import changes, marks, new_changes, series_of


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``history add`` and ``history show``."""
    actions = parser.add_subparsers(required=True, metavar="ACTION", dest="action")
    add = actions.add_parser(
        "add", help="append runs; one that is there already adds nothing", allow_abbrev=False
    )
    add.add_argument("runs", nargs="+", metavar="RUN", help="folder or id of a run of bench")
    add_results_option(add)
    add_script_options(add)
    show = actions.add_parser(
        "show", help="write charts, history.csv, history.md and index.html", allow_abbrev=False
    )
    show.add_argument("--series", default="*", metavar="GLOB", help="of WORKLOAD:VARIANT (default: all)")
    show.add_argument(
        "--margin", type=share, default=0.05, metavar="P", help="smallest change (default: 5%%)"
    )
    show.add_argument(
        "--metric",
        type=metrics,
        default=(TIME_PER_IMAGE,),
        metavar="KEY,...",
        help=f"one or several of {', '.join(metric.key for metric in RESPONSES)} (default: {TIME_PER_IMAGE.key})",
    )
    show.add_argument(
        "--fail-on-change",
        action="store_true",
        help=f"exit code {REGRESSED} if the newest run shows a change for the worse that those before it did not",
    )
    show.add_argument("--out", type=Path, metavar="DIR", help="default: trends/ in the results")
    add_results_option(show)
    add_script_options(show)


def run(options: argparse.Namespace) -> int:
    """Do what was asked."""
    return {"add": _add, "show": _show}[options.action](options)


def _add(options: argparse.Namespace) -> int:
    result, progress, told = to_result(options), to_progress(options), []
    for name in options.runs:
        recorded = ledger.read(bench_folder(name, options.results))
        path, fresh, cut = store.add(options.results / "history", recorded, progress.say)
        if cut:
            to_errors().say(f"{path}: the last line was cut; it was taken out")
        values = "1 value" if fresh == 1 else f"{fresh} values"
        text = f"{values} added" if fresh else "nothing added: it is there already, or has no trials"
        result.console.say(f"{recorded.run.id}: {text} ({path.name})")
        told.append({"run": recorded.run.id, "added": fresh, "file": str(path)})
    result.tell({"version": VERSION, "runs": told})
    return FINE


def _show(options: argparse.Namespace) -> int:
    folder = options.results / "history"
    trends, machines = read_trends(folder, options.series, options.margin, options.metric)
    if not trends:
        known = (
            "no run was added yet (history add RUN)"
            if not machines or options.series == "*"
            else f"no series is called {options.series}"
        )
        raise HarnessError(f"{folder}: {known}", exit_code=2)
    place = options.out or options.results / "trends"
    margin = options.margin
    files = {f"charts/{trend.slug}.svg": trend_chart(trend) for trend in trends} | {
        "history.csv": history.history_csv(trends),
        "history.md": history.history_md(trends, machines, margin),
        "index.html": history.history_html(trends, machines, margin),
    }
    write_all(place, files)
    result = to_result(options)
    for line in (*_lines(trends), history.summary(trends, margin), f"written to {place}"):
        result.console.say(line)
    fresh = [new_changes(trend.points, trend.changes, margin=margin) for trend in trends]
    worse = [
        (trend, change)
        for trend, found in zip(trends, fresh, strict=True)
        for change in found
        if trend.metric.worsening(change.ratio) > 1
    ]
    is_failed = options.fail_on_change and bool(worse)
    if is_failed:
        for trend, change in worse:
            to_errors().say(f"fetchbench: new: {trend.title}: {change_text(trend, change)}")
    code = REGRESSED if is_failed else FINE
    result.tell(history.history_json(trends, fresh) | {"exit_code": code, "folder": str(place)})
    return code


def read_trends(
    folder: Path, glob: str, margin: float, asked: Sequence[Metric]
) -> tuple[list[Trend], dict[str, dict[str, Any]]]:
    """Every series of every machine that the glob names, by each metric, judged; and what the machines are."""
    found, machines = [], {}
    for path in store.stores(folder):
        machines[path.stem] = store.machine(path)
        points = store.read(path)
        found += [
            (path.stem, metric, cell, series)
            for metric in asked
            for cell, series in series_of(points, metric).items()
            if fnmatchcase(cell.id, glob)
        ]
    names = [_chart_name(machine, metric, cell) for machine, metric, cell, _ in found]
    slugs = slugs_of(names)
    trends = [
        Trend(
            machine=machine,
            metric=metric,
            slug=slugs[name],
            cell=cell,
            points=points,
            changes=changes(points, margin=margin),
            marks=marks(points),
        )
        for name, (machine, metric, cell, points) in zip(names, found, strict=True)
    ]
    return trends, machines


def _chart_name(machine: str, metric: Metric, cell: Cell) -> str:
    return f"{machine[:6]}-{cell.id}" + ("" if metric is TIME_PER_IMAGE else f"-{metric.short}")


def _lines(trends: list[Trend]) -> Iterator[str]:
    """One line per change, the newest first."""
    for trend, change in changes_of(trends):
        since = day(trend.points[change.at].created_at)
        why = f" ({'; '.join(change.suspects)})" if change.suspects else ""
        yield f"{since}  {trend.title}  {change_text(trend, change)}{why}"
