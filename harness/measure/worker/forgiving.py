"""The recorded fetch of a workload in which images may fail: attempt by attempt, under the retry rule."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from time import perf_counter
from typing import Any

from harness.measure.worker import retry
from harness.measure.worker.errors import FAULTS_OF_CODE, chain, leaves, name_of
from harness.measure.worker.recorder import Recorder
from harness.measure.worker.spec import Rule

MARK = "_image_failed"  # set on each error that a model is handed, to know it again without keeping it


class ForgivingRecorder(Recorder):
    """What one pass did, attempt by attempt.

    Args:
        at_half: called when the first image has been had or has failed, and when half of them have.
        rule: of further attempts.
    """

    def __init__(
        self, urls: Sequence[str], folder: str | None, at_half: Callable[[], None] | None, rule: Rule
    ) -> None:
        super().__init__(urls, folder, None)
        self._rule = rule
        self._after_some = at_half
        self._attempts: list[tuple[int, float, float, str]] = []
        self._outcomes: list[str | None] = [None] * (len(urls) + 1)  # error of the last attempt
        self._settled: list[int] = []  # calls that are over; a list, as threads append to it
        self._raised: str | None = None

    def sync(self, fetch: Callable[[str], bytes]) -> Callable[[str], bytes]:
        """Wrap a sync fetch."""
        tried = retry.sync(fetch, self._rule, self._note)

        def recorded(url: str) -> bytes:
            index = self._begin(url)
            try:
                body = tried(url, index)
                if self._has_body(index):
                    self._keep(index, body)
            except Exception as error:
                self._mark(index, error)
                raise
            finally:
                self._settle(index)
            return body

        return recorded

    def asynchronous(self, fetch: Callable[[str], Awaitable[bytes]]) -> Callable[[str], Awaitable[bytes]]:
        """Wrap an async fetch."""
        tried = retry.asynchronous(fetch, self._rule, self._note)

        async def recorded(url: str) -> bytes:
            index = self._begin(url)
            try:
                body = await tried(url, index)
                if self._has_body(index):
                    self._keep(index, body)
            except Exception as error:
                self._mark(index, error)
                raise
            finally:
                self._settle(index)
            return body

        return recorded

    def _begin(self, url: str) -> int:
        index = self._place.pop(url, -1)
        self._started[index] = perf_counter()
        return index

    def _note(self, index: int, began: float, ended: float, error: str) -> None:
        self._attempts.append((index, began, ended, error))
        self._outcomes[index] = error
        self._ended[index] = ended

    def _mark(self, index: int, error: Exception) -> None:
        """Have the model's errors known again, but not what the sink says."""
        if self._outcomes[index]:
            with suppress(AttributeError, TypeError):
                setattr(error, MARK, True)

    def _settle(self, index: int) -> None:
        self._settled.append(index)
        if self._after_some and len(self._settled) in {1, len(self._urls) // 2}:
            self._after_some()

    def forgives(self, error: BaseException) -> bool:
        """Whether errors of images, and nothing else, have ended the model."""
        if not all(map(_is_of_an_image, leaves(error))):
            return False
        self._raised = name_of(error)
        return True

    def told(self, began: float) -> dict[str, Any]:
        """As of any pass, with what came of each image and of each attempt.

        ``outcomes`` has the error of the last attempt per image: "" if it returned a body, None if fetch was never called.
        """
        attempts = {
            "image": [place for place, *_ in self._attempts],
            "start_s": [round(start - began, 6) for _, start, _, _ in self._attempts],
            "took_s": [round(end - start, 6) for _, start, end, _ in self._attempts],
            "error": [error for *_, error in self._attempts],
        }
        more = {"outcomes": self._outcomes[:-1], "attempts": attempts, "raised": self._raised}
        return super().told(began) | more

    def times(self, began: float) -> tuple[list[float], list[float]]:
        """As of any pass; of an image that was never called for, zeros."""
        self._started = [start or began for start in self._started]
        self._ended = [end or began for end in self._ended]
        return super().times(began)

    def _missing(self) -> str | None:
        under_way = len(self._urls) - len(self._place) - len(self._settled)
        return f"it ended before its downloads: {under_way} were still under way" if under_way else None

    def _has_body(self, index: int) -> bool:
        return self._outcomes[index] == ""


def _is_of_an_image(error: BaseException) -> bool:
    """Whether a fetch raised it, or it came of one that did: but a fault of the model's own code is no answer to it."""
    if hasattr(error, MARK):
        return True
    return not isinstance(error, FAULTS_OF_CODE) and any(hasattr(cause, MARK) for cause in chain(error))
