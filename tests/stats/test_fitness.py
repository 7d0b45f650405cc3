"""Fitness of the host: an ordinary host passes, a disturbed one is named."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from harness.measured import Sentinel
from harness.stats.fitness import disturbances, drift, host_notes
from tests.builders import sentinel

# Medians of 12 rounds (10 of them idle) on a shared virtual machine: two speeds, 1.7 apart, hardly any steal.
IDLE = [8.2, 14.0, 9.6, 9.2, 9.0, 13.4, 7.9, 12.8, 13.6, 8.3, 12.6, 13.2]


def codes(sentinels: list[Sentinel]) -> list[str]:
    notes = host_notes(sentinels)
    assert all(note.invalidates and note.text and note.advice for note in notes)
    return [note.code for note in notes]


def test_an_even_host_is_fit() -> None:
    assert codes([sentinel(number) for number in range(12)]) == []


def test_the_ordinary_weather_of_a_shared_machine_is_fit() -> None:
    assert (
        codes([sentinel(number, cpu_s=ms / 1000, busy_elsewhere=0.02) for number, ms in enumerate(IDLE)])
        == []
    )


@pytest.mark.parametrize("rounds", [5, 8, 12])
def test_a_burner_on_another_core_during_half_of_the_rounds_is_named(rounds: int) -> None:
    burnt = range(rounds // 2)
    found = codes(
        [sentinel(number, busy_elsewhere=0.92 if number in burnt else 0.01) for number in range(rounds)]
    )
    assert found == ["noisy-host-load"]


@pytest.mark.parametrize("rounds", [5, 8, 12])
def test_a_burner_on_the_same_core_is_named_even_where_load_is_unknown(rounds: int) -> None:
    found = [sentinel(number, cpu_s=0.02 * (1 + number % 2), busy_elsewhere=None) for number in range(rounds)]
    assert codes(found) == ["noisy-host-spread"]


def test_one_busy_round_is_the_business_of_pairing() -> None:
    busy = sentinel(5, cpu_s=0.05, busy_elsewhere=0.9)
    assert codes([busy, *(sentinel(number) for number in range(12) if number != 5)]) == []


def test_one_busy_round_of_few_is_no_more() -> None:
    assert codes([sentinel(number, busy_elsewhere=0.9 if number == 2 else 0.0) for number in range(5)]) == []


def test_an_echo_that_varies_is_named() -> None:
    assert codes([sentinel(number, echo_s=0.005 * (1 + number % 2)) for number in range(12)]) == [
        "noisy-host-spread"
    ]


def test_a_machine_that_slows_down_is_named() -> None:
    heating = [sentinel(number, cpu_s=0.02 * 1.04**number) for number in range(12)]  # 1.04 ** 11 = 1.54
    assert codes(heating) == ["noisy-host-drift"]
    assert "1.54 times" in host_notes(heating)[0].text


@pytest.mark.parametrize(("rounds", "found"), [(3, []), (5, []), (6, ["noisy-host-drift"])])
def test_so_few_rounds_that_any_order_is_ordinary_show_no_drift(rounds: int, found: list[str]) -> None:
    assert codes([sentinel(number, cpu_s=0.02 * 1.05**number) for number in range(rounds)]) == found


@pytest.mark.parametrize(("step", "rounds"), [(1.02, 12), (1.005, 60)])
def test_a_drift_that_pairing_cancels_is_fit_however_many_rounds_it_lasts(step: float, rounds: int) -> None:
    assert codes([sentinel(number, cpu_s=0.02 * step**number) for number in range(rounds)]) == []


def test_steal_is_named_and_unknown_steal_is_no_steal() -> None:
    assert codes([sentinel(number, steal=0.12) for number in range(12)]) == ["noisy-host-steal"]
    assert codes([sentinel(number, steal=0.05) for number in range(12)]) == []
    assert codes([sentinel(number, steal=None, busy_elsewhere=None) for number in range(12)]) == []


def test_the_order_of_the_sentinels_does_not_matter() -> None:
    heating = [sentinel(number, cpu_s=0.02 * 1.04**number) for number in range(12)]
    assert host_notes(heating[::-1]) == host_notes(heating)


def test_a_host_that_was_not_watched_is_not_fit() -> None:
    assert codes([]) == ["host-unwatched"]
    assert codes([sentinel(0), sentinel(1)]) == ["host-unwatched"]
    blind = [replace(sentinel(number), cpu_s=()) for number in range(12)]
    assert codes(blind) == ["host-unwatched"]
    assert codes([sentinel(number, cpu_s=math.nan) for number in range(12)]) == ["host-unwatched"]


def test_drift_of_nothing_is_none() -> None:
    assert drift([2.0, 2.0, 2.0]) == (1.0, 1.0)


@pytest.mark.parametrize("values", [[3.0, 1.0, 2.0], [1.0, 2.0, 2.0, 4.0, 3.0, 5.0, 5.0], IDLE, sorted(IDLE)])
def test_drift_is_scipys_theil_sen_slope_and_spearman(values: list[float]) -> None:
    places = range(len(values))
    slope, p = stats.theilslopes(np.log(values), places).slope, stats.spearmanr(places, values).pvalue
    assert drift(values) == pytest.approx((math.exp(slope), p), abs=1e-6)


def test_even_hosts_are_seldom_called_unfit() -> None:
    rng = np.random.default_rng(11)
    noisy = np.exp(rng.normal(0, 0.15, (400, 12)))  # three times the drift of the noise model
    unfit = sum(bool(codes([sentinel(at, cpu_s=cpu_s) for at, cpu_s in enumerate(row)])) for row in noisy)
    assert unfit <= 12  # 3 %


@pytest.mark.parametrize(
    ("busy", "stretch", "size"),
    [
        (0.5, 2.0, 2.0),  # one other all the time
        (0.75, 4.0, 4.0),  # three others all the time
        (0.375, 4.0, 2.5),  # three others half of the time: (4 + 1) / 2
        (0.9, 2.0, 2.8),  # one other, which had the CPU between the passes too: an upper bound
        (0.5, None, math.inf),  # nobody knows how many
    ],
)
def test_load_stretches_by_as_much_as_a_fair_scheduler_takes(
    busy: float, stretch: float | None, size: float
) -> None:
    seen = [sentinel(number, busy_elsewhere=busy, stretch=stretch) for number in range(8)]
    [found] = disturbances(seen)
    assert found.kind == "preempted"
    assert found.size == pytest.approx(size)


def test_steal_may_all_have_been_taken_from_one_of_two_cpus_and_a_drift_has_a_step() -> None:
    [found] = disturbances([sentinel(number, steal=0.2) for number in range(8)])
    assert found.kind == "stolen"
    assert found.size == pytest.approx(1 / 0.6)
    [found] = disturbances([sentinel(number, cpu_s=0.02 / 1.04**number) for number in range(12)])
    assert found.kind == "slowed"
    assert (found.size, found.step) == pytest.approx((1.04**11, 1.04))
