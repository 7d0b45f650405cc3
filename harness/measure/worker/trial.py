"""One trial, step by step: load the variant, then run a pass for each command. It chooses nothing itself."""

import gc
import os
import resource
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from time import perf_counter
from types import ModuleType
from typing import Any

from harness.measure.worker import rehearsal
from harness.measure.worker.contender import packages_of
from harness.measure.worker.recorder import Recorder
from harness.measure.worker.spec import Downloads, Program
from harness.measure.worker.variant import Variant

CAN_PIN = hasattr(os, "sched_setaffinity")


class Trial:
    """A variant loaded in this process, ready for passes.

    Args:
        program: the files that make it.
    """

    def __init__(self, program: Program) -> None:
        self._variant = Variant(program)
        self._threads = 0
        gc.freeze()  # what was imported is no garbage: a collection before each pass need not walk through it
        pin(program.cpus)  # after the imports: workers are launched together, on all CPUs

    def assign(self, downloads: Downloads) -> None:
        """Say what each pass downloads: apart from the imports, so that the server may start meanwhile."""
        self._downloads = downloads

    def rehearse(self, *, certificates: bool) -> dict[str, str]:
        """Fetch an image that is not there, and from where no client may fetch.

        Args:
            certificates: whether those are shown that must be refused: it takes a handshake for each.

        Returns:
            ``reason``: what is wrong with it; ``advice``: what it had better do; ``blocks``: that the loop had to wait.
        """
        missing = self._downloads.absent
        refused = self._downloads.refused if certificates else {}
        open_client, options = self._variant.client.open_client, self._downloads.options
        if not self._variant.is_async:
            with open_client(**options) as fetch:
                reason, gave_way = rehearsal.sync(fetch, missing, refused), True
        else:
            found: list[tuple[str | None, bool]] = []

            async def main() -> None:
                async with open_client(**options) as fetch:
                    found.append(await rehearsal.asynchronous(fetch, missing, refused))

            self._variant.run(main)
            [(reason, gave_way)] = found
        told = {"advice" if reason in rehearsal.HARMLESS else "reason": reason} if reason else {}
        return told if gave_way else {"blocks": rehearsal.BLOCKS, **told}

    def prepare(self, *, warmup: bool, watched: bool = False) -> None:
        """Make the next pass ready: its program, what will record it, and a memory without the garbage of the one before.

        Args:
            warmup: whether it is one.
            watched: whether it belongs to no value, so that more may be noted in it.
        """
        asked = self._downloads
        self._warmup = warmup
        at_half = self._count_threads if warmup else None
        self._recorder = _recorder(asked, at_half, watched=watched)
        self._run = self._variant.composed(self._recorder, asked.urls, **asked.options)
        # Each pass begins like a program of its own. Else every seventh or so pays for what the others left: 15 ms of 50.
        gc.collect()

    def run_pass(self) -> dict[str, Any]:
        """Run the workload once, and nothing else: the answer marks its end for whoever looks from outside."""
        before = resource.getrusage(resource.RUSAGE_SELF)
        began = perf_counter()
        try:
            self._run()
        except BaseException as error:
            if self._recorder.sink_error:
                return {"sink_error": self._recorder.sink_error}
            if not self._recorder.forgives(error):
                raise
        ended = perf_counter()
        after = resource.getrusage(resource.RUSAGE_SELF)
        self._seen = (began, ended, after.ru_nvcsw - before.ru_nvcsw, after.ru_nivcsw - before.ru_nivcsw)
        return {}

    def tell(self) -> dict[str, Any]:
        """Return the last pass as a record with the digests of its bodies, or what was wrong as ``reason``."""
        recorder = self._recorder
        if recorder.sink_error:
            return {"sink_error": recorder.sink_error}
        reason = recorder.complaint()
        if reason:
            return {"reason": reason}
        began, ended, voluntary, involuntary = self._seen
        return {
            "warmup": self._warmup,
            "began_at": began,
            "wall_s": ended - began,
            "voluntary_switches": voluntary,
            "involuntary_switches": involuntary,
            **recorder.told(began),
        }

    def soak(self, *, digests: Sequence[str], batches: int) -> dict[str, Any]:
        """Fetch all images so many times through one client (see ``worker.soak``)."""
        from harness.measure.worker.soak import soak  # noqa: PLC0415 - no trial needs it

        return soak(self._variant, self._downloads, digests=digests, batches=batches)

    def end(self) -> dict[str, Any]:
        """Return what is known of the process once nothing is measured any more."""
        return {
            "peak_rss_bytes": _peak_rss_bytes(),
            "threads": self._threads,
            "executor_size": ThreadPoolExecutor()._max_workers,  # noqa: SLF001 - the only place where the size in force can be read
            "parity": _parity(self._variant.modules),
        }

    def _count_threads(self) -> None:
        self._threads = max(self._threads, len(_tasks()), threading.active_count())


def _recorder(asked: Downloads, at_half: Callable[[], None] | None, *, watched: bool) -> Recorder:
    # The others are loaded only where they are asked for, so that no other trial is any larger for them.
    if watched:
        from harness.measure.worker.watching import WatchingRecorder  # noqa: PLC0415 - no timed pass needs it

        return WatchingRecorder(asked.urls, asked.folder, at_half)
    if asked.retry is None:
        return Recorder(asked.urls, asked.folder, at_half)
    from harness.measure.worker.forgiving import ForgivingRecorder  # noqa: PLC0415 - few trials need it

    return ForgivingRecorder(asked.urls, asked.folder, at_half, asked.retry)


def pin(cpus: Sequence[int]) -> None:
    """Use these CPUs only, where the system can do that; () leaves the choice to it.

    Threads that an import has started are pinned too: else a client with a runtime of its own had the server's CPU as well.
    """
    for task in _tasks() if cpus and CAN_PIN else ():
        with suppress(ProcessLookupError):  # a thread that has just ended
            os.sched_setaffinity(task, cpus)


def _tasks() -> list[int]:
    """Threads of this process as the system knows them; the main one alone (0) where it does not tell."""
    tasks = Path("/proc/self/task")
    return [int(task.name) for task in tasks.iterdir()] if tasks.exists() else [0]


def _peak_rss_bytes() -> int:
    """Most resident memory of this program, for systems that do not tell it to the harness."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _parity(modules: list[ModuleType]) -> dict[str, str]:
    """Return the compiled extension modules that are in force, per package that a contender imports."""
    roots = set().union(*map(packages_of, modules))
    found: dict[str, list[str]] = {}
    for name, loaded in sorted(sys.modules.items()):
        root = name.partition(".")[0]
        if root in roots and (getattr(loaded, "__file__", None) or "").endswith((".so", ".pyd")):
            found.setdefault(root, []).append(name)
    return {f"extensions.{root}": " ".join(names) for root, names in found.items()}
