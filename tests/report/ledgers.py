"""Whole ledgers for tests of the report, made of plain records; the figures are arithmetic, not chance."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from matplotlib.figure import Figure

from harness.ledger import Ledger
from harness.measured import Attempts, Ceiling, Pass, Trial
from harness.model import HERE, Axis, Cell, Contender, Plan, Run, SelfCheck, Skipped, TrialRules, Variant
from harness.report.csvs import to_csv
from harness.report.derived import build
from harness.report.frames.tables import Tables, make_tables
from harness.stats.judge import judge_run
from harness.workload import Workload
from tests import builders

VARIANTS = (
    "thread_pool/requests_session",
    "to_thread/requests_session/asyncio",
    "gather/aiohttp_session/asyncio",
    "gather/aiohttp_session/uvloop",
    "thread_pool/urllib3_pool",
)
IMAGES = 200
EVIL = '<script>alert("x")</script>'


def workload(name: str, *, concurrency: int = 32, latency_s: float = 0.05) -> Workload:
    return Workload.of(
        name=name,
        images=IMAGES,
        image_bytes=6144,
        latency_s=latency_s,
        concurrency=concurrency,
        sink="memory",
        seed=1,
    )


def make_book(
    *,
    variants: Sequence[str] = VARIANTS,
    workloads: Sequence[Workload] = (workload("small-memory"),),
    rounds: int = 5,
    sides: Sequence[str] = (HERE,),
    failed: Mapping[str, str] | None = None,
    fails_in: int = 0,
    unavailable: Mapping[str, str] | None = None,
    skipped: Mapping[str, str] | None = None,
    selfcheck: SelfCheck | None = None,
) -> Ledger:
    """A run in which each variant has its own pace, the first of all the baseline.

    Args:
        failed: variant -> reason of its trials from round ``fails_in`` on.
        unavailable: variant -> why it cannot run here; it is in the plan and has no trial.
        skipped: the same of those that cannot do what the first workload asks.
    """
    known = [builders.variant(variant) for variant in variants]
    known += [
        replace(builders.variant(variant), unavailable=why) for variant, why in (unavailable or {}).items()
    ]
    known += [builders.variant(variant) for variant in skipped or {}]
    cells = [
        Cell(workload=asked.name, variant=variant, side=side)
        for asked in workloads
        for variant in variants
        for side in sides
    ]
    plan = Plan(
        suite="test",
        baseline=variants[0],
        seed=7,
        rules=TrialRules(warmups=1, trial_s=0.25, max_passes=40, timeout_s=60),
        precision=None,
        workloads=tuple(workloads),
        variants=tuple(known),
        rounds=(tuple(cells),) * rounds,
        skipped=tuple(
            Skipped(cell=Cell(workload=workloads[0].name, variant=name, side=side), reason=why)
            for name, why in (skipped or {}).items()
            for side in sides
        ),
    )
    run = Run(
        id="20260101T000000Z-test",
        version=1,
        created_at=1_767_225_600.0,
        command="python -m harness bench --suite test",
        plan=plan,
        contenders=_contenders(known),
        fingerprint={
            "cpu": "Test CPU",
            "cpus": 2,
            "python": "CPython 3.11.7",
            "packages": {"requests": "2.32.0"},
        },
        environment={"revision": "abc"},
        selfcheck=selfcheck,
    )
    return Ledger(
        run=run,
        trials=tuple(
            _trial(cell, number, (failed or {}) if number >= fails_in else {})
            for number in range(rounds)
            for cell in cells
            if not (number > fails_in and cell.variant in (failed or {}))  # not measured again
        ),
        sentinels=tuple(builders.sentinel(number) for number in range(rounds)),
        ceilings=(Ceiling(image_bytes=6144, started_at=1.0, requests_per_s=20_000.0),),
        cut=False,
    )


def files_of(ledger: Ledger) -> tuple[Tables, Mapping[str, bytes]]:
    """The frames and files of a ledger."""
    tables = make_tables(ledger, judge_run(ledger))
    return tables, build(ledger, tables)


def leave_unpainted(patch: pytest.MonkeyPatch) -> None:
    """Let figures be made and not painted, which takes most of the time of a report."""
    patch.setattr(Figure, "savefig", lambda _figure, buffer, **_: buffer.write(b"<svg/>"))


def csvs_of(ledger: Ledger) -> Mapping[str, bytes]:
    """The files of its frames alone: no picture is drawn for them."""
    return {name: to_csv(frame) for name, frame in make_tables(ledger, judge_run(ledger)).files.items()}


def pace(text: str) -> float:
    """A number from 1 to 2 that follows from a text alone."""
    return 1 + zlib.crc32(text.encode()) % 1000 / 1000


def a_selfcheck() -> SelfCheck:
    return SelfCheck(
        fingerprint={},
        created_at=1.0,
        variant=VARIANTS[0],
        workload="small-memory",
        families=3,
        rounds=32,
        margin=0.02,
        twin_verdicts=15,
        false_alarms=0,
        detected={"0.02": 0.3333333, "0.1": 1.0},
        measured={"0.02": 0.0213, "0.1": 0.0987},
        aa_half_width=0.0061,
        smallest_seen=0.1,
        seconds=61.5,
    )


def _contenders(variants: Sequence[Variant]) -> tuple[Contender, ...]:
    names: set[tuple[Axis, str]] = {("client", variant.client) for variant in variants}
    names |= {("concurrency", variant.concurrency) for variant in variants}
    names |= {("loop", variant.loop) for variant in variants if variant.loop}
    return tuple(
        Contender(
            axis=axis,
            name=name,
            path=f"benchmarks/{axis}/{name}.py",
            label=name,
            source=f'"""{name}."""\n\n# {EVIL}\nNAME = "{name}"\n',
            fetch=None,
            loops=None,
            in_flight=None,
            unavailable=None,
            modules={},
        )
        for axis, name in sorted(names)
    )


def _trial(cell: Cell, number: int, failed: Mapping[str, str]) -> Trial:
    seconds = 0.001 * pace(f"{cell.variant}{cell.side}") ** 3 * (1 + 0.01 * pace(f"{cell.id}{number}"))
    seconds *= 1 + pace(cell.workload) / 3
    reason = failed.get(cell.variant)
    passes = () if reason else tuple(_pass(seconds * share, cell) for share in (1.0, 1.001))
    whole = builders.trial(cell, number, reason=reason)
    return replace(
        whole,
        passes=whole.passes[:1] + passes,
        peak_rss_bytes=int(3e7 * pace(cell.variant)),
        parity={"library": cell.variant.split("/")[1]},
    )


def _pass(seconds: float, cell: Cell) -> Pass:
    even = builders.one_pass(seconds, images=IMAGES)
    return replace(
        even,
        client_cpu_s=even.wall_s * pace(cell.variant[::-1]) / 2,
        latency_s=tuple(seconds * (5 + pace(f"{place}") ** 2) for place in range(IMAGES)),
    )


def forgiven(ledger: Ledger, told: Mapping[str, Attempts]) -> Ledger:
    """The ledger, whose variants had only so many of the images; those that are not named had all."""

    def lost(passed: Pass, variant: str) -> Pass:
        of = told.get(variant, builders.attempts(IMAGES))
        return replace(
            passed,
            start_s=passed.start_s[: of.verified],
            latency_s=passed.latency_s[: of.verified],
            attempts=of,
        )

    trials = [
        replace(trial, passes=tuple(lost(passed, trial.cell.variant) for passed in trial.passes))
        for trial in ledger.trials
    ]
    return replace(ledger, trials=tuple(trials))
