"""The plan: every cell once a round, in an order that the seed decides."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.measure.planning.plan import make_plan, make_sided_plan
from harness.model import HarnessError, Plan, TrialRules, Variant
from harness.workload import Workload

HEAVY: Any = {"images": 300, "image_bytes": 1024**2, "latency_s": 0.0, "concurrency": 32, "sink": "memory"}
RULES = TrialRules(warmups=1, trial_s=0.5, max_passes=9, timeout_s=10.0)


def workload(name: str, *, concurrency: int = 4) -> Workload:
    return Workload.of(
        name=name, images=10, image_bytes=4096, latency_s=0.0, concurrency=concurrency, sink="memory", seed=1
    )


def variant(name: str, *, unavailable: str | None = None, in_flight: int | None = None) -> Variant:
    return Variant(
        id=name, concurrency=name, client="c", loop=None, unavailable=unavailable, in_flight=in_flight
    )


def plan(*, seed: int, rounds: int, variants: int = 5) -> Plan:
    return make_plan(
        suite="quick",
        baseline="v0",
        seed=seed,
        rules=RULES,
        workloads=[workload("w0"), workload("w1")],
        variants=[variant(f"v{number}") for number in range(variants)],
        rounds=rounds,
    )


@given(seed=st.integers(0, 2**32), rounds=st.integers(1, 6), variants=st.integers(1, 6))
def test_every_round_holds_every_cell_once(seed: int, rounds: int, variants: int) -> None:
    made = plan(seed=seed, rounds=rounds, variants=variants)
    assert len(made.rounds) == rounds
    for cells in made.rounds:
        assert set(Counter(cells).values()) == {1}
        assert len(cells) == 2 * variants
        assert set(cells) == set(made.cells)


@given(seed=st.integers(0, 2**32))
def test_the_same_seed_gives_the_same_plan(seed: int) -> None:
    assert plan(seed=seed, rounds=3) == plan(seed=seed, rounds=3)


def test_rounds_are_ordered_differently_and_so_are_seeds() -> None:
    made = plan(seed=1, rounds=8)
    assert len(set(made.rounds)) == 8
    assert plan(seed=2, rounds=8).rounds != made.rounds


def test_each_cell_comes_first_about_equally_often() -> None:
    firsts = Counter(cells[0] for cells in plan(seed=7, rounds=1000).rounds)
    assert len(firsts) == 10
    assert all(60 <= count <= 145 for count in firsts.values())  # binomial(1000, 1/10), beyond 4 sigma


def test_what_cannot_run_here_is_in_the_plan_but_in_no_round() -> None:
    made = make_plan(
        suite="s",
        baseline="v0",
        seed=1,
        rules=RULES,
        workloads=[workload("w0")],
        variants=[variant("v0"), variant("v1", unavailable="package x is not installed")],
        rounds=2,
    )
    assert [variant.id for variant in made.variants] == ["v0", "v1"]
    assert [cell.variant for cell in made.cells] == ["v0"]


def asked(*in_flight: int | None, concurrencies: Sequence[int], unavailable: str | None = None) -> Plan:
    """A plan of variants v0, v1, ... with these ceilings, on workloads w0, w1, ... that ask for so many at once."""
    return make_plan(
        suite="s",
        baseline="v0",
        seed=1,
        rules=RULES,
        workloads=[workload(f"w{place}", concurrency=many) for place, many in enumerate(concurrencies)],
        variants=[
            variant(f"v{place}", in_flight=many, unavailable=unavailable)
            for place, many in enumerate(in_flight)
        ],
        rounds=2,
    )


def test_a_cell_that_cannot_keep_to_what_is_asked_is_skipped_and_in_no_round() -> None:
    made = asked(None, 6, 1, concurrencies=(1, 6))
    assert [(each.cell.id, each.reason) for each in made.skipped] == [
        ("w0:v1", "v1 keeps 6 in flight, and 1 is asked")
    ]
    assert [cell.id for cell in made.cells] == ["w0:v0", "w0:v2", "w1:v0", "w1:v1", "w1:v2"]
    assert [len(cells) for cells in made.rounds] == [5, 5]


@given(
    in_flight=st.lists(st.none() | st.integers(1, 12), min_size=1, max_size=4),
    concurrencies=st.lists(st.integers(1, 12), min_size=1, max_size=3),
)
def test_every_cell_is_measured_in_every_round_or_skipped(
    in_flight: list[int | None], concurrencies: list[int]
) -> None:
    too_many = {
        (f"w{workload}", f"v{variant}")
        for workload, concurrency in enumerate(concurrencies)
        for variant, many in enumerate(in_flight)
        if min(many or 0, 10) > concurrency
    }
    every = {
        (f"w{workload}", f"v{variant}")
        for workload in range(len(concurrencies))
        for variant in range(len(in_flight))
    }
    if too_many == every:
        with pytest.raises(HarnessError, match="nothing can be measured here"):
            asked(*in_flight, concurrencies=concurrencies)
        return
    made = asked(*in_flight, concurrencies=concurrencies)
    assert {(each.cell.workload, each.cell.variant) for each in made.skipped} == too_many
    for cells in made.rounds:
        assert sorted((cell.workload, cell.variant) for cell in cells) == sorted(every - too_many)


@pytest.mark.parametrize(
    ("unavailable", "reason"),
    [
        (None, "w0: v0 keeps 6 in flight, and 1 is asked; w0: v1 keeps 7 in flight, and 1 is asked"),
        ("package x is not installed", "package x is not installed"),
    ],
)
def test_a_plan_of_nothing_is_refused_with_its_reasons(unavailable: str | None, reason: str) -> None:
    with pytest.raises(
        HarnessError,
        match=rf"^nothing can be measured here: {reason}; choose other variants or workloads$",
    ) as found:
        asked(6, 7, concurrencies=[1], unavailable=unavailable)
    assert found.value.exit_code == 5


def test_workloads_that_the_server_cannot_hold_together_are_refused() -> None:
    """Six of 300 MiB were 2.1 GB of memory."""
    six = [Workload.of(f"w{number}", **HEAVY) for number in range(6)]
    rest: Any = {
        "suite": "s",
        "baseline": "v0",
        "seed": 1,
        "rules": RULES,
        "variants": [variant("v0")],
        "rounds": 1,
    }
    assert len(make_plan(workloads=six[:3], **rest).workloads) == 3
    message = r"would hold 1,887,436,800 bytes of images \(w0 314,572,800, "
    with pytest.raises(HarnessError, match=message) as found:
        make_plan(workloads=six, **rest)
    assert found.value.exit_code == 2
    with pytest.raises(HarnessError, match=message):
        make_sided_plan(workloads=six, groups=[], **rest)


def test_a_workload_of_which_this_machine_lacks_something_is_skipped_and_the_others_are_measured() -> None:
    made = make_plan(
        suite="quick",
        baseline="v0",
        seed=1,
        rules=RULES,
        workloads=[workload("w0"), workload("w1")],
        variants=[variant("v0"), variant("v1")],
        rounds=2,
        lacking={"w1": "no line can be had"},
    )
    assert {cell.workload for cell in made.cells} == {"w0"}
    assert {(each.cell.workload, each.cell.variant, each.reason) for each in made.skipped} == {
        ("w1", "v0", "no line can be had"),
        ("w1", "v1", "no line can be had"),
    }
