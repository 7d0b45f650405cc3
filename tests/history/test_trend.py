"""What counts as a change of level, what does not, and how many of years of planted ones are found."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.metrics import TIME_PER_IMAGE
from harness.stats.trend import Point, changes, marks, new_changes, series_of
from tests.builders import cell
from tests.history.synthetic import planted_years, series


def points(values: list[float]) -> list[Point]:
    made = series(cell(), 1, len(values))
    return [replace(point, value=value) for point, value in zip(made, values, strict=True)]


JITTER = [1.00, 1.01, 0.99, 1.005, 0.995, 1.002, 0.998, 1.008]


def steps(*parts: tuple[float, int]) -> list[Point]:
    levels = [level for level, count in parts for _ in range(count)]
    return points([level * JITTER[at % 8] for at, level in enumerate(levels)])


def test_a_lasting_step_is_one_change_with_its_size_and_place() -> None:
    [found] = changes(steps((0.010, 20), (0.012, 20)))
    assert found.at == 20
    assert found.ratio == pytest.approx(1.2, rel=0.01)
    assert found.before == pytest.approx(0.010, rel=0.01)


@pytest.mark.parametrize(
    "parts",
    [
        [(0.010, 40)],
        [(0.010, 20), (0.0103, 20)],  # under the margin
        [(0.010, 20), (0.030, 1), (0.010, 20)],  # a spike
        [(0.010, 20), (0.012, 4), (0.010, 20)],  # four runs: a bad week
        [(0.010, 36), (0.012, 4)],  # not yet
        [(0.010, 4), (0.012, 5)],  # too few before
        [(0.010, 1)],
    ],
)
def test_what_is_no_change(parts: list[tuple[float, int]]) -> None:
    assert changes(steps(*parts)) == ()


@pytest.mark.parametrize(("after", "is_new"), [(4, False), (5, True), (6, False), (12, False)])
def test_a_change_is_new_in_the_run_that_brings_it_to_light(after: int, *, is_new: bool) -> None:
    found = steps((0.010, 20), (0.012, after))
    assert [change.at for change in new_changes(found, changes(found))] == [20] * is_new


def test_a_second_change_is_new_though_there_was_one_before() -> None:
    found = steps((0.010, 20), (0.012, 20), (0.015, 5))
    assert [change.at for change in new_changes(found, changes(found))] == [40]


@pytest.mark.parametrize(("before", "after"), [(5, 5), (5, 7), (7, 5), (6, 6), (7, 7), (9, 5)])
@pytest.mark.parametrize("size", [0.5, 0.8, 1.2, 3.5])
def test_five_on_each_side_are_enough(before: int, after: int, size: float) -> None:
    [found] = changes(steps((0.010, before), (0.010 * size, after)))
    assert found.at == before
    assert found.ratio == pytest.approx(size, rel=0.02)


@pytest.mark.parametrize("runs", [10, 12, 14, 18])
def test_a_short_history_finds_steps_and_seldom_sees_what_is_not_there(runs: int) -> None:
    of = [series(cell(), seed, runs, [(runs // 2, 1.3)], noise=0.04) for seed in range(60)]
    hit = sum(any(abs(change.at - runs // 2) <= 1 for change in changes(each)) for each in of)
    assert hit >= 48  # 80 %; a spike among the five takes a step away
    quiet = [series(cell(), seed, runs, noise=noise) for noise in (0.01, 0.04, 0.08) for seed in range(60)]
    assert sum(bool(changes(each)) for each in quiet) <= 9  # 5 %


def test_the_same_value_every_day_is_no_division_by_zero() -> None:
    assert changes(points([0.01] * 40)) == ()
    assert [change.at for change in changes(points([0.01] * 20 + [0.02] * 20))] == [20]


def test_a_margin_that_is_asked_for_is_kept() -> None:
    step = steps((0.010, 20), (0.011, 20))
    assert len(changes(step, margin=0.05)) == 1
    assert changes(step, margin=0.15) == ()


def test_runs_of_an_unfit_host_and_failures_do_not_count() -> None:
    step = steps((0.010, 20), (0.012, 20))
    noisy = [replace(point, reason="noisy host") if at >= 20 else point for at, point in enumerate(step)]
    assert changes(noisy) == ()
    failed = [replace(point, value=None) if at in {3, 22, 30} else point for at, point in enumerate(step)]
    assert [change.at for change in changes(failed)] == [20]


@given(st.floats(0.2, 5.0))
def test_scaling_all_values_moves_nothing(factor: float) -> None:
    step = steps((0.010, 20), (0.012, 20))
    scaled = [replace(point, value=(point.value or 0) * factor) for point in step]
    assert [change.at for change in changes(scaled)] == [20]


def test_versions_and_commits_are_marked_and_named_as_suspects() -> None:
    step = steps((0.010, 20), (0.012, 20))
    moved = [
        replace(
            point, versions={"aiohttp": "3.9.5" if at < 19 else "3.14.0"}, commit="a1" if at < 30 else "b2"
        )
        for at, point in enumerate(step)
    ]
    assert [(mark.at, mark.texts, mark.commit) for mark in marks(moved)] == [
        (19, ("aiohttp 3.9.5 → 3.14.0",), None),
        (30, (), "b2"),
    ]
    [found] = changes(moved)
    assert found.suspects == ("aiohttp 3.9.5 → 3.14.0",)


def test_series_are_in_the_order_of_time_however_they_were_added() -> None:
    made = [*series(cell("b"), 1, 3), *reversed(series(cell("a"), 2, 3))]
    found = series_of(made, TIME_PER_IMAGE)
    assert [of.variant for of in found] == ["a", "b"]
    assert [point.run for point in found[cell("a")]] == ["run-0000", "run-0001", "run-0002"]


def test_three_years_of_48_cells() -> None:
    made, plan = planted_years()
    hit = late = 0
    for of, of_cell in series_of(made, TIME_PER_IMAGE).items():
        found = [change.at for change in changes(of_cell)]
        planted = [day for day, _ in plan[of]]
        hit += sum(any(abs(at - day) <= 4 for at in found) for day in planted)
        late += sum(all(abs(at - day) > 4 for day in planted) for at in found)
    assert (hit, late) == (16, 0)  # 16 of 48 cells have one planted; noise 4 % from day to day, 3 % spikes
