"""Screen and decide, with rows typed by hand and with simulated noise."""

import math

import numpy as np
import numpy.typing as npt
import pytest

from harness.metrics import TIME_PER_IMAGE
from harness.stats import kernels
from harness.stats.disturbance import Disturbance
from harness.stats.effect import effects
from harness.stats.gate import clears, conclude, overall, skipped, under_suspicion
from harness.stats.judge import Finding, Measured, Pair
from harness.stats.notes import Note
from harness.stats.verdict import ALPHA, Margins, p_values
from tests.builders import cell, series, times, trial
from tests.stats import simulation

BASE, HEAD = cell(side="base"), cell(side="head")
PAIR = Pair(base=BASE, head=HEAD, metric=TIME_PER_IMAGE)
MARGINS = Margins(default=0.05)
EVEN = [1.00, 1.01, 0.99, 1.00, 1.01, 0.99, 1.00, 1.01]
SLOW = [1.20, 1.22, 1.18, 1.21, 1.19, 1.20, 1.23, 1.17]
QUICK = [0.80, 0.82, 0.78, 0.81, 0.79, 0.80, 0.83, 0.77]
WILD = [0.70, 1.40, 0.80, 1.30, 0.60, 1.50, 1.00, 0.90]
NOISY = Disturbance(
    note=Note(code="noisy-host-load", text="others used 2 CPUs", advice="stop them", invalidates=True),
    kind="preempted",
    size=2.0,
)


def stage(head: list[float], *, disturbed: bool = False, cpu: float = 0.5) -> Measured:
    """Trials of a base that works for such a share of its time, and of a head that works for half of it."""
    trials = [*series(BASE, [1.0] * len(head), cpu=cpu), *series(HEAD, head, cpu=0.5)]
    return Measured(trials=trials, disturbances=[NOISY] if disturbed else [], cell_notes={})


def judged(screen: Measured, decide: Measured | None = None) -> Finding:
    suspects = under_suspicion([PAIR], screen, MARGINS)
    [found] = conclude(
        [PAIR],
        screen,
        decide,
        suspects=suspects,
        margins=MARGINS,
        check=None,
        short="the budget was used up",
    )
    return found


@pytest.mark.parametrize(
    ("head", "cleared"), [(EVEN, True), (SLOW, False), (QUICK, False), (WILD, False), (EVEN[:2], False)]
)
def test_the_screen_clears_only_what_it_can_see(head: list[float], *, cleared: bool) -> None:
    found = effects(times(stage(head).trials), lambda of: BASE if of == HEAD else of)
    assert [bool(clears(np.array(effect.log_ratios), 0.05)) for effect in found] == [cleared]


def test_a_cleared_cell_is_equivalent_and_passes() -> None:
    found = judged(stage(EVEN))
    assert (found.word, found.stage, found.blocks) == ("equivalent", "screen", False)
    assert overall([found]) == "equivalent"


@pytest.mark.parametrize(
    ("fresh", "call", "word"),
    [
        (SLOW * 2, "regressed", "regressed"),
        (QUICK * 2, "improved", "improved"),
        (EVEN * 2, "equivalent", "equivalent"),
        (WILD * 2, "inconclusive", "inconclusive"),
    ],
)
def test_only_the_fresh_rounds_decide(fresh: list[float], call: str, word: str) -> None:
    found = judged(stage(SLOW), stage(fresh))
    assert (found.word, found.stage) == (call, "decide")
    assert found.verdict is not None
    assert found.verdict.effect.pairs == 16
    assert overall([found]) == word


def test_inconclusive_passes_where_the_interval_excludes_the_margin() -> None:
    found = judged(stage(SLOW), stage([0.93, 0.95, 0.97, 0.94, 0.96, 0.92, 0.98, 0.95]))
    assert (found.word, found.blocks) == ("inconclusive", False)
    assert overall([found]) == "no change"


