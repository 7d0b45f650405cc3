"""Validity of a cell: was it the variant that was measured, as it was asked? Notes say what speaks against it.

The limits come from the protocol in docs/method.md. Nothing here compares speeds of variants.
"""

import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence

from harness.fields import TELLING_LATENCY_S
from harness.measured import Ceiling, LineWitness, Pass, Trial, Witness, good_by_cell
from harness.metrics import CLIENT_IN_FLIGHT, CONNECTIONS, NOT_WITNESSED, RATE, SERVER_IN_FLIGHT
from harness.model import Cell
from harness.stats.goodput import goodput_notes, most_had
from harness.stats.notes import Note
from harness.workload import AnswerKind, Workload

SERVER_SHARE = 0.9  # of the server's one core; above it the server decides how fast a cell is
CEILING_SHARE = 0.9  # of the measured ceiling
RELAY_SHARE = 0.9  # of the core of a line's relay
LATE_SHARE = 0.01  # of its packets, that arrived a millisecond or more after they were due
FEW = 0.5  # share of the asked concurrency below which a reader should know it was not reached


def cell_notes(
    trials: Sequence[Trial], workloads: Sequence[Workload], ceilings: Sequence[Ceiling]
) -> dict[Cell, tuple[Note, ...]]:
    """Notes of every measured cell that has any."""
    asked = {workload.name: workload for workload in workloads}
    limits = server_limits(trials, workloads, ceilings)
    whole = good_by_cell(trials)
    usual = {name: _usual(name, whole) for name in asked}
    most = {name: most_had(whole, workload) for name, workload in asked.items() if workload.is_forgiving}
    found = {
        cell: (
            *_server_bound(of_cell, limits.get(cell.workload)),
            *_link_bound(of_cell),
            *_concurrency(of_cell, asked[cell.workload]),
            *_strangers(of_cell),
            *_unwitnessed(of_cell),
            *_parity(of_cell, usual[cell.workload]),
            *_advice(of_cell),
            *goodput_notes(of_cell, most.get(cell.workload, 0.0)),
        )
        for cell, of_cell in sorted(whole.items())
    }
    return {cell: notes for cell, notes in found.items() if notes}


def server_limits(
    trials: Sequence[Trial], workloads: Sequence[Workload], ceilings: Sequence[Ceiling]
) -> dict[str, float]:
    """Requests per second that the server can give of each workload's images, without thinking time; only what is known.

    The highest ceiling of a kind of answer counts, for whatever disturbs one makes it lower. One that a pass surpassed is
    refuted: it was disturbed too, and says nothing.
    """
    kinds = {workload.name: workload.answer_kind for workload in workloads}
    highest: dict[AnswerKind, float] = defaultdict(float)
    for ceiling in ceilings:
        highest[ceiling.answer_kind] = max(ceiling.requests_per_s, highest[ceiling.answer_kind])
    reached: dict[AnswerKind, float] = defaultdict(float)
    for trial in trials:
        if trial.reason is None:
            kind = kinds[trial.cell.workload]
            reached[kind] = max(
                reached[kind], *(len(pass_.latency_s) / pass_.wall_s for pass_ in trial.passes), 0.0
            )
    return {name: highest[kind] for name, kind in kinds.items() if highest[kind] > reached[kind]}


def server_share(trial: Trial) -> float | None:
    """Share of one core that the server used during the timed passes, with a line's relay beside it; median over them.

    None if they were not witnessed.
    """
    used = [
        (_relay_cpu_s(pass_) + pass_.witness.server_cpu_s) / pass_.wall_s
        for pass_ in trial.timed
        if pass_.witness
    ]
    return statistics.median(used) if used else None


def _relay_cpu_s(passed: Pass) -> float:
    return (passed.line.relay_cpu_s if passed.line else None) or 0.0


def _server_bound(trials: Sequence[Trial], ceiling: float | None) -> Iterator[Note]:
    advice = "raise the thinking time or the size of the images, or give the server a quicker core"
    shares = [share for trial in trials if (share := server_share(trial)) is not None]
    share = statistics.median(shares) if shares else 0.0
    if share >= SERVER_SHARE:
        relay = " and the line's relay" if any(map(_relay_cpu_s, trials[0].timed)) else ""
        text = f"server-bound: the server{relay} used {share:.0%} of its core"
        yield Note(code="server-bound", text=text, advice=advice, invalidates=True)
        return
    rate = statistics.median(map(RATE.of_trial, trials))
    if ceiling and rate >= CEILING_SHARE * ceiling:
        text = f"server-bound: {rate:,.0f} of the server's {ceiling:,.0f} requests/s"
        yield Note(code="server-bound", text=text, advice=advice, invalidates=True)


def _link_bound(trials: Sequence[Trial]) -> Iterator[Note]:
    """Where the relay itself held packets up, what was measured is it and not a client."""
    limits = [
        limit for trial in trials for pass_ in trial.timed if pass_.line and (limit := _limit(pass_.line))
    ]
    if 2 * len(limits) > sum(len(trial.timed) for trial in trials):
        yield Note(
            code="link-bound",
            text=f"link-bound: {limits[len(limits) // 2]}",
            advice="ask for fewer or smaller images on this line, or give its relay a quicker core",
            invalidates=True,
        )


