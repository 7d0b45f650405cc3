"""A file written inside a coroutine stops the loop."""

import asyncio
import tempfile
import time
from collections.abc import Callable, Coroutine, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

CLAIM = (
    "While coroutines save files with plain writes no other coroutine runs; writes in threads let the "
    "loop live."
)
ADVICE = "Save with await asyncio.to_thread(path.write_bytes, body), or fetch and save in the same thread."
FILES = 160
BODY = bytes(512 * 1024)
Save = Callable[[Path], Coroutine[Any, Any, None]]


class Disk:
    """Writes files and notes when the first write began and the last one ended."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def write(self, path: Path) -> None:
        """Write one image."""
        self.times.append(time.perf_counter())
        path.write_bytes(BODY)
        self.times.append(time.perf_counter())

    async def save_here(self, path: Path) -> None:
        """Write inside the coroutine."""
        self.write(path)

    async def save_in_thread(self, path: Path) -> None:
        """Write in a thread of the default executor."""
        await asyncio.to_thread(self.write, path)


async def run(disk: Disk, save: Save) -> tuple[int, float]:
    """Return how often a neighbour ran during the writes, and its longest wait in seconds."""
    beats: list[float] = []

    async def neighbour() -> None:
        while True:
            beats.append(time.perf_counter())
            await asyncio.sleep(0.001)

    task = asyncio.create_task(neighbour())
    with tempfile.TemporaryDirectory() as folder:
        await asyncio.gather(*(save(Path(folder, f"{number}.jpg")) for number in range(FILES)))
    task.cancel()
    started, ended = min(disk.times), max(disk.times)
    during = [beat for beat in beats if started < beat < ended]
    return len(during), max(later - earlier for earlier, later in pairwise([started, *during, ended]))


def observe() -> tuple[bool, str, Mapping[str, float]]:
    """Save the same files both ways beside a neighbour that wants to run every millisecond."""
    disk = Disk()
    here_turns, here_s = asyncio.run(run(disk, disk.save_here))
    disk = Disk()
    thread_turns, thread_s = asyncio.run(run(disk, disk.save_in_thread))
    happened = (
        f"While {FILES} files of {len(BODY) // 1024} KiB were written inside coroutines the neighbour ran "
        f"{here_turns} times and waited {here_s * 1000:.0f} ms; with to_thread it ran {thread_turns} "
        f"times, its longest wait {thread_s * 1000:.0f} ms."
    )
    figures = {
        "files": FILES,
        "turns_in_coroutine": here_turns,
        "stall_in_coroutine_s": here_s,
        "turns_in_thread": thread_turns,
        "stall_in_thread_s": thread_s,
    }
    return here_turns == 0 < thread_turns, happened, figures
