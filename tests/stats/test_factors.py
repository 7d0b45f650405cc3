"""Factor effects: a design with known levels, typed by hand."""

import math

import pytest

from harness.measured import Trial
from harness.stats.factors import FactorEffect, factor_effects
from harness.stats.notes import Note
from tests.builders import cell, series, times, trial, variant

MOOD = [1.0, 1.2, 0.9, 1.1]  # of the host, per round: cancels
CLIENT = {"get": [2.0, 2.2, 2.0, 2.2], "session": [1.0] * 4}
MODEL = {"pool": [1.0] * 4, "executor": [3.0, 3.3, 3.0, 3.3]}


def design(workloads: tuple[str, ...] = ("small",)) -> list[Trial]:
    """Two sync clients under two models, plus two async clients that meet neither."""
    trials: list[Trial] = []
    for workload in workloads:
        for model, of_model in MODEL.items():
            for client, of_client in CLIENT.items():
                loop = "/asyncio" if model == "executor" else ""
                values = [m * a * b for m, a, b in zip(MOOD, of_model, of_client, strict=True)]
                trials += series(cell(f"{model}/{client}{loop}", workload=workload), values)
        for client, pace in (("aio", 0.5), ("httpx", 1.0)):
            for loop, of_loop in (("asyncio", [1.0] * 4), ("uvloop", [0.8, 0.9, 0.8, 0.9])):
                values = [m * pace * factor for m, factor in zip(MOOD, of_loop, strict=True)]
                trials += series(cell(f"gather/{client}/{loop}", workload=workload), values)
    return trials


def of(
    trials: list[Trial], baseline: str = "pool/session"
) -> dict[tuple[str, str, str, str | None], FactorEffect]:
    variants = [variant(name) for name in sorted({made.cell.variant for made in trials})]
    found = factor_effects(times(trials), variants, baseline)
    return {(effect.axis, effect.level, effect.reference, effect.workload): effect for effect in found}


def test_only_levels_that_meet_are_compared_and_each_kind_has_its_reference() -> None:
    assert set(of(design())) == {
        ("client", "get", "session", "small"),  # the baseline's client
        ("client", "httpx", "aio", "small"),  # these two never meet it; first by name
        ("loop", "uvloop", "asyncio", "small"),
    }  # pool has no loop and executor has one: they differ on two axes, so no model is compared


def test_client_effect_by_hand() -> None:
    found = of(design())["client", "get", "session", "small"]
    half = math.log(1.1) / 2  # logs: log 2 + (0, 1, 0, 1) log 1.1
    reach = 3.182446 * half / math.sqrt(3)
    assert (found.matches, found.rounds, found.dropped_rounds) == (2, 4, 0)
    assert found.ratio == pytest.approx(2 * math.sqrt(1.1))
    assert found.interval is not None
    assert math.log(found.interval.high) == pytest.approx(math.log(2) + half + reach, rel=1e-6)
    assert (found.smallest, found.largest) == pytest.approx((found.ratio, found.ratio))


def test_matches_are_averaged_inside_a_round_and_do_not_narrow_the_interval() -> None:
    two = of(design())["loop", "uvloop", "asyncio", "small"]
    lone = of([each for each in design() if "/httpx/" not in each.cell.variant])[
        "loop", "uvloop", "asyncio", "small"
    ]
    assert (two.matches, lone.matches) == (2, 1)
    assert two.ratio == pytest.approx(lone.ratio)
    assert two.interval is not None
    assert lone.interval is not None
    assert (two.interval.low, two.interval.high) == pytest.approx((lone.interval.low, lone.interval.high))


def test_the_overall_effect_gives_each_workload_the_same_weight() -> None:
    trials = series(cell("m/slow", workload="w1"), [2.0, 2.1, 2.0]) + series(
        cell("m/base", workload="w1"), [1.0] * 3
    )
    trials += series(cell("m/slow", workload="w2"), [8.0, 8.4, 8.0]) + series(
        cell("m/base", workload="w2"), [1.0] * 3
    )
    found = of(trials, "m/base")["client", "slow", "base", None]
    assert found.matches == 2
    assert found.ratio == pytest.approx(4 * 1.05 ** (1 / 3))
    assert (found.smallest, found.largest) == pytest.approx((2 * 1.05 ** (1 / 3), 8 * 1.05 ** (1 / 3)))


def test_a_level_whose_effect_depends_on_the_rest_shows_its_range() -> None:
    trials = series(cell("m1/x"), [2.0, 2.1, 1.9]) + series(cell("m1/y"), [1.0, 1.0, 1.0])
    trials += series(cell("m2/x"), [0.5, 0.5, 0.6]) + series(cell("m2/y"), [1.0, 1.0, 1.0])
    found = of(trials, "m1/y")["client", "x", "y", "small"]
    assert found.smallest is not None
    assert found.largest is not None
    assert found.smallest < 1 < found.largest


def test_a_model_with_the_same_loop_is_compared() -> None:
    trials = series(cell("to_thread/s/asyncio"), [1.0, 1.1, 1.0]) + series(
        cell("executor/s/asyncio"), [2.0, 2.1, 2.3]
    )
    found = of(trials, "executor/s/asyncio")
    assert set(found) == {("concurrency", "to_thread", "executor", "small")}


def test_a_lost_trial_drops_its_round_and_is_counted() -> None:
    trials = [made for made in design() if not (made.cell.variant == "pool/get" and made.round == 2)]
    found = of(trials)["client", "get", "session", "small"]
    assert (found.rounds, found.dropped_rounds) == (3, 1)


def test_failed_and_invalid_cells_take_no_part() -> None:
    trials = [*design(), trial(cell("pool/get"), 4, reason="killed")]
    note = Note(code="server-bound", text="the server was the limit", advice="more cores", invalidates=True)
    variants = [variant(name) for name in sorted({made.cell.variant for made in trials})]
    found = factor_effects(times(trials), variants, "pool/session", {cell("executor/get/asyncio"): [note]})
    assert not [effect for effect in found if effect.level == "get"]


def test_nothing_to_compare_is_no_effect() -> None:
    assert factor_effects({}, [], "pool/session") == ()
    assert of(series(cell("pool/session"), [1.0, 1.0, 1.0])) == {}
