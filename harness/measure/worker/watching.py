"""The recorded fetch of a pass that is watched: it notes besides when each body was there, before it went into the sink."""

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

from harness.measure.worker.recorder import DIGITS, Recorder


class WatchingRecorder(Recorder):
    """What one pass did, image by image, and how much of it was saving.

    Args:
        at_half: as in ``Recorder``.
    """

    def __init__(self, urls: Sequence[str], folder: str | None, at_half: Callable[[], None] | None) -> None:
        super().__init__(urls, folder, at_half)
        self._fetched = [0.0] * (len(urls) + 1)

    def _keep(self, index: int, body: bytes) -> None:
        self._fetched[index] = perf_counter()
        super()._keep(index, body)

    def told(self, began: float) -> dict[str, Any]:
        """All that is told of a pass, and ``fetched_s`` per image: seconds from the call of fetch until it had returned."""
        calls = list(zip(self._started, self._fetched, strict=True))[:-1]
        return {
            **super().told(began),
            "fetched_s": [round(fetched - start, DIGITS) for start, fetched in calls],
        }
