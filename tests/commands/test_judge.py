"""A run that is judged by another metric than time: asked for, kept in its plan, and told everywhere."""

from dataclasses import replace

import pytest

from harness.metrics import PEAK_RSS, RATE
from harness.report.derived import build
from harness.report.frames.tables import make_tables
from harness.report.words.formats import PLAIN
from harness.report.words.situations import situations
from harness.stats.judge import judge_run
from tests.report.ledgers import VARIANTS, make_book


def test_a_run_is_ranked_and_told_by_the_metric_of_its_plan() -> None:
    made = make_book(rounds=8)
    plan = replace(made.run.plan, metric=PEAK_RSS.key)
    sizes = {variant: 50_000_000 + 20_000_000 * place for place, variant in enumerate(VARIANTS)}
    trials = [
        replace(
            trial, peak_rss_bytes=sizes[trial.cell.variant] + 4096 * (trial.round * 7 % 5 + trial.position)
        )
        for trial in made.trials
    ]
    ledger = replace(made, run=replace(made.run, plan=plan), trials=tuple(trials))
    tables = make_tables(ledger, judge_run(ledger))
    ranked = tables.summary[tables.summary["state"] == "ranked"]
    assert list(ranked["variant"]) == list(VARIANTS)
    assert ranked["peak_rss_bytes"].is_monotonic_increasing
    assert ranked["peak_rss_bytes_high"].gt(ranked["peak_rss_bytes_low"]).all()
    assert set(tables.effects["verdict"]) == {"more"}
    assert set(tables.effects["metric"]) == {PEAK_RSS.key}
    [situation] = situations(tables, PLAIN)
    label, text = situation.lines[0]
    assert label == "least peak memory"
    assert text == f"{VARIANTS[0]}, 47.69 MiB of peak memory"
    files = build(ledger, tables)
    assert (
        "Peak memory vs the best" in files["report.html"].decode()
        or "keeps up with the best" in files["report.html"].decode()
    )
    assert "peak memory vs baseline" in files["report.md"].decode()


@pytest.mark.parametrize("metric", [None, RATE.key])
def test_throughput_ranks_as_time_per_image_does(metric: str | None) -> None:
    made = make_book(rounds=8)
    ledger = replace(made, run=replace(made.run, plan=replace(made.run.plan, metric=metric)))
    tables = make_tables(ledger, judge_run(ledger))
    usual = make_tables(made, judge_run(made))
    assert list(tables.summary["variant"]) == list(usual.summary["variant"])
    assert list(tables.effects["verdict"]) == list(usual.effects["verdict"])
    assert list(tables.picks["variant"]) == list(usual.picks["variant"])