def test_a_disturbance_clears_and_decides_only_what_it_could_not_explain() -> None:
    assert under_suspicion([PAIR], stage(EVEN, disturbed=True), MARGINS) == ()
    screen = stage(EVEN, disturbed=True, cpu=0.4)
    assert under_suspicion([PAIR], screen, MARGINS) == (PAIR,)
    assert judged(screen, stage(SLOW * 2, disturbed=True)).word == "regressed"
    found = judged(screen, stage(SLOW * 2, disturbed=True, cpu=0.4))
    assert (found.word, found.blocks, found.is_suspected) == ("inconclusive", True, True)
    assert "others used 2 CPUs: that can move this ratio by up to 1.20 times" in str(found.reason)
    assert overall([found]) == "inconclusive"
    assert judged(screen, stage(EVEN)).word == "equivalent"


def test_without_the_fresh_rounds_a_suspect_stays_undecided() -> None:
    found = judged(stage(SLOW))
    assert (found.word, found.blocks, found.reason) == ("inconclusive", True, "the budget was used up")
    assert (found.stage, found.is_suspected) == ("screen", True)
    assert overall([found]) == "inconclusive"


@pytest.mark.parametrize(
    ("broken", "call", "word"),
    [
        ((HEAD,), "failed", "failed"),
        ((BASE,), "inconclusive", "nothing measured"),
        ((BASE, HEAD), "inconclusive", "nothing measured"),
    ],
)
def test_a_failure_is_the_heads_only_if_the_base_does_not_share_it(
    broken: tuple[object, ...], call: str, word: str
) -> None:
    trials = [
        trial(of, number, 1.0, reason="wrong body" if of in broken else None)
        for of in (BASE, HEAD)
        for number in range(8)
    ]
    found = judged(Measured(trials=trials, disturbances=(), cell_notes={}))
    assert found.word == call
    assert "wrong body" in str(found.reason)
    assert overall([found]) == word


def test_nothing_at_all_is_nothing_measured() -> None:
    assert overall([]) == "nothing measured"
    gone = skipped(PAIR, "on base: no package", head_is_broken=False, is_anywhere=True)
    assert overall([gone]) == "nothing measured"
    assert overall([skipped(PAIR, "on head: SyntaxError", head_is_broken=True, is_anywhere=True)]) == "failed"


def test_what_one_side_alone_can_run_was_not_compared_and_does_not_pass() -> None:
    fine = judged(stage(EVEN))
    gone = skipped(PAIR, "old does not exist on head", head_is_broken=False, is_anywhere=True)
    nowhere = skipped(PAIR, "no package", head_is_broken=False, is_anywhere=False)
    assert overall([fine, gone]) == "inconclusive"
    assert overall([fine, nowhere]) == "equivalent"


def flags(logs: npt.NDArray[np.float64], rounds: int) -> tuple[float, float]:
    """Shares of simulated gates of one cell that are screened out, and that end in "regressed"."""
    ratios = logs[:, 1] - logs[:, 0]
    cleared = clears(ratios[:, :rounds], 0.05)
    slower = np.array(
        [p_values(kernels.moments(row), 0.05, 0.05)[0, 0] <= ALPHA for row in ratios[:, None, rounds:]]
    )
    return float(cleared.mean()), float((~cleared & slower).mean())


def test_on_the_noise_of_a_shared_machine_an_unchanged_cell_is_not_called_regressed() -> None:
    _, regressed = flags(simulation.runs(2_000, rounds=24, seed=11), 8)
    assert regressed <= 0.002


def test_a_slow_down_of_a_tenth_is_hardly_ever_cleared_and_mostly_found() -> None:
    cleared, regressed = flags(simulation.runs(2_000, rounds=24, ratios=(1.0, 1.1), seed=12), 8)
    assert cleared < 0.01
    assert regressed > 0.80


@pytest.mark.parametrize("spread", [0.02, 0.03, 0.04, 0.06, 0.10, 0.20])
def test_the_screen_misses_a_tenth_in_under_one_of_a_hundred_at_any_spread(spread: float) -> None:
    logs = np.random.default_rng(13).normal(math.log(1.1), spread, (20_000, 8))
    assert clears(logs, 0.05).mean() < 0.002


@pytest.mark.parametrize(("spread", "most"), [(0.02, 0.001), (0.03, 0.03), (0.04, 0.19)])
def test_few_unchanged_cells_are_sent_on(spread: float, most: float) -> None:
    logs = np.random.default_rng(14).normal(0, spread, (20_000, 8))
    assert 1 - clears(logs, 0.05).mean() < most
