"""How far a disturbance can move a paired ratio: rows typed by hand, and a disturbed host simulated."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.stats.disturbance import STILL, Disturbance, Kind, Reach, Work, total, work_of
from harness.stats.effect import Effect, against_variant, effects
from harness.stats.fitness import disturbances
from harness.stats.notes import Note
from harness.stats.verdict import Margins, verdicts
from tests.builders import cell, series, times
from tests.stats.disturbed_host import Image, Weather, run, true_ratio

NOTE = Note(code="noisy", text="others used 1 CPU", advice="stop them", invalidates=True)
WEATHER: list[Weather] = ["preempted", "stolen", "slowed", "drifting"]
WORK, WAIT = Image(cpu_s=0.0009, wait_s=0.0001), Image(cpu_s=0.0001, wait_s=0.0009)
HALF = Image(cpu_s=0.0005, wait_s=0.0005)


def of(kind: Kind, size: float = math.inf, step: float = 1.0) -> Disturbance:
    return Disturbance(note=NOTE, kind=kind, size=size, step=step)


def work(client: float, server: float = 0.0, cpus: int = 1) -> Work:
    return Work(client=client, server=server, cpus=cpus)


@pytest.mark.parametrize(
    ("kind", "size", "cell_share", "reference_share", "factor"),
    [
        ("preempted", 2.0, 0.5, 0.4, 0.5 / 0.6),  # half of it was waiting for a CPU; 0.4 of the other
        ("preempted", 2.0, 0.4, 0.5, 0.6 / 0.5),
        (
            "preempted",
            2.0,
            0.8,
            0.4,
            0.8 / 0.9,
        ),  # who worked for 0.8 of the time was stretched by 1.25 at most
        ("preempted", math.inf, 0.25, 0.05, 0.25 / 0.85),  # by 4 at most
        ("slowed", 2.0, 0.8, 0.4, 0.6 / 0.8),  # CPU seconds grew too: half of them are the slowness
        (
            "stolen",
            2.0,
            0.8,
            0.4,
            0.6 / 0.8,
        ),  # as if all of it were counted, because that is more than 0.8 / 0.9
        ("stolen", 2.0, 0.5, 0.4, 0.5 / 0.6),
    ],
)
def test_the_time_without_the_disturbance(
    kind: Kind, size: float, cell_share: float, reference_share: float, factor: float
) -> None:
    found = of(kind, size).reach(work(cell_share), work(reference_share), "time")
    at = math.log(factor)
    assert (found.low, found.high) == pytest.approx((min(at, 0.0), max(at, 0.0)))
    assert found.factor == pytest.approx(max(factor, 1 / factor))


def test_equal_work_is_moved_by_nothing_and_a_drift_moves_by_its_step() -> None:
    kinds: list[Kind] = ["preempted", "stolen", "slowed"]
    for kind in kinds:
        assert of(kind, 3.0).reach(work(0.4, 0.2), work(0.4, 0.2), "time") == STILL
    step = of("slowed", 1.5, 1.05).reach(work(0.4), work(0.4), "time")
    assert (step.low, step.high) == pytest.approx((-math.log(1.05), math.log(1.05)))


def test_whatever_cpu_was_disturbed_the_widest_counts() -> None:
    # The server works for 0.1 of the cell's time and 0.4 of the reference's: 0.9 / 0.6 with a server twice as long.
    found = of("preempted", 2.0).reach(work(0.3, 0.1), work(0.3, 0.4), "time")
    assert found.high == pytest.approx(math.log(0.9 / 0.6))
    # A client on two CPUs that works for 1.0 of the time was one thread, which was never kept from its CPU ...
    # ... or a half of each CPU, and was.
    found = of("preempted", 2.0).reach(work(1.0, cpus=2), work(0.2, cpus=2), "time")
    assert found.low == pytest.approx(math.log(0.5 / 0.9))


def test_what_is_not_known_bounds_nothing() -> None:
    everywhere = Reach(low=-math.inf, high=math.inf)
    assert of("unknown").reach(work(0.4), work(0.4), "time") == everywhere
    assert of("preempted", 2.0).reach(None, work(0.4), "time") == everywhere
    assert total([], None, None, "time") == STILL
    assert work_of([]) is None


def test_all_together_may_have_moved_it_the_same_way() -> None:
    both = total([of("preempted", 2.0), of("slowed", 1.0, 1.05)], work(0.5), work(0.4), "time")
    assert both.low == pytest.approx(math.log(0.5 / 0.6) - math.log(1.05))
    assert both.high == pytest.approx(math.log(1.05))


SHARES = st.floats(0.0, 1.0)


@given(SHARES, SHARES, st.floats(1.0, 50.0), st.sampled_from(["preempted", "stolen", "slowed"]))
def test_swapping_the_labels_turns_the_reach_round(
    value: float, other: float, size: float, kind: Kind
) -> None:
    there, back = (
        of(kind, size).reach(work(a), work(b), "time") for a, b in ((value, other), (other, value))
    )
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low), abs=1e-9)
    assert there.low <= 0 <= there.high
    larger = of(kind, 1.5 * size).reach(work(value), work(other), "time")
    assert (larger.low, -larger.high) <= (there.low + 1e-9, -there.high + 1e-9)


def test_the_work_of_a_cell_is_that_of_its_timed_passes() -> None:
    found = work_of(series(cell(), [0.1, 0.2], cpu=0.4))  # 10 images each; the server used 0.01 s per pass
    assert found is not None
    assert (found.client, found.server, found.cpus) == pytest.approx((0.4, 0.02 / 3, 1))


def judged(images: list[Image], kind: Weather, **facts: object) -> list[tuple[Effect, str, Reach]]:
    trials, sentinels = run(images, kind=kind, **facts)  # type: ignore[arg-type]  # by name
    found = verdicts(
        effects(times(trials), against_variant("0")), margins=Margins(), disturbances=disturbances(sentinels)
    )
    return [(verdict.effect, verdict.call, verdict.reach) for verdict in found]


@pytest.mark.parametrize("kind", WEATHER)
@pytest.mark.parametrize("images", [[WORK, WAIT], [WAIT, WORK], [HALF, WORK], [WAIT, HALF]])
def test_the_displacement_of_unlike_cells_lies_within_the_reach(kind: Weather, images: list[Image]) -> None:
    moved: list[float] = []
    low: list[float] = []
    high: list[float] = []
    for seed in range(8):
        for size in (2.0, 4.0):
            trials, sentinels = run(images, kind=kind, size=size, seed=seed)
            [effect] = effects(times(trials), against_variant("0"))
            reach = total(disturbances(sentinels), effect.work, effect.reference_work, "time")
            moved.append(float(np.mean(effect.log_ratios)) - math.log(true_ratio(images, effect.cell)))
            low, high = [*low, reach.low], [*high, reach.high]
    # The truth is the measured ratio moved by something in the reach; the noise of the runs averages out.
    assert np.mean(low) <= -np.mean(moved) + 0.02
    assert -np.mean(moved) - 0.02 <= np.mean(high)
    assert abs(np.mean(moved)) > 0.05


@pytest.mark.parametrize("kind", ["quiet", *WEATHER])
def test_forty_families_of_equal_cells_on_a_disturbed_host_have_no_regression(kind: Weather) -> None:
    calls = [call for seed in range(40) for _, call, _ in judged([HALF] * 4, kind, rounds=8, seed=500 + seed)]
    assert len(calls) == 120
    assert set(calls) <= {"equivalent", "inconclusive"}


def differs(kind: Weather, order: str) -> float:
    """Share of A/A runs on a disturbed host whose 95 % interval does not hold 1."""
    wrong = 0
    for seed in range(100):
        trials, _ = run([HALF, HALF], kind=kind, rounds=8, order=order, seed=seed)  # type: ignore[arg-type]
        [effect] = effects(times(trials), against_variant("0"))
        assert effect.interval is not None
        wrong += not effect.interval.low <= 1 <= effect.interval.high
    return wrong / 100


@pytest.mark.parametrize("kind", WEATHER)
def test_in_turn_equal_cells_keep_their_false_alarms_and_one_after_the_other_they_do_not(
    kind: Weather,
) -> None:
    assert differs(kind, "interleaved") <= 0.12  # 5 % promised; 100 runs: 3.29 standard errors above it
    assert differs(kind, "sequential") > 0.15


@pytest.mark.parametrize("kind", WEATHER)
@pytest.mark.parametrize(("cpu_s", "wait_s"), [(0.0015, 0.0015), (0.0025, 0.0005), (0.0005, 0.0025)])
def test_three_times_as_slow_is_called_regressed_whatever_the_host_does(
    kind: Weather, cpu_s: float, wait_s: float
) -> None:
    slow = Image(cpu_s=cpu_s, wait_s=wait_s)
    calls = {judged([HALF, slow], kind, seed=900 + seed)[0][1] for seed in range(20)}
    assert calls == {"regressed"}
