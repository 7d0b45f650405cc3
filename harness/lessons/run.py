"""Run lessons, each in a process of its own. It starts no server: URLs are given."""

import json
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from harness.lessons.lesson import Lesson, LessonResult
from harness.measure.variables import clean_environment

OBSERVER = Path(__file__).with_name("observer.py")
TIMEOUT_S = 30.0


def run_lessons(lessons: Iterable[Lesson], *, python: str, urls: Sequence[str]) -> Iterator[LessonResult]:
    """Yield each lesson's result as it comes; one after the other, because lessons take times."""
    for lesson in lessons:
        yield run_lesson(lesson, python=python, urls=urls)


def run_lesson(
    lesson: Lesson, *, python: str, urls: Sequence[str], timeout_s: float = TIMEOUT_S
) -> LessonResult:
    """Run one lesson in a fresh process.

    Args:
        lesson: what to run.
        python: interpreter to run it with; it needs only what the lesson imports.
        urls: images for a lesson that wants some.
        timeout_s: a lesson that takes longer is ended and "not observed".
    """
    arguments = [str(lesson.path.resolve()), ",".join(lesson.modules), *(urls if lesson.wants_urls else ())]
    try:
        with (
            clean_environment() as clean
        ):  # a warning filter or debug flag of the user's would change the facts
            done = subprocess.run(
                [python, "-P", str(OBSERVER), *arguments],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                env=clean,
                cwd=clean["HOME"],
                timeout=timeout_s,
                check=False,
            )
    except subprocess.TimeoutExpired:
        return LessonResult(lesson=lesson, **_unseen(f"out of time: no answer within {timeout_s:g} s"))
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [""])[-1]
        reason = f"its process ended with exit code {done.returncode}: {last}"
        return LessonResult(lesson=lesson, **_unseen(reason))
    return LessonResult(lesson=lesson, **json.loads(done.stdout))


def _unseen(reason: str) -> dict[str, Any]:
    return {"held": None, "happened": reason, "figures": {}, "python": "unknown", "packages": {}}
