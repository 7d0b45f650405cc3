"""Clients with a known truth, made from a real one: the same under another name, or slower by a known share.

They are ordinary client files outside the tree, so that a self-check goes the very way of a user's own client. What is
planted is work, not time: on a CPU that changes its speed, so many microseconds would be another share each time.
"""

import math
import statistics
from collections.abc import Sequence
from pathlib import Path

from harness.measure.planning.catalog import Catalog
from harness.measured import Trial
from harness.metrics import TIME_PER_IMAGE, Metric
from harness.model import HarnessError

PROBE_TURNS = 20_000  # about what an image costs a quick client, so that a few rounds tell its share well

SLOWER = '''

def _slower(open_client):
    """Give the CPU so many turns of a loop to do in each fetch, before it begins."""
    import functools
    from contextlib import asynccontextmanager, contextmanager

    def burn():
        for _ in range(TURNS):
            pass

    @asynccontextmanager
    @functools.wraps(open_client)
    async def open_async(**options):
        async with open_client(**options) as fetch:

            async def slower(url):
                burn()
                return await fetch(url)

            yield slower

    @contextmanager
    @functools.wraps(open_client)
    def open_sync(**options):
        with open_client(**options) as fetch:

            def slower(url):
                burn()
                return fetch(url)

            yield slower

    return open_async if "LOOPS" in globals() else open_sync


open_client = _slower(open_client)
'''


def plant(catalog: Catalog, client: str, name: str, turns: int, folder: Path, *, kept_bytes: int = 0) -> Path:
    """Write a client that does so many turns of an empty loop more for each image and keeps so much memory; return its path.

    With 0 it is a twin: the baseline of a self-check is one too, so that all pay for the same wrapper.
    """
    path = folder / f"{name}.py"
    source = catalog.contender("client", client).source
    kept = f"KEPT = b'x' * {kept_bytes}\n" if kept_bytes else ""
    path.write_text(f"{source}\n\nTURNS = {turns}\n{kept}{SLOWER}", encoding="utf-8")
    return path


def turns_per_share(twin: Sequence[Trial], probe: Sequence[Trial], metric: Metric = TIME_PER_IMAGE) -> float:
    """Turns of the loop that would double a metric, from trials of a twin and of one with PROBE_TURNS.

    Args:
        twin: one trial per round.
        probe: the same rounds, in the same order.

    Raises:
        HarnessError: the probe was not slower, so that nothing can be planted in this variant and workload.
    """
    failed = next((trial.reason for trial in (*twin, *probe) if trial.reason is not None), None)
    if failed:
        raise HarnessError(f"the pilot failed: {failed}")
    logs = [
        math.log(metric.of_trial(slow) / metric.of_trial(base))
        for base, slow in zip(twin, probe, strict=True)
    ]
    share = math.expm1(statistics.fmean(logs))
    if share <= 0:
        raise HarnessError("more work made no difference: take a variant and workload that the CPU decides")
    return PROBE_TURNS / share
