"""Any run has a whole report: whatever subset of its cells failed, was lost, is invalid or was measured once only."""

import io
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from rich.console import Console

from harness.ledger import Ledger
from harness.model import Pass, Trial
from harness.report.derived import build
from harness.report.tables import make_tables
from harness.report.terminal import print_report
from harness.stats.judge import judge_run
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
    "invalid": lambda trials: [replace(one, passes=tuple(map(server_bound, one.passes))) for one in trials],
}


def server_bound(one: Pass) -> Pass:
    """The same pass, with the server at the end of its strength."""
    return replace(one, witness=replace(one.witness, server_cpu_s=0.99 * one.wall_s))


def a_book(rounds: int, fates: Sequence[str], absent: str, *, watched: bool) -> Ledger:
    """A run in which each cell has a fate, one variant may be absent, and the host and the server were watched or not."""
    book = BASES[rounds]
    plan = book.run.plan
    trials = [
        trial
        for cell, fate in zip(plan.cells, fates, strict=True)
        for trial in FATES[fate]([one for one in book.trials if one.cell == cell])
        if cell.variant != absent
    ]
    variants = tuple(replace(one, unavailable="no" if one.id == absent else None) for one in plan.variants)
    return replace(
        book,
        run=replace(book.run, plan=replace(plan, variants=variants)),
        trials=tuple(sorted(trials, key=lambda one: one.round)),
        sentinels=book.sentinels if watched else (),
        ceilings=book.ceilings if watched else (),
    )


@pytest.fixture(autouse=True)
def _no_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures are made, and not painted: that takes nearly all of the time."""
    monkeypatch.setattr(Figure, "savefig", lambda _figure, buffer, **_: buffer.write(b"<svg/>"))


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
    book = a_book(rounds, fates, absent, watched=watched)
    tables = make_tables(book, judge_run(book))
    files = build(book, tables)
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
