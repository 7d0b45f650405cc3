"""What speaks against rows of workloads in which images may fail: who gave up, who was had, and who tried by himself.

Throughput counts verified images alone, and yet who gives up early may come first by it. So each row that had fewer
images than could be had says so.
"""

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from harness.measured import Attempts, Trial, good_by_cell
from harness.metrics import SUCCESS
from harness.model import Cell
from harness.stats.notes import Note
from harness.workload import Workload

WHOLE = 0.99  # share of the images of the row that had most: from there on, nobody chose another for what was lost
CANCELLED = frozenset({"CancelledError", "Cancelled", "GeneratorExit"})  # with whatever ended the others


def most_had(whole: Mapping[Cell, Sequence[Trial]], workload: Workload) -> float:
    """Images of a workload that can be had in a pass: under its retry rule, or by the best row if that has more."""
    rows = [trials for cell, trials in whole.items() if cell.workload == workload.name]
    return max(
        [workload.within_reach, *(_mean(trials, lambda attempts: attempts.verified) for trials in rows)]
    )


def whole(trials: Iterable[Trial]) -> frozenset[Cell]:
    """Cells that had ``WHOLE`` or more of what the best of their workload had: only they can be the best."""
    means = {
        cell: statistics.fmean(map(SUCCESS.of_trial, of_cell))
        for cell, of_cell in good_by_cell(trials).items()
    }
    most: dict[str, float] = defaultdict(float)
    for cell, mean in means.items():
        most[cell.workload] = max(most[cell.workload], mean)
    return frozenset(cell for cell, mean in means.items() if mean >= WHOLE * most[cell.workload])


def goodput_notes(trials: Sequence[Trial], most: float) -> Iterator[Note]:
    """Yield the notes of one row; none where no image may fail.

    Args:
        most: images that could have been had in a pass.
    """
    if trials[0].timed[0].attempts is None:
        return
    had, wrong = (
        _mean(trials, lambda attempts: attempts.verified),
        _mean(trials, lambda attempts: attempts.wrong),
    )
    if had < most:
        lost = _mean(trials, lambda attempts: attempts.never + _cancelled(attempts))
        yield Note(
            code="gave-up",
            text=f"gave up: had {_count(had)} of the {_count(most)} images that can be had"
            + (f", and lost {_count(lost)} with others that failed" if lost else ""),
            advice="let an image fail alone: catch its error where it is fetched"
            if lost
            else "try again what may pass, or look at errors.csv for what it was",
            invalidates=False,
        )
    if wrong:
        yield Note(
            code="wrong-bodies",
            text=f"takes wrong bodies for good: {_count(wrong)} a pass",
            advice="raise for every status but 2xx, and for a body that is not whole",
            invalidates=False,
        )
    if hidden := _mean(trials, lambda attempts: attempts.hidden_requests or 0):
        yield Note(
            code="hidden-retries",
            text=f"retries by itself: {_count(hidden)} requests a pass more than attempts",
            advice="turn the client's own retries off where the rule should be the same for all",
            invalidates=False,
        )


def _mean(trials: Sequence[Trial], of_attempts: Callable[[Attempts], float]) -> float:
    """Per timed pass."""
    passes = [pass_.attempts for trial in trials for pass_ in trial.timed]
    return statistics.fmean([of_attempts(attempts) for attempts in passes if attempts is not None] or [0.0])


def _cancelled(attempts: Attempts) -> int:
    return sum(images for error, images in attempts.failed.items() if error.rpartition(".")[2] in CANCELLED)


def _count(images: float) -> str:
    return f"{images:,.0f}" if images == round(images) else f"{images:,.1f}"
