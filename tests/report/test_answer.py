"""The picks: hand-made summaries, among them those in which there is nothing to pick."""

import io
from collections.abc import Mapping
from dataclasses import replace

import pandas as pd
import pytest
from rich.console import Console

from harness.metrics import TIME_PER_IMAGE
from harness.report import markdown
from harness.report.frames import answer
from harness.report.frames.answer import SIMPLEST
from harness.report.frames.tables import make_tables
from harness.report.terminal import print_report
from harness.report.words import ranked, sentences, situations
from harness.report.words.formats import PLAIN
from harness.stats.judge import judge_run
from tests.report.ledgers import make_book

NAN = float("nan")


def summary(*rows: Mapping[str, object]) -> pd.DataFrame:
    """Ranked rows, each with a CPU second per 1,000 images and a byte of memory unless told otherwise."""
    usual: dict[str, object] = {
        "state": "ranked",
        "side": "here",
        "band": 1,
        "images_per_s": 100.0,
        "images_per_s_low": 90.0,
        "images_per_s_high": 110.0,
        "client_cpu_s_per_1000_images": 1.0,
        "peak_rss_bytes": 1.0,
        "source_lines": 10,
        "extra_packages": "none",
        "success_share": 1.0,
    }
    return pd.DataFrame([{**usual, **row} for row in rows])


def cell(workload: str, variant: str, ratio: float, **more: object) -> dict[str, object]:
    return {"workload": workload, "variant": variant, "ratio_to_best": ratio} | more


FASTEST, NAN_TEXT = "fastest", ""


def picks(rows: pd.DataFrame) -> pd.DataFrame:
    return answer.picks(rows, TIME_PER_IMAGE)


def of(found: pd.DataFrame, scope: str) -> dict[str, tuple[str, object]]:
    """Pick -> variant and reason."""
    rows = found[found["scope"] == scope].to_dict("records")
    return {
        row["pick"]: (row["variant"], NAN_TEXT if pd.isna(row["reason"]) else row["reason"]) for row in rows
    }


@pytest.mark.parametrize(
    ("shares", "fastest", "simplest"),
    [
        ((1.0, 1.0, 1.0), "a", "c"),
        ((0.5, 1.0, 1.0), "b", "c"),  # it gave up
        ((0.5, 0.5, 0.5), "a", "c"),  # nobody had more
        ((1.0, 1.0, 0.98), "a", "a"),
        ((0.995, 1.0, 0.995), "a", "c"),
        ((float("nan"),) * 3, "a", "c"),
    ],
)
def test_who_lost_images_that_others_had_is_picked_for_nothing(
    shares: tuple[float, float, float], fastest: str, simplest: str
) -> None:
    rows = zip("abc", (1.0, 1.1, 1.2), (10, 10, 5), shares, strict=True)
    found = picks(
        summary(
            *(
                cell("small", name, ratio, source_lines=lines, success_share=share)
                for name, ratio, lines, share in rows
            )
        )
    )
    chosen = of(found, "small")
    assert (chosen[FASTEST][0], chosen[answer.SIMPLEST][0]) == (fastest, simplest)


def test_two_winners_that_are_each_slow_elsewhere_leave_none_that_is_good_enough() -> None:
    found = picks(
        summary(
            cell("small", "a", 1.0),
            cell("small", "b", 9.0, source_lines=8),
            cell("large", "b", 1.0, source_lines=8),
            cell("large", "a", 4.0),
        )
    )
    why = "no variant is within 1.25 times the best of each workload"
    told = of(found, "(all)")
    assert told[SIMPLEST] == ("none", why)
    assert told[FASTEST][0] == "a"  # at worst 4 times the fastest, b is 9 times
    assert found[found["pick"] == FASTEST]["ratio_to_best"].iloc[0] == 4.0
    assert of(found, "small")[SIMPLEST][0] == "a"
    assert of(found, "large")[SIMPLEST][0] == "b"


