"""What limits a cell and how far it is from the ideal: rows computed by hand."""

import math
from dataclasses import replace

import pytest

from harness.ledger import Ledger
from harness.measured import Flow, LineWitness, Pass
from harness.report.frames.limits import ideal_s, limits, waiting_s
from harness.workload import Workload
from tests.report.ledgers import make_book

TO_THREAD = "to_thread/requests_session/asyncio"


def asked(**more: object) -> Workload:
    return Workload.of(
        name="small-memory",
        **{"images": 100, "image_bytes": 6144, "concurrency": 32, "sink": "memory", "seed": 1} | more,
    )


@pytest.mark.parametrize(
    ("workload", "ceiling", "seconds"),
    [
        # A round trip for TCP, then four waves of up to 32.
        (asked(round_trip_s=0.02), None, 0.1),
        # One more for TLS.
        (asked(round_trip_s=0.02, tls=True), None, 0.12),
        # Two waves of thinking.
        (asked(latency_s=0.05, concurrency=50), None, 0.1),
        # A distribution of 50 ms on average: nobody need wait for a whole last wave.
        (asked(latency_s=(0.0, 0.1)), None, 0.05 * 100 / 32),
        # Half of the images are found behind a redirect: 150 requests are five waves.
        (asked(latency_s=0.1, redirect_share=0.5), None, 0.5),
        # TCP and TLS, the request's round trip, and 4,915,200 bits.
        (asked(round_trip_s=0.028, down_bits_per_s=10_000_000, tls=True), None, 0.056 + 0.028 + 0.49152),
        # Without a network the server is what is left.
        (asked(), 20_000.0, 0.005),
        (asked(), None, math.nan),
        (asked(server="remote"), 20_000.0, math.nan),
    ],
)
def test_the_ideal_is_what_no_client_can_be_quicker_than(
    workload: Workload, ceiling: float | None, seconds: float
) -> None:
    assert ideal_s(workload, ceiling) == pytest.approx(seconds, nan_ok=True)


def test_fewer_in_flight_wait_for_more_waves() -> None:
    assert waiting_s(asked(latency_s=0.05, images=100), 6) == pytest.approx(17 * 0.05)


def test_a_connection_for_each_image_is_waited_for_one_after_the_other() -> None:
    near = asked(round_trip_s=0.02, tls=True)
    assert waiting_s(near, 32, 32) == pytest.approx(0.04 + 4 * 0.02)
    assert waiting_s(near, 5, 100) == pytest.approx(20 * 0.04 + 20 * 0.02)


def limited(
    workload: Workload,
    figures: dict[str, float] | None = None,
    *,
    loop: bool = True,
    line: LineWitness | None = None,
) -> dict[str, object]:
    """What is said of one cell whose summary has these figures; its pass took half a second."""
    variant = TO_THREAD if loop else "thread_pool/requests_session"
    ledger: Ledger = make_book(variants=[variant], workloads=[workload], rounds=1)
    [trial] = ledger.trials
    passes = tuple(replace(each, wall_s=0.5, line=line) for each in trial.passes)
    ledger = replace(ledger, ceilings=(), trials=(replace(trial, executor_size=6, passes=passes),))
    row = {
        "workload": workload.name,
        "variant": variant,
        "side": "here",
        "loop": "asyncio" if loop else "none",
        "wall_s": 0.5,
        "images_per_s": 200.0,
        "client_cpu_s_per_1000_images": 0.5,  # a tenth of a core
        "client_peak_in_flight": 32.0,
        "connections": 32.0,
        "server_core_share": math.nan,
        "ceiling_share": None,
    }
    [found] = limits(ledger, [row | (figures or {})])
    return found


@pytest.mark.parametrize(
    ("figures", "name", "share"),
    [
        ({"client_peak_in_flight": 6.0}, "default executor", 17 * 0.025 / 0.5),
        ({"client_peak_in_flight": 8.0}, "few in flight", 13 * 0.025 / 0.5),
        ({"client_peak_in_flight": 100.0, "wall_s": 0.125}, "round trips", 4 * 0.025 / 0.125),
        ({"client_cpu_s_per_1000_images": 4.5}, "CPU", 0.9),
        ({"server_core_share": 0.7}, "server", 0.7),
        ({"ceiling_share": 0.8}, "server", 0.8),
        ({}, "none", math.nan),  # nothing is used by half
    ],
)
def test_what_is_used_most_is_the_limit(figures: dict[str, float], name: str, share: float) -> None:
    found = limited(asked(latency_s=0.025), figures)
    assert found["limited_by"] == name
    assert found["limit_share"] == pytest.approx(share, nan_ok=True)


def test_as_few_threads_without_a_loop_are_no_default_executor() -> None:
    found = limited(asked(latency_s=0.025), {"client_peak_in_flight": 6.0}, loop=False)
    assert found["limited_by"] == "few in flight"


def test_a_full_line_is_the_limit() -> None:
    flow = Flow(packets=1, bytes=562_500, dropped=0)
    found = limited(asked(down_bits_per_s=10_000_000), line=LineWitness(up=flow, down=flow))
    assert (found["limited_by"], found["limit_share"]) == ("line", pytest.approx(0.9))


def test_calls_beyond_what_was_asked_have_waited_for_their_turn() -> None:
    """200 calls at once, each 0.4 s: no more than 50 were on the wire, so three quarters of each was spent waiting."""
    ledger = make_book(variants=[TO_THREAD], workloads=[asked(concurrency=50, images=200)], rounds=1)

    def at_once(each: Pass) -> Pass:
        return replace(each, start_s=(0.01,) * 200, latency_s=(0.4,) * 200)

    [trial] = ledger.trials
    ledger = replace(ledger, trials=(replace(trial, passes=tuple(map(at_once, trial.passes))),))
    row = {"workload": "small-memory", "variant": TO_THREAD, "side": "here", "loop": "asyncio", "wall_s": 0.5}
    row |= {"images_per_s": 1.0, "client_cpu_s_per_1000_images": 1.0, "client_peak_in_flight": 50.0}
    row |= {"connections": 50.0}
    [found] = limits(ledger, [row | {"server_core_share": None, "ceiling_share": None}])
    assert found["queued_share"] == pytest.approx(0.75)
