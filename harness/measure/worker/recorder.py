"""The recorded fetch: the one place that times an image and takes its body. It never looks inside a body in time."""

from collections.abc import Awaitable, Callable, Sequence
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import Any

from harness.measure.worker.contender import ContractError
from harness.measure.worker.rehearsal import advice_on

DIGITS = 6  # of the seconds that are told


class Recorder:
    """What one pass did, image by image.

    Args:
        urls: every image of the workload; the last segment of each is unique.
        folder: where bodies are saved; None keeps them in memory.
        at_half: called once, when the image in the middle of the list has arrived; only in passes that are not timed.
    """

    def __init__(self, urls: Sequence[str], folder: str | None, at_half: Callable[[], None] | None) -> None:
        self._urls = urls
        self._folder = folder
        # Each URL is taken from here by its one call. Any other call goes to one place more at the end of the lists: so it
        # overwrites no image's times, and costs the others nothing.
        self._place = {url: index for index, url in enumerate(urls)}
        self._bodies: list[Any] = [None] * (len(urls) + 1)
        self._started: list[float] = [0.0] * (len(urls) + 1)
        self._ended: list[float] = [0.0] * (len(urls) + 1)
        self.sink_error: str | None = None  # what kept a body from its file: no fault of the contender's
        self._half = len(urls) // 2 if at_half else -1
        self._at_half = at_half

    def sync(self, fetch: Callable[[str], bytes]) -> Callable[[str], bytes]:
        """Wrap a sync fetch."""
        take, started, keep = self._place.pop, self._started, self._keep

        def recorded(url: str) -> bytes:
            index = take(url, -1)
            started[index] = perf_counter()
            body = fetch(url)
            keep(index, body)
            return body

        return recorded

    def asynchronous(self, fetch: Callable[[str], Awaitable[bytes]]) -> Callable[[str], Awaitable[bytes]]:
        """Wrap an async fetch."""
        take, started, keep = self._place.pop, self._started, self._keep

        async def recorded(url: str) -> bytes:
            index = take(url, -1)
            started[index] = perf_counter()
            body = await fetch(url)
            keep(index, body)
            return body

        return recorded

    def _keep(self, index: int, body: bytes) -> None:
        if self._folder is None:
            self._bodies[index] = body
        else:
            self._save(index, body)
        self._ended[index] = perf_counter()
        if index == self._half and self._at_half:
            self._at_half()

    def _save(self, index: int, body: bytes) -> None:
        """As the article does: a file named from the URL, written where the download ends."""
        try:
            with open(f"{self._folder}/{self._urls[index].rsplit('/', 1)[-1]}", "wb") as file:  # noqa: PTH123 - the article's own way, measured as it is
                file.write(body)
        except OSError as error:
            self.sink_error = f"{self._folder}: {error.strerror}"
            raise
        except TypeError as error:  # what is no bytes cannot be saved
            raise ContractError(advice_on(body) or str(error)) from None

    def forgives(self, error: BaseException) -> bool:
        """Whether a model that lets this error out has done what was asked of it: never where no image may fail."""
        del error
        return False

    def told(self, began: float) -> dict[str, Any]:
        """All that is told of a pass: times, bodies, and most in flight. It empties the sink, so it can be called once."""
        start_s, latency_s = self.times(began)
        return {
            "peak_in_flight": self.peak_in_flight(),
            "start_s": start_s,
            "latency_s": latency_s,
            **self.bodies(),
        }

    def times(self, began: float) -> tuple[list[float], list[float]]:
        """Per image: seconds from ``began`` to the call, and seconds that the call took (to the microsecond)."""
        calls = list(zip(self._started, self._ended, strict=True))[:-1]
        return [round(start - began, DIGITS) for start, _ in calls], [
            round(end - start, DIGITS) for start, end in calls
        ]

    def peak_in_flight(self) -> int:
        """Most calls of fetch that were under way at one time."""
        starts, ends = self._started[:-1], self._ended[:-1]
        events = sorted([(start, 1) for start in starts] + [(end, -1) for end in ends])
        peak = now = 0
        for _, step in events:
            now += step
            peak = max(peak, now)
        return peak

    def complaint(self) -> str | None:
        """One line on calls or bodies that need no second look, None if there are none such."""
        if self._started[-1]:
            return "fetch was called more than once for an image, or for a URL that is none of the workload's"
        kept = range(len(self._urls) if self._folder is None else 0)
        advice = (advice_on(self._bodies[index]) for index in kept if self._has_body(index))
        return self._missing() or next(filter(None, advice), None)

    def _missing(self) -> str | None:
        never = self._ended[:-1].count(0.0)
        return f"{never} of {len(self._urls)} images were never fetched" if never else None

    def _has_body(self, index: int) -> bool:
        """Whether its fetch returned one: they all did, or it would not have come to this."""
        del index
        return True

    def bodies(self) -> dict[str, list[Any]]:
        """SHA-256 and bytes of each body, in the order of the URLs. What they must be is not known here.

        Called when the clock has stopped. It empties the sink, so it can be called once.
        """
        digests, sizes = [], []
        for index in range(len(self._urls)):
            body = self._take(index) if self._has_body(index) else b""
            digests.append(sha256(body).hexdigest())
            sizes.append(len(body))
        return {"digests": digests, "sizes": sizes}

    def _take(self, index: int) -> bytes:
        if self._folder is None:
            body: bytes = self._bodies[index]
            self._bodies[index] = None
            return body
        path = Path(self._folder, self._urls[index].rsplit("/", 1)[-1])
        body = path.read_bytes()
        path.unlink()
        return body