def test_over_all_workloads_it_is_the_worst_that_counts_and_no_mean() -> None:
    """The mean over both would prefer a: 1.0 and 1.5 against 1.24 and 1.24."""
    rows = summary(
        cell("small", "a", 1.0), cell("large", "a", 1.5), cell("small", "b", 1.24), cell("large", "b", 1.24)
    )
    assert of(picks(rows), "(all)") == {FASTEST: ("b", NAN_TEXT), SIMPLEST: ("b", NAN_TEXT)}


def test_a_package_to_add_costs_more_simplicity_than_lines_do() -> None:
    rows = summary(
        cell("small", "best", 1.0, source_lines=9, extra_packages="aiohttp uvloop"),
        cell("small", "one_more", 1.1, source_lines=12, extra_packages="aiohttp"),
        cell("small", "nothing_more", 1.2, source_lines=30),
        cell("small", "short_and_slow", 1.3, source_lines=2),
    )
    assert of(picks(rows), "small")[SIMPLEST][0] == "nothing_more"
    without = rows[rows["variant"] != "nothing_more"]
    assert of(picks(without), "small")[SIMPLEST][0] == "one_more"


def test_where_no_variant_was_ranked_in_every_workload_there_is_none_over_all() -> None:
    found = picks(summary(cell("small", "a", 1.0), cell("large", "b", 1.0)))
    why = "no variant was ranked in every workload"
    assert of(found, "(all)") == dict.fromkeys((SIMPLEST, FASTEST), ("none", why))


def test_a_row_without_a_ratio_to_the_fastest_is_no_candidate() -> None:
    """It shares no round with the fastest: nothing is known of it, and a mean over the other workload says nothing."""
    found = picks(
        summary(
            cell("small", "a", 1.0),
            cell("small", "b", NAN, source_lines=1),
            cell("large", "a", 1.2),
            cell("large", "b", 1.0, source_lines=1),
        )
    )
    assert {variant for variant, _ in of(found, "(all)").values()} == {"a"}
    assert {variant for variant, _ in of(found, "small").values()} == {"a"}
    assert list(found[found["scope"] == "small"]["candidates"]) == [1, 1, 1]


def test_nothing_ranked_has_no_picks() -> None:
    assert picks(summary(cell("small", "a", 1.0, state="failed"))).empty


@pytest.mark.parametrize("rounds", [1, 2])
def test_under_three_rounds_nothing_is_ranked_tied_or_picked_anywhere(rounds: int) -> None:
    ledger = make_book(rounds=rounds)
    tables = make_tables(ledger, judge_run(ledger))
    rows = tables.ranked.to_dict("records")
    assert {ranked.text(PLAIN, row, ranked.columns(TIME_PER_IMAGE)[0]) for row in rows} == {"–"}
    assert tables.picks.empty
    why = "No variant could be ranked: too few rounds to rank (measure at least 3)."
    assert situations.situations(tables, PLAIN) == []
    assert situations.nothing(tables, PLAIN) == why
    caution = (
        "Not ranked: 5 with too few rounds to rank (measure at least 3); the reasons stand in the tables."
    )
    assert caution in sentences.cautions(tables, PLAIN, unfinished=False)
    console = Console(file=io.StringIO(), width=200)
    print_report(console, tables, unfinished=False)
    assert isinstance(console.file, io.StringIO)
    text = markdown.report(ledger, tables, unfinished=False).decode()
    for said in (console.file.getvalue(), text):
        assert why in said
        assert "fastest:" not in said
    assert "told apart" not in console.file.getvalue()


def test_a_cell_that_lost_its_rounds_is_untested_beside_ranked_ones() -> None:
    ledger = make_book(rounds=4)
    lost = tuple(
        trial
        for trial in ledger.trials
        if trial.cell.variant != "thread_pool/urllib3_pool" or trial.round < 2
    )
    tables = make_tables(ledger, judge_run(replace(ledger, trials=lost)))
    states = dict(zip(tables.summary["variant"], tables.summary["state"], strict=True))
    assert states.pop("thread_pool/urllib3_pool") == "untested"
    assert set(states.values()) == {"ranked"}
    assert "thread_pool/urllib3_pool" not in set(tables.picks["variant"])
