"""Any run has a whole report: whatever subset of its cells failed, was lost, is invalid or was measured once only."""

import io
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console

from harness.ledger import Ledger
from harness.measured import Pass, Trial
from harness.report.derived import build
from harness.report.frames.tables import make_tables
from harness.report.terminal import print_report
from harness.stats.judge import judge_run
from tests.builders import seen
from tests.report.ledgers import VARIANTS, make_book, workload

WORKLOADS = ("small-memory", "large-memory")
BASES = {
    rounds: make_book(rounds=rounds, variants=VARIANTS[:4], workloads=[workload(name) for name in WORKLOADS])
    for rounds in (1, 2, 3, 7)
}
FATES: dict[str, Callable[[Sequence[Trial]], Sequence[Trial]]] = {
    "good": lambda trials: trials,
    "failed": lambda trials: [replace(trials[0], passes=(), reason="HTTP 500")],
    "failed late": lambda trials: [*trials[:-1], replace(trials[-1], passes=(), reason="a wrong body")],
    "lost": lambda _: [],
    "lost at first": lambda trials: trials[1:],
    "every other round": lambda trials: trials[::2],
    "invalid": lambda trials: [
        replace(trial, passes=tuple(map(server_bound, trial.passes))) for trial in trials
    ],
}


def server_bound(pass_: Pass) -> Pass:
    """The same pass, with the server at the end of its strength."""
    return replace(pass_, witness=replace(seen(pass_), server_cpu_s=0.99 * pass_.wall_s))


def a_book(rounds: int, fates: Sequence[str], absent: str, *, watched: bool) -> Ledger:
    """A run in which each cell has a fate, one variant may be absent, and the host and the server were watched or not."""
    ledger = BASES[rounds]
    plan = ledger.run.plan
    trials = [
        trial
        for cell, fate in zip(plan.cells, fates, strict=True)
        for trial in FATES[fate]([trial for trial in ledger.trials if trial.cell == cell])
        if cell.variant != absent
    ]
    variants = tuple(
        replace(variant, unavailable="no" if variant.id == absent else None) for variant in plan.variants
    )
    return replace(
        ledger,
        run=replace(ledger.run, plan=replace(plan, variants=variants)),
        trials=tuple(sorted(trials, key=lambda trial: trial.round)),
        sentinels=ledger.sentinels if watched else (),
        ceilings=ledger.ceilings if watched else (),
    )


@pytest.mark.usefixtures("unpainted")
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rounds=st.sampled_from(list(BASES)),
    fates=st.lists(st.sampled_from([*FATES, "good"]), min_size=8, max_size=8),
    absent=st.sampled_from(["", *VARIANTS[:4]]),
    watched=st.booleans(),
    width=st.sampled_from([20, 60, 200]),
)
def test_any_run_has_a_whole_report(
    rounds: int, fates: Sequence[str], absent: str, *, watched: bool, width: int
) -> None:
    ledger = a_book(rounds, fates, absent, watched=watched)
    tables = make_tables(ledger, judge_run(ledger))
    files = build(ledger, tables)
    for row in tables.effects.to_dict("records"):  # no interval beside a verdict that it contradicts
        low, high, margin = row["ratio_low"], row["ratio_high"], 1 + row["margin"]
        match row["verdict"]:
            case "regressed":
                assert low > margin
            case "improved":
                assert high < 1 / margin
            case "equivalent":
                assert 1 / margin < low < high < margin
    assert {"summary.csv", "picks.csv", "report.md", "report.html"} <= set(files)
    console = Console(file=io.StringIO(), width=width)
    print_report(console, tables, unfinished=True)
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue().strip()
