"""A figure is the same number and the same text wherever it is told."""

import io
from collections.abc import Mapping
from dataclasses import replace

from rich.console import Console

from harness.ledger import Ledger
from harness.measured import Pass, Trial
from harness.report import markdown
from harness.report.frames.tables import Tables, make_tables
from harness.report.terminal import print_report
from harness.report.words.formats import HTML, PLAIN, cell
from harness.report.words.ranked import SPEED
from harness.report.words.situations import situations
from harness.stats.judge import judge_run
from tests import builders
from tests.report.ledgers import VARIANTS, make_book


def of(ledger: Ledger) -> Tables:
    return make_tables(ledger, judge_run(ledger))


def printed(tables: Tables) -> str:
    console = Console(file=io.StringIO(), width=200)
    print_report(console, tables, unfinished=False)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_percentile_is_that_of_all_images_everywhere() -> None:
    """Of 2,000 images 30 took half a second, all in one pass: p99 is 500 ms, and not the 10 ms of most passes."""
    ledger = make_book(variants=VARIANTS[:1])
    slow = (0.5,) * 30 + (0.01,) * 170

    def like(trial: Trial) -> Trial:
        first, *rest = trial.passes
        made = [replace(pass_, latency_s=(0.01,) * 200) for pass_ in rest]
        made[0] = replace(made[0], latency_s=slow) if trial.round == 0 else made[0]
        return replace(trial, passes=(first, *made))

    ledger = replace(ledger, trials=tuple(map(like, ledger.trials)))
    tables = of(ledger)
    assert list(tables.latency["images"]) == [2000]
    assert list(tables.latency["p99_s"]) == list(tables.summary["latency_p99_s"]) == [0.5]
    assert list(tables.latency["p50_s"]) == list(tables.summary["latency_p50_s"]) == [0.01]
    assert "10.0 ms  500 ms" in printed(tables)
    assert "| 10.0 ms | 500 ms |" in markdown.report(ledger, tables, unfinished=False).decode()


def test_a_percentile_is_told_only_where_ten_images_lie_beyond_it() -> None:
    tables = of(make_book(variants=VARIANTS[:1], rounds=2))  # 800 images: 8 beyond p99
    assert tables.latency["p99_s"].isna().all()
    assert tables.summary["latency_p99_s"].isna().all()


# Seconds per image in six rounds: "wide" is slower than "narrow" by half a percent, and spread forty times as wide.
PACES: Mapping[str, tuple[float, ...]] = {
    "narrow/a": (0.00374, 0.00375, 0.00374, 0.00375, 0.00374, 0.00375),
    "wide/a": (0.00335, 0.00422, 0.00335, 0.00422, 0.00335, 0.00422),
}


def paced() -> Ledger:
    ledger = make_book(variants=list(PACES), rounds=6)

    def like(trial: Trial) -> Trial:
        seconds = PACES[trial.cell.variant][trial.round]
        timed: Pass = builders.one_pass(seconds, images=200)
        return replace(trial, passes=(trial.passes[0], timed))

    return replace(ledger, trials=tuple(map(like, ledger.trials)))


def test_order_and_text_agree_and_the_answer_quotes_the_table() -> None:
    tables = of(paced())
    rows = tables.ranked.to_dict("records")
    assert [row["variant"] for row in rows] == ["narrow/a", "wide/a"]
    shown = [cell(PLAIN, row, SPEED).partition(" ")[0] for row in rows]
    assert shown == ["267.0", "266.0"]
    assert f"{shown[0]} images/s" in situations(tables, PLAIN)[0].lines[0][1]
    assert all(text in printed(tables) for text in shown)
    assert f">{shown[0]}</data> images/s" in situations(tables, HTML)[0].lines[0][1]
