"""Is a fault that was drawn the fault that was played, and what the client saw? Counted for every client and fault.

Most images of a workload meet one fault, and each image is tried once. Held against each other: what was drawn (from
the workload alone), what was played (by the server's witness) and what was seen (by the client: an error, a wrong body, or a
request more than was asked for, if it tried again by itself). ``python -m harness.calibration fault_counts``, or
``nox -s fault_counts``.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase

from harness.faults import FAULTS, ON_A_LINE, OVER_TLS
from harness.measure.ends import lacking
from harness.measure.planning.catalog import Catalog, open_catalog
from harness.measure.planning.plan import lone_job
from harness.measure.run import run_round
from harness.measured import Trial
from harness.model import TrialRules, Variant
from harness.session.options import positive
from harness.workload import Workload

# A model for each kind of client that lets one bad image cost nothing but itself, and lets none wait in the client's pool,
# where aiohttp's timeout runs already.
MODELS = {"sync": "thread_pool_catching", "async": "queue_workers_catching"}
SLOW = frozenset({"stall_before_head", "stall_in_body", "trickle", "slow_head", "unroutable"})
LOOP = "redirect_loop"
SHARE = 0.95  # of the images meet the fault: a pass without any image has no speed, and fails
SHORT_S, LONG_S, STALL_S = 1.0, 30.0, 5.0  # timeouts of a client, and how long the server holds out
CONCURRENCY = 64  # so few that the slowest client has each good image well within its timeout
RULES = TrialRules(warmups=0, trial_s=0.0, max_passes=1, timeout_s=3_600.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """One client and one fault.

    Attributes:
        drawn: images that must meet the fault.
        played: requests that met it; None where none can reach the server.
        errors: name of the error -> attempts that ended with it.
        wrong: bodies that were taken for good, and are not.
        retried: requests that the client sent by itself, beyond the one for each attempt.
        unreached: attempts that ended before a request of theirs had come to the server.
        came: images that meet the fault, and came all the same.
        reason: why nothing was counted; None if it was.
    """

    client: str
    fault: str
    drawn: int
    played: int | None = None
    errors: Mapping[str, int] = field(default_factory=dict)
    wrong: int = 0
    retried: int = 0
    unreached: int = 0
    came: int = 0
    reason: str | None = None

    @property
    def seen(self) -> int:
        """How often the client saw it, in whatever way.

        Of a fault that gives the image all the same it need not see anything: there each image that meets it is counted.
        """
        lost = sum(self.errors.values())
        if FAULTS[self.fault].gives_image:
            return self.came + lost
        # A loop is asked for again because the server says so.
        by_itself = 0 if self.fault == LOOP else self.retried
        return lost + self.wrong + by_itself

    @property
    def is_equal(self) -> bool:
        """Whether all counts are the same; a loop is played as often as it goes round, to all images alike.

        What never came to the server met nothing there: where a connection was closed under a request, or could not be made
        in time.
        """
        if self.reason is not None or self.seen != self.drawn:
            return False
        if self.fault == LOOP and self.played:
            return self.played % self.drawn == 0
        return self.played is None or self.drawn - self.unreached <= self.played <= self.drawn


def main() -> int:
    """Count, tell, and return 1 if any count differs."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument(
        "--requests", type=positive, default=10_000, help="of each client and fault (default: 10000)"
    )
    parser.add_argument("--clients", nargs="+", default=["*"], metavar="GLOB")
    parser.add_argument("--faults", nargs="+", default=["*"], metavar="GLOB")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    catalog = open_catalog(sys.executable)
    found = []
    for counts in _counted(catalog, options):
        found.append(counts)
        if not options.json:
            sys.stdout.write(_line(counts))
            sys.stdout.flush()
    if options.json:
        sys.stdout.write(
            json.dumps([asdict(counts) | {"is_equal": counts.is_equal} for counts in found]) + "\n"
        )
    return 0 if found and all(counts.is_equal for counts in found) else 1


def _counted(catalog: Catalog, options: argparse.Namespace) -> Iterator[Counts]:
    variants = [
        variant
        for variant in catalog.variants
        if not variant.unavailable
        and variant.concurrency in MODELS.values()
        and variant.loop in {None, "asyncio"}
        and "1.1" in variant.http
        and any(fnmatchcase(variant.client, pattern) for pattern in options.clients)
    ]
    for name in FAULTS:
        if any(fnmatchcase(name, pattern) for pattern in options.faults):
            yield from _of_fault(name, catalog, variants, options.requests)


def _of_fault(name: str, catalog: Catalog, variants: Sequence[Variant], drawn: int) -> Iterator[Counts]:
    workload = Workload.of(
        f"{name.replace('_', '-')}-memory",
        images=round(drawn / SHARE),
        image_bytes=1_024,
        concurrency=CONCURRENCY,
        sink="memory",
        tls=name in OVER_TLS,
        round_trip_s=0.001 if name in ON_A_LINE else 0.0,
        faults={name: SHARE},
        retry_after_s=0,
        stall_s=STALL_S,
        attempt_timeout_s=SHORT_S if name in SLOW and not FAULTS[name].gives_image else LONG_S,
    )
    lacks = lacking([workload]).get(workload.name)
    for variant in variants:
        if lacks:
            yield Counts(client=variant.client, fault=name, drawn=drawn, reason=lacks)
            continue
        [trial] = run_round(lone_job("faults", workload, variant, RULES, catalog)).trials
        yield counted(name, variant.client, drawn, trial)


def counted(fault: str, client: str, drawn: int, trial: Trial) -> Counts:
    """What one trial of a workload says, most of whose images meet a fault. Pure."""
    if trial.reason is not None:
        return Counts(client=client, fault=fault, drawn=drawn, reason=trial.reason)
    [passed] = trial.passes
    attempts, witness = passed.attempts, passed.witness
    assert attempts is not None
    assert witness is not None
    is_played = FAULTS[fault].place == "answer"
    return Counts(
        client=client,
        fault=fault,
        drawn=drawn,
        played=(witness.faults or {}).get(fault, 0) if is_played else None,
        errors=dict(Counter(error for error in attempts.error if error)),
        wrong=attempts.wrong,
        retried=attempts.hidden_requests or 0,
        unreached=max(0, len(attempts.image) - witness.requests) if is_played else 0,
        came=attempts.verified - (attempts.asked - drawn),
    )


def _line(counts: Counts) -> str:
    """One client and fault, on one line."""
    head = f"{counts.fault}, {counts.client}: "
    if counts.reason:
        return f"{head}not counted: {counts.reason}\n"
    told = ", ".join(f"{number:,} × {name}" for name, number in counts.errors.items())
    played = "–" if counts.played is None else f"{counts.played:,}"
    more = [
        *([told] if told else []),
        *([f"{counts.wrong:,} wrong bodies taken for good"] if counts.wrong else []),
        *([f"{counts.retried:,} requests by itself"] if counts.retried else []),
        *([f"{counts.unreached:,} never came to the server"] if counts.unreached else []),
        *([f"{counts.came:,} images came"] if counts.came else []),
    ]
    word = "equal" if counts.is_equal else "NOT EQUAL"
    return (
        f"{head}drawn {counts.drawn:,}, played {played}, seen {counts.seen:,}: {word} ({'; '.join(more)})\n"
    )
