"""The answer by situation: hand-made rows in, sentences out."""

from dataclasses import replace

import pandas as pd

from harness.model import HERE, Cell
from harness.report.frames.tables import Tables, make_tables
from harness.report.words.formats import HTML, MARKDOWN, PLAIN
from harness.report.words.situations import overall, situations
from harness.stats.judge import judge_run
from tests.report.ledgers import make_book, workload

VARIANTS = (
    "thread_pool/requests_session",
    "gather/aiohttp_session/uvloop",
    "task_group/aiohttp_session/asyncio",
    "to_thread/requests_session/asyncio",
    "run_in_executor/requests_get/asyncio",
    "thread_pool/requests_get",
    "bounded_gather/httpx_async/asyncio",
)
# variant: images/s, ratio to the best, ratio to the baseline, band, packages, lines, limit, connections
FACTS = (
    (479.0, 1.22, 1.0, 2, "none", 15, "CPU", 32),
    (585.0, 1.0, 0.82, 1, "aiohttp uvloop", 30, "CPU", 32),
    (580.0, 1.01, 0.83, 1, "aiohttp", 28, "CPU", 32),
    (200.0, 2.93, 2.4, 4, "none", 14, "default executor", 6),
    (82.0, 7.13, 5.85, 6, "none", 12, "default executor", 200),
    (258.0, 2.27, 1.86, 3, "none", 12, "CPU", 200),
    (139.0, 4.21, 3.45, 5, "httpx", 20, "CPU", 32),
)


NAN = float("nan")
BOTH = "a connection for each image, and only the default executor's 6 threads"
POOL = "Size the pool: the default executor's 6 threads take 2.40× the time"


def _figures(
    rate: float, best: float, ratio: float, band: int, packages: str, lines: int, limit: str, connections: int
) -> dict[str, object]:
    return {
        "images_per_s": rate, "images_per_s_low": NAN, "images_per_s_high": NAN, "images_per_s_place": 0.0,
        "ratio_place": -2.0, "ratio_to_best": best, "ratio": ratio, "band": band, "extra_packages": packages,
        "source_lines": lines, "limited_by": limit, "connections": connections, "client_peak_in_flight": 6.0,
    }  # fmt: skip


def made() -> Tables:
    """A workload with a line and one without, of which the first has the rows above."""
    near = workload("near-memory", latency_s=0.02)
    ledger = make_book(variants=VARIANTS, rounds=3, workloads=[workload("none-memory", latency_s=0), near])
    tables = make_tables(ledger, judge_run(ledger))
    facts = dict(zip(VARIANTS, FACTS, strict=True))
    rows = [
        row | (_figures(*facts[row["variant"]]) if row["workload"] == "near-memory" else {})
        for row in tables.ranked.to_dict("records")
    ]
    whole = pd.DataFrame(rows).sort_values(["workload", "ratio_to_best"], ignore_index=True)
    picks = pd.DataFrame(
        [
            {"scope": "near-memory", "pick": "fastest", "variant": VARIANTS[1], "side": "here"},
            {
                "scope": "near-memory",
                "pick": "simplest that is good enough",
                "variant": VARIANTS[0],
                "side": "here",
            },
        ]
    )
    others = tables.picks[tables.picks["scope"] != "near-memory"]
    return replace(tables, ranked=whole, picks=pd.concat([others, picks]))


def test_a_network_comes_first_and_each_workload_has_its_plain_lines() -> None:
    first, second = situations(made(), PLAIN)
    assert (first.workload, second.workload) == ("near-memory", "none-memory")
    assert first.scope == "200 images of 6.00 KiB with 20.0 ms of thinking time, 32 at once, to memory"
    assert list(first.lines) == [
        ("fastest", "gather/aiohttp_session/uvloop, 585 images/s; task_group/aiohttp_session/asyncio is equally fast"),
        ("simplest", "thread_pool/requests_session, 479 images/s; 15 lines of code, no further package"),
        ("avoid", "thread_pool/requests_get: 2.27× the time: a connection for each image"),
        ("avoid", "to_thread/requests_session/asyncio: 2.93× the time: only the default executor's 6 threads"),
        ("avoid", "bounded_gather/httpx_async/asyncio: 4.21× the time: its own CPU is the limit"),
        ("avoid", f"run_in_executor/requests_get/asyncio: 7.13× the time: {BOTH}"),
        ("you have it", f"keep thread_pool/requests_session: 1.22× the time of the best. {POOL}"),
    ]  # fmt: skip


def test_every_format_says_the_same() -> None:
    tables = made()
    html = situations(tables, HTML)[0].lines[0][1]
    assert str(html).startswith("<code>gather/aiohttp_session/uvloop</code>, <data value=")
    assert (
        situations(tables, MARKDOWN)[0]
        .lines[0][1]
        .startswith(r"gather/aiohttp\_session/uvloop, 585 images/s")
    )


def test_over_all_workloads_no_mean_is_told() -> None:
    ledger = make_book(rounds=5, workloads=[workload("a-memory"), workload("b-memory")])
    tables = make_tables(ledger, judge_run(ledger))
    told = overall(tables, PLAIN)
    assert told
    assert all(" in every workload" in text or " at worst " in text for text in told)
    ledger = make_book(rounds=5)
    assert overall(make_tables(ledger, judge_run(ledger)), PLAIN) == []


def test_what_is_ranked_alone_is_compared_with_nothing() -> None:
    """One row of one workload of two: it is no advice to keep it, and there is no best of both."""
    ledger = make_book(
        variants=VARIANTS[:2], rounds=7, workloads=[workload("a-memory"), workload("b-memory")]
    )
    lone = Cell(workload="a-memory", variant=VARIANTS[0], side=HERE)
    trials = (
        trial if trial.cell == lone else replace(trial, passes=(), reason="HTTP 500")
        for trial in ledger.trials
    )
    ledger = replace(ledger, trials=tuple(trials))
    tables = make_tables(ledger, judge_run(ledger))
    [situation] = situations(tables, PLAIN)
    assert [label for label, _ in situation.lines] == ["fastest", "simplest"]
    assert overall(tables, PLAIN) == ["no variant was ranked in every workload: choose by your workload"]