def _limit(line: LineWitness) -> str | None:
    """How the relay held packets up in one pass; None if it did not."""
    if line.elapsed_s and line.relay_cpu_s and line.relay_cpu_s > RELAY_SHARE * line.elapsed_s:
        return f"the relay used {line.relay_cpu_s / line.elapsed_s:.0%} of its core"
    flows = (line.up, line.down)
    share = sum(flow.late or 0 for flow in flows) / max(1, sum(flow.packets for flow in flows))
    if share > LATE_SHARE:
        worst_s = max(flow.most_late_s or 0.0 for flow in flows)
        return f"the relay was late with {share:.1%} of the packets, by up to {worst_s * 1e3:.1f} ms"
    return None


def _concurrency(trials: Sequence[Trial], workload: Workload) -> Iterator[Note]:
    asked = min(workload.arrival.concurrency, workload.what.images)
    # A server that answers at once, or is not ours, cannot tell; where answers take their time the client's own count does.
    in_flight = SERVER_IN_FLIGHT if workload.network.shows_in_flight else CLIENT_IN_FLIGHT
    reached = statistics.median(map(in_flight.of_trial, trials))
    is_known = (
        workload.network.shows_in_flight
        or workload.network.is_remote
        or workload.link.round_trip_s >= TELLING_LATENCY_S
    )
    if is_known and reached < FEW * asked:
        yield Note(
            code="concurrency-not-reached",
            text=f"{reached:.0f} of {asked} in flight",
            advice="size the executor or the pool to the concurrency",
            invalidates=False,
        )
    opened = statistics.median(map(CONNECTIONS.of_trial, trials))
    # A fault may end the connection that it was met on, whatever the client does.
    ended = max(_faults_met(pass_) for trial in trials for pass_ in trial.timed)
    if opened > asked * workload.network.hosts + ended:
        yield Note(
            code="connections-not-reused",
            text=f"{opened:.0f} connections for {workload.what.images} images",
            advice="share one session or client between the downloads",
            invalidates=False,
        )


def _faults_met(passed: Pass) -> int:
    return sum((passed.witness.faults or {}).values()) if passed.witness else 0


def _unwitnessed(trials: Sequence[Trial]) -> Iterator[Note]:
    """That every body is right shows what arrived, and not what it took."""
    if any(pass_.witness is None for trial in trials for pass_ in trial.timed):
        yield Note(
            code="not-witnessed",
            text=f"{NOT_WITNESSED}: requests, connections and protocol at a server that is not ours",
            advice="measure on a local workload what must be equal there",
            invalidates=False,
        )


def _strangers(trials: Sequence[Trial]) -> Iterator[Note]:
    """Others do not spoil a count, and yet take the server's time."""
    seen = (pass_.witness for trial in trials for pass_ in trial.timed)
    count = sum(witness.strangers or 0 for witness in seen if witness)
    if count:
        yield Note(
            code="strangers",
            text=f"{count:,} {'request' if count == 1 else 'requests'} of others reached the server meanwhile",
            advice="see who else on this machine asks its port",
            invalidates=False,
        )


FACTS: Mapping[str, Callable[[Witness], str]] = {
    "HTTP version": lambda seen: seen.http_version or "none",
    "accept-encoding": lambda seen: seen.headers.get("accept-encoding", "none"),
    "connection": lambda seen: seen.headers.get("connection", "keep-alive"),
}


def facts(trial: Trial) -> dict[str, str]:
    """What the server saw of how this trial asks: the facts in which variants should be equal."""
    seen = trial.timed[0].witness
    return {name: of_witness(seen) if seen else NOT_WITNESSED for name, of_witness in FACTS.items()}


def _usual(workload: str, whole: Mapping[Cell, Sequence[Trial]]) -> dict[str, str]:
    """The most frequent value of each fact over the cells of a workload; of equally frequent ones the first by name."""
    seen = [facts(trials[0]) for cell, trials in sorted(whole.items()) if cell.workload == workload]
    return {
        name: min(Counter(of_cell[name] for of_cell in seen).items(), key=lambda item: (-item[1], item[0]))[0]
        for name in (FACTS if seen else ())
    }


def _parity(trials: Sequence[Trial], usual: Mapping[str, str]) -> Iterator[Note]:
    for name, value in facts(trials[0]).items():
        if value != usual[name]:
            yield Note(
                code="unequal-terms",
                text=_unlike(name, value, usual[name]),
                advice="make the clients ask in the same way if it matters for your images",
                invalidates=name == "HTTP version",
            )


def _unlike(name: str, value: str, usual: str) -> str:
    """How the client asks, and how most others do."""
    if name != "accept-encoding":
        return f"{name} {value}; most others: {usual}"
    asked, others = (
        "no compression" if coding in {"none", "identity"} else coding for coding in (value, usual)
    )
    return f"asks for {asked}, most others for {others}"


def _advice(trials: Sequence[Trial]) -> Iterator[Note]:
    found = next((trial.advice for trial in trials if trial.advice), None)
    if found:
        text, _, advice = found.partition(": ")
        yield Note(code="advice", text=text, advice=advice, invalidates=False)
