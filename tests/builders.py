"""Records for tests: every fact that a test does not care about gets a plain value here.

Builders return records and nothing else; they compute no expected value.
"""

from collections.abc import Iterable, Mapping, Sequence

from harness.measured import Attempts, Pass, Sentinel, Trial, Witness
from harness.metrics import TIME_PER_IMAGE
from harness.model import HERE, Axis, Cell, Contender, SelfCheck, Variant
from harness.stats.sample import Sample, samples

IMAGES = 10
NONE_FAILED: Mapping[str, int] = {}


def witness(*, requests: int = IMAGES, connections: int = 1, server_cpu_s: float = 0.01) -> Witness:
    """What the server saw of an uneventful pass."""
    return Witness(
        connections=connections,
        requests=requests,
        bytes=requests * 6144,
        peak_in_flight=1,
        statuses={"200": requests},
        server_cpu_s=server_cpu_s,
        http_version="1.1",
        headers={},
    )


def one_pass(
    seconds_per_image: float, *, images: int = IMAGES, warmup: bool = False, cpu: float | None = None
) -> Pass:
    """A pass of so many images, one after the other; ``cpu`` is the share of it that the client's CPU works."""
    return Pass(
        warmup=warmup,
        wall_s=seconds_per_image * images,
        client_cpu_s=0.01 if cpu is None else cpu * seconds_per_image * images,
        peak_in_flight=1,
        start_s=tuple(place * seconds_per_image for place in range(images)),
        latency_s=(seconds_per_image,) * images,
        voluntary_switches=5,
        involuntary_switches=0,
        witness=witness(requests=images),
    )


def attempts(
    verified: int,
    *,
    wrong: int = 0,
    never: int = 0,
    failed: Mapping[str, int] = NONE_FAILED,
    hidden: int | None = 0,
    raised: str | None = None,
) -> Attempts:
    """One attempt at each image that was called for, in their order: the verified first, then the wrong, then the failed."""
    errors = [""] * (verified + wrong) + [name for name, images in failed.items() for _ in range(images)]
    count = len(errors)
    return Attempts(
        asked=count + never,
        verified=verified,
        wrong=wrong,
        failed=failed,
        never=never,
        image=tuple(range(count)),
        start_s=(0.0,) * count,
        took_s=(0.001,) * count,
        error=tuple(errors),
        raised=raised,
        hidden_requests=hidden,
    )


def seen(passed: Pass) -> Witness:
    """What the server saw of a pass that was witnessed."""
    assert passed.witness is not None
    return passed.witness


def cell(variant: str = "a", *, workload: str = "small", side: str = HERE) -> Cell:
    """A cell."""
    return Cell(workload=workload, variant=variant, side=side)


def trial(
    of: Cell, round_: int, *seconds_per_image: float, reason: str | None = None, cpu: float | None = None
) -> Trial:
    """A trial with one timed pass per value, after a warm-up that is a hundred times slower."""
    timed = tuple(one_pass(seconds, cpu=cpu) for seconds in seconds_per_image)
    return Trial(
        cell=of,
        round=round_,
        position=0,
        started_at=1_700_000_000.0 + round_,
        reason=reason,
        passes=(one_pass(1.0, warmup=True), *timed),
        peak_rss_bytes=50_000_000,
        threads=1,
        executor_size=6,
        cpus=(1,),
        sink_filesystem=None,
        parity={},
    )


def series(of: Cell, values: Iterable[float | None], *, cpu: float | None = None) -> list[Trial]:
    """One trial per value, in rounds 0, 1, ...; None is a round in which the cell's trial was lost."""
    return [trial(of, round_, value, cpu=cpu) for round_, value in enumerate(values) if value is not None]


def times(trials: Sequence[Trial]) -> dict[Cell, Sample]:
    """The samples by time per image."""
    return samples(trials, TIME_PER_IMAGE)


def variant(id_: str) -> Variant:
    """The variant that an id like ``gather/aiohttp_session/uvloop`` or ``sequential/requests_get`` names."""
    concurrency, client, *loop = id_.split("/")
    return Variant(
        id=id_, concurrency=concurrency, client=client, loop=loop[0] if loop else None, unavailable=None
    )


def contender(axis: Axis, name: str) -> Contender:
    """A file on an axis that imports nothing."""
    return Contender(
        axis=axis,
        name=name,
        path=f"/nowhere/{name}.py",
        label=name,
        source="",
        fetch=None if axis == "loop" else "sync",
        loops=None,
        in_flight=None,
        unavailable=None,
        modules={},
    )


def sentinel(
    round_: int,
    *,
    cpu_s: float = 0.02,
    echo_s: float = 0.005,
    steal: float | None = 0.0,
    busy_elsewhere: float | None = 0.0,
    stretch: float | None = None,
) -> Sentinel:
    """The sentinel of a round, five equal repeats of each work; ``stretch`` is wall over CPU seconds of the CPU loop."""
    return Sentinel(
        round=round_,
        started_at=1_700_000_000.0 + round_,
        cpu_s=(cpu_s,) * 5,
        echo_s=(echo_s,) * 5,
        steal=steal,
        busy_elsewhere=busy_elsewhere,
        cpu_own_s=None if stretch is None else (cpu_s / stretch,) * 5,
    )


def self_check(aa_half_width: float) -> SelfCheck:
    """A self-check of 2026-11-20 12:00 UTC that knows the ratio of two twins to that half-width."""
    return SelfCheck(
        fingerprint={}, created_at=1_795_176_000.0, variant="a", workload="small", families=2, rounds=8, margin=0.02,
        twin_verdicts=4, false_alarms=0, detected={}, measured={}, aa_half_width=aa_half_width, smallest_seen=None,
        seconds=60.0,
    )  # fmt: skip
