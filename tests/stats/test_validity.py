"""Validity: a cell that was not measured as asked says so; only what makes a ranking unfair invalidates."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from harness.measured import Ceiling, Flow, LineWitness, Pass, Trial
from harness.model import Cell
from harness.stats.notes import Note
from harness.stats.validity import _limit, cell_notes, facts, server_limits, server_share
from harness.workload import Workload
from tests.builders import cell, one_pass, seen, trial

A, B, C = cell("a"), cell("b"), cell("c")
QUIET = Flow(packets=1_000, bytes=1_000_000, dropped=0, late=1, most_late_s=0.004)
LATE = Flow(packets=1_000, bytes=1_000_000, dropped=0, late=50, most_late_s=0.004)
SMALL = Workload.of(
    name="small", images=10, image_bytes=6144, latency_s=0.05, concurrency=8, sink="memory", seed=1
)
NO_LATENCY = SMALL.but(latency_s=0.0)


def measured(of: Cell, **witness: Any) -> Trial:
    """A trial of three timed passes of 10 images in 1 s each; all 8 were in flight unless told otherwise."""
    even = one_pass(0.1)
    changed = replace(seen(even), **({"peak_in_flight": 8} | witness))
    passes = (replace(even, warmup=True), *(replace(even, witness=changed),) * 3)
    return replace(trial(of, 0, 0.1), passes=passes)


def notes(
    *trials: Trial, workload: Workload = SMALL, ceiling: float | None = None
) -> dict[Cell, tuple[Note, ...]]:
    known = Ceiling(image_bytes=6144, started_at=0.0, requests_per_s=ceiling) if ceiling else None
    return cell_notes(trials, [workload], [known] if known else [])


def only(*trials: Trial, **options: Any) -> Note:
    [(_, [found])] = notes(*trials, **options).items()
    return found


def test_a_cell_as_asked_has_no_notes() -> None:
    assert notes(measured(A), measured(B), ceiling=1000.0) == {}


def test_a_relay_beside_the_server_takes_of_the_same_core() -> None:
    trial_ = measured(A, server_cpu_s=0.5)
    wall_s = trial_.timed[0].wall_s
    line = LineWitness(up=QUIET, down=QUIET, elapsed_s=wall_s, relay_cpu_s=0.45 * wall_s)
    shared = replace(trial_, passes=tuple(replace(pass_, line=line) for pass_ in trial_.passes))
    alone = server_share(trial_)
    assert alone is not None
    assert server_share(shared) == pytest.approx(alone + 0.45)
    [note] = notes(shared)[A]
    assert note.text == "server-bound: the server and the line's relay used 95% of its core"


@pytest.mark.parametrize(("cpu_s", "bound"), [(0.89, False), (0.90, True), (1.0, True)])
def test_a_server_that_used_nine_tenths_of_its_core_decided_the_speed(cpu_s: float, *, bound: bool) -> None:
    trial_ = measured(A, server_cpu_s=cpu_s)
    assert server_share(trial_) == pytest.approx(cpu_s)
    found = notes(trial_)
    assert bool(found) is bound
    if bound:
        [note] = found[A]
        assert (note.code, note.invalidates) == ("server-bound", True)


@pytest.mark.parametrize(
    ("ceiling", "bound"),
    [
        (11.2, False),
        (11.1, True),
        (10.1, True),
        (10.0, False),
        (9.0, False),
    ],  # 10 refutes what is not above it
)
def test_a_rate_within_a_tenth_of_the_ceiling_is_the_servers(ceiling: float, *, bound: bool) -> None:
    found = notes(measured(A), ceiling=ceiling)  # 10 images/s
    assert bool(found) is bound
    if bound:
        [note] = found[A]
        assert (note.code, note.invalidates) == ("server-bound", True)
        assert note.text.startswith("server-bound: 10 of the server's")


def ceiling(requests_per_s: float, image_bytes: int = 6144) -> Ceiling:
    return Ceiling(image_bytes=image_bytes, started_at=0.0, requests_per_s=requests_per_s)


def test_a_ceiling_that_any_cell_surpassed_binds_no_other() -> None:
    """3,335 of 1,386 requests/s: the fastest row had been struck out, and a slower one was named the fastest."""
    slow = replace(measured(B), passes=tuple(replace(pass_, wall_s=1.05) for pass_ in measured(B).passes))
    assert set(notes(slow, ceiling=9.9)) == {B}
    assert notes(slow, measured(A), ceiling=9.9) == {}


@pytest.mark.parametrize(
    ("ceilings", "limit"),
    [
        ([], None),
        ([ceiling(9.0)], None),
        ([ceiling(9.0), ceiling(40.0)], 40.0),  # measured again when the first was refuted
        ([ceiling(40.0), ceiling(9.0)], 40.0),
        ([ceiling(40.0, 200_000)], None),
    ],
)
def test_the_highest_ceiling_counts_unless_a_pass_surpassed_it(
    ceilings: list[Ceiling], limit: float | None
) -> None:
    assert server_limits([measured(A)], [SMALL], ceilings).get("small") == limit


def test_a_failed_trial_refutes_no_ceiling() -> None:
    failed = replace(measured(A), reason="the pass ended before its downloads")
    assert server_limits([failed], [SMALL], [ceiling(9.0)]) == {"small": 9.0}


def test_a_ceiling_of_another_size_says_nothing() -> None:
    other = Ceiling(image_bytes=204_800, started_at=0.0, requests_per_s=5.0)
    assert cell_notes([measured(A)], [SMALL], [other]) == {}


def test_concurrency_that_was_not_reached_is_said_and_keeps_its_rank() -> None:
    note = only(measured(A, peak_in_flight=3))
    assert (note.code, note.text, note.invalidates) == ("concurrency-not-reached", "3 of 8 in flight", False)
    assert notes(measured(A, peak_in_flight=4)) == {}


def test_without_latency_what_a_server_sees_in_flight_says_nothing() -> None:
    assert notes(measured(A, peak_in_flight=1), workload=NO_LATENCY) == {}


def test_more_connections_than_asked_are_said() -> None:
    note = only(measured(A, connections=10))
    assert (note.code, note.text) == ("connections-not-reused", "10 connections for 10 images")
    assert not note.invalidates
    assert notes(measured(A, connections=8)) == {}


def test_requests_of_others_are_said_and_keep_the_rank() -> None:
    note = only(measured(A, strangers=2))
    assert (note.code, note.text) == ("strangers", "6 requests of others reached the server meanwhile")
    assert not note.invalidates
    assert notes(measured(A, strangers=0)) == {}


def test_a_header_that_most_do_not_send_is_marked() -> None:
    usual = {"accept-encoding": "gzip, deflate", "connection": "keep-alive"}
    odd = measured(C, headers={"accept-encoding": "gzip, deflate, br"})
    note = only(measured(A, headers=usual), measured(B, headers=usual), odd)
    assert note.code == "unequal-terms"
    assert note.text == "asks for gzip, deflate, br, most others for gzip, deflate"
    assert not note.invalidates


def test_another_http_version_is_in_no_ranking_with_the_others() -> None:
    found = notes(measured(A), measured(B), measured(C, http_version="2"))
    [note] = found[C]
    assert list(found) == [C]
    assert (note.text, note.invalidates) == ("HTTP version 2; most others: 1.1", True)


def test_a_header_that_is_not_sent_is_none_and_keep_alive_is_the_rule_of_http() -> None:
    assert facts(measured(A)) == {
        "HTTP version": "1.1",
        "accept-encoding": "none",
        "connection": "keep-alive",
    }


def test_workloads_are_compared_apart() -> None:
    large = replace(SMALL, name="large")
    other = measured(cell("a", workload="large"), headers={"accept-encoding": "br"})
    trials = [measured(A), measured(B), other]
    assert cell_notes(trials, [SMALL, large], []) == {}


@pytest.mark.parametrize(
    "broken",
    [
        lambda made: replace(made, reason="it failed"),
        lambda made: replace(made, passes=made.passes[:1]),  # the warm-up alone
    ],
)
def test_a_trial_without_timed_passes_takes_no_part(broken: Callable[[Trial], Trial]) -> None:
    assert notes(broken(measured(A, server_cpu_s=1.0)), measured(B)) == {}


def test_one_pass_among_many_does_not_decide() -> None:
    quiet = measured(A)
    loud: Pass = replace(quiet.timed[0], witness=replace(seen(quiet.timed[0]), server_cpu_s=1.0))
    assert notes(replace(quiet, passes=(*quiet.passes, loud))) == {}


@pytest.mark.parametrize(
    ("seen", "limit"),
    [
        (LineWitness(up=QUIET, down=QUIET, elapsed_s=1.0, relay_cpu_s=0.5), None),
        (
            LineWitness(up=QUIET, down=QUIET, elapsed_s=1.0, relay_cpu_s=0.95),
            "the relay used 95% of its core",
        ),
        (
            LineWitness(up=QUIET, down=LATE, elapsed_s=1.0, relay_cpu_s=0.5),
            "the relay was late with 2.5% of the packets, by up to 4.0 ms",
        ),
        (LineWitness(up=Flow(packets=9, bytes=9, dropped=0), down=Flow(packets=0, bytes=0, dropped=3)), None),
    ],
)
def test_a_relay_that_holds_packets_up_is_named(seen: LineWitness, limit: str | None) -> None:
    assert _limit(seen) == limit


def test_what_was_not_witnessed_is_said_and_takes_no_rank() -> None:
    remote = SMALL.but(server="remote", latency_s=0.0)
    alone = measured(A)
    passes = tuple(replace(pass_, witness=None, peak_in_flight=3) for pass_ in alone.passes)
    unseen = replace(alone, passes=passes)
    assert server_share(unseen) is None
    found = notes(unseen, workload=remote)[A]
    assert {note.code: note.invalidates for note in found} == {
        "concurrency-not-reached": False,
        "not-witnessed": False,
    }
    assert [note.text for note in found if note.code == "concurrency-not-reached"] == ["3 of 8 in flight"]
